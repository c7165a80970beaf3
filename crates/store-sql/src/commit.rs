//! The commit: each change set whole or not at all, the tail only after all of them.

use crate::connections;
use crate::item_row::{outbox_values, table, text, text_hash, values};
use crate::row::{Val, json, vals, word};
use crate::tx::Tx;
use crate::{checks, deliveries};
use issuesync_model::{ConnectionEvent, Item, ItemKind, LogRow, Notification};
use issuesync_store::{Answer, Batch, ChangeSet, Result, Tail, Write};

/// Rows are written where their connection (of a comment also its issue) is there and the other table holds neither their id,
/// nor their marker, nor their client key; their own table's unique keys see to the rest.
const INSERT_ISSUE: &str = "INSERT INTO issues SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
     ?19, ?20, ?21, ?22, ?23, ?24, ?25 WHERE EXISTS (SELECT 1 FROM connections WHERE id = ?4) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE id = ?1 OR client_key = ?7) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE connection_id = ?4 AND marker = ?6) ON CONFLICT DO NOTHING";
const INSERT_COMMENT: &str = "INSERT INTO comments SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25 WHERE EXISTS (SELECT 1 FROM connections WHERE id = ?4) \
     AND EXISTS (SELECT 1 FROM issues WHERE id = ?2 AND connection_id = ?4) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE id = ?1 OR client_key = ?7) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE connection_id = ?4 AND marker = ?6) ON CONFLICT DO NOTHING";
const UPDATE_ISSUE: &str = "UPDATE OR IGNORE issues SET parent_id = ?2, project_id = ?3, connection_id = ?4, number = ?5, marker = ?6, \
     client_key = ?7, lifecycle = ?8, sync_status = ?9, sync_conflict = ?10, is_open = ?11, is_hidden = ?12, created_us = ?13, \
     updated_us = ?14, deleted_us = ?15, rev = ?16, version = ?17, log_seq = ?18, log_head = ?19, text_hash = ?20, local = ?21, base = ?22, \
     remote_fields = ?23, remote = ?24, rest = ?25 WHERE id = ?1 AND rev = ?26 AND EXISTS (SELECT 1 FROM connections WHERE id = ?4) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE client_key = ?7) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE connection_id = ?4 AND marker = ?6)";
const UPDATE_COMMENT: &str = "UPDATE OR IGNORE comments SET parent_id = ?2, project_id = ?3, connection_id = ?4, number = ?5, marker = ?6, \
     client_key = ?7, lifecycle = ?8, sync_status = ?9, sync_conflict = ?10, is_open = ?11, is_hidden = ?12, created_us = ?13, \
     updated_us = ?14, deleted_us = ?15, rev = ?16, version = ?17, log_seq = ?18, log_head = ?19, text_hash = ?20, local = ?21, base = ?22, \
     remote_fields = ?23, remote = ?24, rest = ?25 WHERE id = ?1 AND rev = ?26 AND EXISTS (SELECT 1 FROM connections WHERE id = ?4) \
     AND EXISTS (SELECT 1 FROM issues WHERE id = ?2 AND connection_id = ?4) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE client_key = ?7) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE connection_id = ?4 AND marker = ?6)";
const UPSERT_OUTBOX: &str = "INSERT INTO sync_outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
     ON CONFLICT (id) DO UPDATE SET connection_id = excluded.connection_id, created_at = excluded.created_at, kind = excluded.kind, changes = excluded.changes, status = excluded.status, \
     retry_count = excluded.retry_count, next_retry = excluded.next_retry, lease_until = excluded.lease_until, fence = excluded.fence, \
     races = excluded.races, one_by_one = excluded.one_by_one, last_error = excluded.last_error";

/// Commits a batch; one answer per set.
pub(crate) async fn batch(tx: &Tx<'_>, batch: Batch) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(batch.sets.len());
    for set in batch.sets {
        answers.push(commit_set(tx, set).await?);
    }
    if let Some(tail) = batch.tail
        && answers.iter().all(|answer| *answer == Answer::Applied)
    {
        commit_tail(tx, tail).await?;
    }
    Ok(answers)
}

async fn commit_set(tx: &Tx<'_>, set: ChangeSet) -> Result<Answer> {
    tx.execute("SAVEPOINT change_set", &[]).await?;
    for write in &set.writes {
        if !commit_write(tx, write).await? {
            tx.execute("ROLLBACK TO change_set", &[]).await?;
            tx.execute("RELEASE change_set", &[]).await?;
            return Ok(Answer::Stale);
        }
    }
    for row in &set.log {
        append_log(tx, row).await?;
    }
    checks::settle(tx, &set.checks_done).await?;
    for check in set.checks {
        checks::put(tx, &check).await?;
    }
    deliveries::finish(tx, &set.deliveries_done).await?;
    notify(tx, &set.notifications).await?;
    tx.execute("RELEASE change_set", &[]).await?;
    Ok(Answer::Applied)
}

async fn commit_tail(tx: &Tx<'_>, tail: Tail) -> Result<()> {
    connections::change(tx, tail.connection, tail.changes).await?;
    log_events(tx, &tail.events).await?;
    deliveries::finish(tx, &tail.deliveries_done).await?;
    notify(tx, &tail.notifications).await
}

/// Writes one row; answers whether it was there as expected.
async fn commit_write(tx: &Tx<'_>, write: &Write) -> Result<bool> {
    let item = &write.item;
    let issue = item.kind() == ItemKind::Issue;
    let mut values = values(item);
    let touched = match write.expected {
        None => tx.execute(if issue { INSERT_ISSUE } else { INSERT_COMMENT }, &values).await?,
        Some(rev) => {
            if issue {
                index_text(tx, item).await?;
            }
            values.push(Val::Int(rev));
            tx.execute(if issue { UPDATE_ISSUE } else { UPDATE_COMMENT }, &values).await?
        }
    };
    if touched == 0 {
        return Ok(false);
    }
    if issue && write.expected.is_none() {
        let sql = "INSERT INTO issue_text (rowid, text) SELECT rowid, ?2 FROM issues WHERE id = ?1";
        tx.execute(sql, vals![item.id.to_string(), text(item)]).await?;
    }
    tx.execute(UPSERT_OUTBOX, &outbox_values(item)).await?;
    Ok(true)
}

/// Renews what full-text search finds, before the row, when the text changed.
async fn index_text(tx: &Tx<'_>, item: &Item) -> Result<()> {
    let sql = "SELECT rowid FROM issues WHERE id = ?1 AND text_hash <> ?2";
    if let Some(row) = tx.row(table(ItemKind::Issue), sql, vals![item.id.to_string(), text_hash(item)]).await? {
        let rowid = row.int(0, "rowid")?;
        tx.execute("DELETE FROM issue_text WHERE rowid = ?1", vals![rowid]).await?;
        tx.execute("INSERT INTO issue_text (rowid, text) VALUES (?1, ?2)", vals![rowid, text(item)]).await?;
    }
    Ok(())
}

async fn append_log(tx: &Tx<'_>, row: &LogRow) -> Result<()> {
    let sql = "INSERT INTO issue_sync_log (id, project_id, issue_id, comment_id, seq, direction, action, kind, field, before_state, \
         after_state, provider, cause, grade, sync_time, prev_hash, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let mut fields = row.after.keys().chain(row.before.keys()).collect::<Vec<_>>();
    fields.dedup();
    let field = if let [one] = fields.as_slice() { Some(one.name()) } else { None };
    let values = vals![
        row.id.to_string(),
        row.project.to_string(),
        row.issue.to_string(),
        row.comment.map(|comment| comment.to_string()),
        row.seq,
        word(&row.direction),
        word(&row.action),
        word(&row.kind),
        field,
        json(&row.before),
        json(&row.after),
        row.provider.word(),
        row.cause.clone(),
        row.grade.map(|grade| word(&grade)),
        row.time_us,
        row.prev_hash.as_str(),
        row.hash.as_str(),
    ];
    tx.execute(sql, values).await.map(drop)
}

/// Rows of the connection log.
pub(crate) async fn log_events(tx: &Tx<'_>, events: &[ConnectionEvent]) -> Result<()> {
    for event in events {
        let sql = "INSERT INTO connection_log (connection_id, kind, detail, time) VALUES (?1, ?2, ?3, ?4)";
        tx.execute(sql, vals![event.connection.to_string(), event.kind.as_str(), event.detail.as_str(), event.time_us])
            .await?;
    }
    Ok(())
}

async fn notify(tx: &Tx<'_>, notifications: &[Notification]) -> Result<()> {
    for notification in notifications {
        let sql = "INSERT INTO notifications (connection_id, id, doc) VALUES (?1, ?2, ?3)";
        tx.execute(sql, vals![notification.connection.to_string(), notification.id.to_string(), json(notification)])
            .await?;
    }
    Ok(())
}

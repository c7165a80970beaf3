//! The commit: each change set whole or not at all, the tail only after all of them.

use crate::connections;
use crate::item_row::{ID, TEXT_HASH, outbox_values, table, text, values};
use crate::row::{Val, json, vals, word};
use crate::tx::Tx;
use crate::{checks, deliveries};
use issuesync_model::{ConnectionEvent, Item, ItemKind, LogRow, Notification};
use issuesync_store::{Answer, Batch, ChangeSet, Result, Tail, Write};

// Statements that may stop half-way, which are those with a SELECT, a foreign key among the columns they set, or a RETURNING, make
// SQLite keep copies of pages and full-text search write out what it has gathered. So rows are written by plain statements, after
// a look whether they may be.

/// A row may be inserted where its connection (of a comment also its issue) is there and the other table holds neither its id,
/// nor its marker, nor its client key; its own table's unique keys see to the rest. Values: id, parent, connection, marker, client key.
const MAY_INSERT_ISSUE: &str = "SELECT EXISTS (SELECT 1 FROM connections WHERE id = ?3) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE id = ?1 OR client_key = ?5) \
     AND NOT EXISTS (SELECT 1 FROM comments WHERE connection_id = ?3 AND marker = ?4)";
const MAY_INSERT_COMMENT: &str = "SELECT EXISTS (SELECT 1 FROM connections WHERE id = ?3) \
     AND EXISTS (SELECT 1 FROM issues WHERE id = ?2 AND connection_id = ?3) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE id = ?1 OR client_key = ?5) \
     AND NOT EXISTS (SELECT 1 FROM issues WHERE connection_id = ?3 AND marker = ?4)";
const INSERT_ISSUE: &str = "INSERT INTO issues VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
     ?19, ?20, ?21, ?22, ?23, ?24, ?25) ON CONFLICT DO NOTHING";
const INSERT_COMMENT: &str = "INSERT INTO comments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25) ON CONFLICT DO NOTHING";
/// Whatever changes, the keys too, under the same conditions.
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
/// A row whose keys stay as they are: none of the indexes over them is touched, and what was checked when the keys were written still
/// holds. Most updates are of this kind. The plus keeps SQLite from looking the row up by its longer key.
macro_rules! update_same_keys {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET lifecycle = ?8, sync_status = ?9, sync_conflict = ?10, is_open = ?11, is_hidden = ?12, updated_us = ?14, \
             deleted_us = ?15, rev = ?16, version = ?17, log_seq = ?18, log_head = ?19, text_hash = ?20, local = ?21, base = ?22, \
             remote_fields = ?23, remote = ?24, rest = ?25 WHERE id = ?1 AND rev = ?26 AND parent_id IS ?2 AND project_id = ?3 \
             AND +connection_id = ?4 AND number IS ?5 AND marker = ?6 AND client_key IS ?7 AND created_us = ?13"
        )
    };
}
const UPDATE_ISSUE_SAME_KEYS: &str = update_same_keys!("issues");
const UPDATE_COMMENT_SAME_KEYS: &str = update_same_keys!("comments");
const PUT_OUTBOX: &str =
    "INSERT OR REPLACE INTO sync_outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
const INSERT_OUTBOX: &str =
    "INSERT INTO sync_outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
/// A row whose keys stay as they are; one that is as it should be already is left alone.
const UPDATE_OUTBOX: &str = "UPDATE sync_outbox SET kind = ?5, changes = ?6, status = ?7, retry_count = ?8, next_retry = ?9, lease_until = ?10, \
     fence = ?11, races = ?12, one_by_one = ?13, last_error = ?14, created_at = ?15 WHERE id = ?1 AND \
     (kind, changes, status, retry_count, next_retry, lease_until, fence, races, one_by_one, last_error, created_at) \
     IS NOT (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

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

/// A set of one row needs no savepoint: when that row is stale, nothing was written yet.
async fn commit_set(tx: &Tx<'_>, set: ChangeSet) -> Result<Answer> {
    let may_be_half_done = set.writes.len() > 1;
    if may_be_half_done {
        tx.execute("SAVEPOINT change_set", &[]).await?;
    }
    for write in &set.writes {
        if !commit_write(tx, write).await? {
            if may_be_half_done {
                tx.execute("ROLLBACK TO change_set", &[]).await?;
                tx.execute("RELEASE change_set", &[]).await?;
            }
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
    if may_be_half_done {
        tx.execute("RELEASE change_set", &[]).await?;
    }
    Ok(Answer::Applied)
}

async fn commit_tail(tx: &Tx<'_>, tail: Tail) -> Result<()> {
    connections::change(tx, tail.connection, tail.changes).await?;
    log_events(tx, &tail.events).await?;
    deliveries::finish(tx, &tail.deliveries_done).await?;
    notify(tx, &tail.notifications).await
}

/// Writes one row; answers whether it was there as expected. When it was not, nothing was written.
async fn commit_write(tx: &Tx<'_>, write: &Write) -> Result<bool> {
    match write.expected {
        None => insert(tx, &write.item).await,
        Some(rev) => update(tx, &write.item, rev).await,
    }
}

async fn insert(tx: &Tx<'_>, item: &Item) -> Result<bool> {
    let issue = item.kind() == ItemKind::Issue;
    let id = item.id.to_string();
    let keys = vals![
        id.as_str(),
        item.parent.map(|parent| parent.to_string()),
        item.connection.to_string(),
        item.marker.as_str(),
        item.client_key.clone()
    ];
    if tx.number(if issue { MAY_INSERT_ISSUE } else { MAY_INSERT_COMMENT }, keys).await? == 0
        || tx.execute(if issue { INSERT_ISSUE } else { INSERT_COMMENT }, &values(item)).await? == 0
    {
        return Ok(false);
    }
    if issue {
        let rowid = tx.number("SELECT rowid FROM issues WHERE id = ?1", vals![id]).await?;
        index_text(tx, rowid, item).await?;
    }
    tx.execute(INSERT_OUTBOX, &outbox_values(item)).await?;
    Ok(true)
}

async fn update(tx: &Tx<'_>, item: &Item, rev: i64) -> Result<bool> {
    let issue = item.kind() == ItemKind::Issue;
    let mut values = values(item);
    let reworded = if issue { reworded(tx, &values).await? } else { None };
    values.push(Val::Int(rev));
    if tx.execute(if issue { UPDATE_ISSUE_SAME_KEYS } else { UPDATE_COMMENT_SAME_KEYS }, &values).await? > 0 {
        tx.execute(UPDATE_OUTBOX, &outbox_values(item)).await?;
    } else if tx.execute(if issue { UPDATE_ISSUE } else { UPDATE_COMMENT }, &values).await? > 0 {
        tx.execute(PUT_OUTBOX, &outbox_values(item)).await?;
    } else {
        return Ok(false);
    }
    if let Some(rowid) = reworded {
        tx.execute("DELETE FROM issue_text WHERE rowid = ?1", vals![rowid]).await?;
        index_text(tx, rowid, item).await?;
    }
    Ok(true)
}

async fn index_text(tx: &Tx<'_>, rowid: i64, item: &Item) -> Result<()> {
    tx.execute("INSERT INTO issue_text (rowid, text) VALUES (?1, ?2)", vals![rowid, text(item)]).await.map(drop)
}

/// The place of an issue in full-text search, when its text is about to change.
async fn reworded(tx: &Tx<'_>, values: &[Val]) -> Result<Option<i64>> {
    let sql = "SELECT rowid FROM issues WHERE id = ?1 AND text_hash <> ?2";
    let row = tx.row(table(ItemKind::Issue), sql, &[values[ID].clone(), values[TEXT_HASH].clone()]).await?;
    row.map(|row| row.int(0, "rowid")).transpose()
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

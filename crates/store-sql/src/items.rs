//! Items: load, find, commit and count.

use crate::item_row::{COLUMNS, read};
use crate::row::{Row, Val, json, texts, vals};
use crate::tx::Tx;
use crate::{SqliteStore, commit, query};
use issuesync_model::{BoxFuture, ConnectionId, Item, ItemId};
use issuesync_store::{Answer, Batch, Counts, IssueQuery, Items, Known, Page, Result};
use std::collections::BTreeMap;

/// Items of one table by a condition on `i` (the item) and `o` (its outbox row).
pub(crate) async fn select(tx: &Tx<'_>, table: &'static str, condition: &str, values: &[Val]) -> Result<Vec<Item>> {
    let sql = format!("SELECT {COLUMNS} FROM {table} i JOIN sync_outbox o ON o.id = i.id WHERE {condition}");
    tx.rows(table, &sql, values).await?.iter().map(read).collect()
}

/// Items of both tables by one condition.
pub(crate) async fn select_both(tx: &Tx<'_>, condition: &str, values: &[Val]) -> Result<Vec<Item>> {
    let mut items = select(tx, "issues", condition, values).await?;
    items.extend(select(tx, "comments", condition, values).await?);
    Ok(items)
}

async fn count(tx: &Tx<'_>, connection: &str) -> Result<Counts> {
    let live = |table| {
        format!(
            "SELECT count(*), count(sync_conflict), count(number) FROM {table} WHERE connection_id = ?1 AND lifecycle <> 'deleted'"
        )
    };
    let mut counts = Counts::default();
    if let Some(row) = tx.row("issues", &live("issues"), vals![connection]).await? {
        counts.issues = row.int(0, "count")?;
        counts.conflicts = row.int(1, "count")?;
        counts.drafts = counts.issues - row.int(2, "count")?;
    }
    if let Some(row) = tx.row("comments", &live("comments"), vals![connection]).await? {
        counts.comments = row.int(0, "count")?;
        counts.conflicts += row.int(1, "count")?;
    }
    let status = |word: &str| {
        format!(
            "SELECT count(*) FROM sync_outbox o WHERE o.connection_id = ?1 AND o.status = '{word}' AND o.status <> 'completed' AND \
             coalesce((SELECT lifecycle FROM issues WHERE id = o.id), (SELECT lifecycle FROM comments WHERE id = o.id)) <> 'deleted'"
        )
    };
    counts.pending = tx.number(&status("pending"), vals![connection]).await?;
    counts.failed = tx.number(&status("failed"), vals![connection]).await?;
    Ok(counts)
}

async fn sweep(tx: &Tx<'_>, before_us: i64) -> Result<i64> {
    let mut gone = 0;
    let outboxes = "DELETE FROM sync_outbox WHERE id IN (SELECT id FROM issues WHERE deleted_us < ?1) \
         OR id IN (SELECT id FROM comments WHERE deleted_us < ?1 OR parent_id IN (SELECT id FROM issues WHERE deleted_us < ?1))";
    tx.execute(outboxes, vals![before_us]).await?;
    let comments =
        "DELETE FROM comments WHERE deleted_us < ?1 OR parent_id IN (SELECT id FROM issues WHERE deleted_us < ?1)";
    gone += tx.execute(comments, vals![before_us]).await?;
    gone += tx.execute("DELETE FROM issues WHERE deleted_us < ?1", vals![before_us]).await?;
    Ok(gone as i64)
}

impl Items for SqliteStore {
    fn items(&self, ids: Vec<ItemId>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| {
            Box::pin(
                async move { select_both(tx, "i.id IN (SELECT value FROM json_each(?1))", vals![texts(&ids)]).await },
            )
        })
    }

    fn issues_numbered(&self, connection: ConnectionId, numbers: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| Box::pin(async move { numbered(tx, "issues", connection, &numbers).await }))
    }

    fn comments_numbered(&self, connection: ConnectionId, ids: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| Box::pin(async move { numbered(tx, "comments", connection, &ids).await }))
    }

    fn comments_of(&self, issue: ItemId, deleted: bool) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let condition = "i.parent_id = ?1 AND (?2 OR i.lifecycle <> 'deleted') ORDER BY i.created_us, i.id";
                select(tx, "comments", condition, vals![issue.to_string(), deleted]).await
            })
        })
    }

    fn comment_counts(&self, issues: Vec<ItemId>) -> BoxFuture<'_, Result<BTreeMap<ItemId, i64>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT parent_id, count(*) FROM comments WHERE parent_id IN (SELECT value FROM json_each(?1)) \
                     AND lifecycle IN ('linked', 'creating') GROUP BY parent_id";
                let rows = tx.rows("comments", sql, vals![texts(&issues)]).await?;
                rows.iter().map(|row: &Row| Ok((row.parsed(0, "parent_id")?, row.int(1, "count")?))).collect()
            })
        })
    }

    fn items_marked(&self, connection: ConnectionId, markers: Vec<String>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let condition = "i.connection_id = ?1 AND i.marker IN (SELECT value FROM json_each(?2))";
                select_both(tx, condition, vals![connection.to_string(), json(&markers)]).await
            })
        })
    }

    fn item_keyed(&self, client_key: String) -> BoxFuture<'_, Result<Option<Item>>> {
        self.db.read(move |tx| {
            Box::pin(
                async move { Ok(select_both(tx, "i.client_key = ?1", vals![client_key]).await?.into_iter().next()) },
            )
        })
    }

    fn known_issues(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Vec<Known>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT id, number FROM issues WHERE connection_id = ?1 AND number IS NOT NULL \
                     AND lifecycle IN ('linked', 'detached') ORDER BY number";
                let rows = tx.rows("issues", sql, vals![connection.to_string()]).await?;
                rows.iter().map(|row| Ok(Known { id: row.parsed(0, "id")?, number: row.int(1, "number")? })).collect()
            })
        })
    }

    fn list(&self, query: IssueQuery) -> BoxFuture<'_, Result<Page>> {
        self.db.read(move |tx| Box::pin(query::page(tx, query, None)))
    }

    fn conflicted(&self, connection: Option<ConnectionId>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let condition = "i.sync_conflict IS NOT NULL AND (?1 IS NULL OR i.connection_id = ?1)";
                let mut found = select_both(tx, condition, vals![connection.map(|id| id.to_string())]).await?;
                found.sort_by_key(|item| (item.conflicts.iter().map(|conflict| conflict.opened_us).min(), item.id));
                found.truncate(limit);
                Ok(found)
            })
        })
    }

    fn counts(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Counts>> {
        self.db.read(move |tx| Box::pin(async move { count(tx, &connection.to_string()).await }))
    }

    fn deleted_since(&self, connection: ConnectionId, since_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql =
                    "SELECT count(*) FROM issues WHERE connection_id = ?1 AND deleted_us >= ?2 AND number IS NOT NULL";
                tx.number(sql, vals![connection.to_string(), since_us]).await
            })
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Answer>>> {
        self.db.write(move |tx| Box::pin(commit::batch(tx, batch)))
    }

    fn sweep_tombstones(&self, before_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.db.write(move |tx| Box::pin(sweep(tx, before_us)))
    }
}

async fn numbered(tx: &Tx<'_>, table: &'static str, connection: ConnectionId, numbers: &[i64]) -> Result<Vec<Item>> {
    let condition = "i.connection_id = ?1 AND i.number IN (SELECT value FROM json_each(?2))";
    select(tx, table, condition, vals![connection.to_string(), json(&numbers)]).await
}

//! The outbox: claims under a lease with a fence that only grows.

use crate::SqliteStore;
use crate::items::select_both;
use crate::row::{Row, json, texts, vals, word};
use crate::tx::Tx;
use issuesync_model::{BoxFuture, ConnectionId, Item, ItemId, OutboxStatus};
use issuesync_store::{Outboxes, Result};

/// Rows of these connections (`?1`) that wait, a comment only when its issue is on the tracker.
const PENDING: &str = "o.status = 'pending' AND o.connection_id IN (SELECT value FROM json_each(?1)) \
     AND (o.comment_id IS NULL OR (SELECT number FROM issues WHERE id = o.issue_id) IS NOT NULL) \
     AND coalesce((SELECT lifecycle FROM issues WHERE id = o.id), (SELECT lifecycle FROM comments WHERE id = o.id)) <> 'deleted'";

/// `rev + 1` of the item behind an outbox row.
async fn touch(tx: &Tx<'_>, id: &str) -> Result<()> {
    if tx.execute("UPDATE issues SET rev = rev + 1 WHERE id = ?1", vals![id]).await? == 0 {
        tx.execute("UPDATE comments SET rev = rev + 1 WHERE id = ?1", vals![id]).await?;
    }
    Ok(())
}

async fn claim(
    tx: &Tx<'_>,
    connections: Vec<ConnectionId>,
    now_us: i64,
    lease_us: i64,
    limit: usize,
) -> Result<Vec<Item>> {
    let sql = format!(
        "SELECT o.id FROM sync_outbox o WHERE {PENDING} AND o.next_retry <= ?2 AND o.lease_until <= ?2 ORDER BY o.next_retry, o.id LIMIT ?3"
    );
    let rows = tx.rows("sync_outbox", &sql, vals![texts(&connections), now_us, limit as i64]).await?;
    let claimed: Vec<String> =
        rows.iter().map(|row: &Row| row.text(0, "id").map(str::to_owned)).collect::<Result<_>>()?;
    for id in &claimed {
        let lease = "UPDATE sync_outbox SET lease_until = ?2, fence = fence + 1 WHERE id = ?1";
        tx.execute(lease, vals![id.as_str(), now_us + lease_us]).await?;
        touch(tx, id).await?;
    }
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let mut items = select_both(tx, "i.id IN (SELECT value FROM json_each(?1))", vals![json(&claimed)]).await?;
    items.sort_by_key(|item| (item.outbox.next_retry_us, item.id));
    Ok(items)
}

async fn release(tx: &Tx<'_>, item: ItemId, fence: i64, next_retry_us: i64) -> Result<bool> {
    let id = item.to_string();
    let sql = "UPDATE sync_outbox SET lease_until = 0, next_retry = ?3 WHERE id = ?1 AND fence = ?2";
    let released = tx.execute(sql, vals![id.as_str(), fence, next_retry_us]).await? > 0;
    if released {
        touch(tx, &id).await?;
    }
    Ok(released)
}

async fn void(tx: &Tx<'_>) -> Result<()> {
    for row in tx.rows("sync_outbox", "SELECT id FROM sync_outbox WHERE lease_until <> 0", &[]).await? {
        touch(tx, row.text(0, "id")?).await?;
    }
    tx.execute("UPDATE sync_outbox SET lease_until = 0 WHERE lease_until <> 0", &[]).await?;
    tx.execute("UPDATE deliveries SET lease_until = 0 WHERE state = 'queued'", &[]).await?;
    tx.execute("UPDATE connections SET pass_until = 0", &[]).await.map(drop)
}

impl Outboxes for SqliteStore {
    fn claim(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.write(move |tx| Box::pin(claim(tx, connections, now_us, lease_us, limit)))
    }

    fn release(&self, item: ItemId, fence: i64, next_retry_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.db.write(move |tx| Box::pin(release(tx, item, fence, next_retry_us)))
    }

    fn void_leases(&self) -> BoxFuture<'_, Result<()>> {
        self.db.write(|tx| Box::pin(void(tx)))
    }

    fn next_due(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = format!("SELECT min(max(o.next_retry, o.lease_until)) FROM sync_outbox o WHERE {PENDING}");
                match tx.row("sync_outbox", &sql, vals![texts(&connections)]).await? {
                    Some(row) => row.int_opt(0, "next_retry"),
                    None => Ok(None),
                }
            })
        })
    }

    fn outbox(&self, status: Option<OutboxStatus>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let wanted = status.map(|status| word(&status));
                let condition =
                    "((?1 IS NULL AND o.status <> 'completed') OR o.status = ?1) ORDER BY o.next_retry, o.id LIMIT ?2";
                let mut found = select_both(tx, condition, vals![wanted, limit as i64]).await?;
                found.sort_by_key(|item| (item.outbox.next_retry_us, item.id));
                found.truncate(limit);
                Ok(found)
            })
        })
    }
}

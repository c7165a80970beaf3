//! Checks: looks that are owed. A comment id of 0 stands for none.

use crate::SqliteStore;
use crate::row::{Row, json, texts, vals, word};
use crate::tx::Tx;
use issuesync_model::{BoxFuture, Check, CheckKey, CheckKind, ConnectionId};
use issuesync_store::{Checks, Result};

const COLUMNS: &str = "connection_id, number, comment_id, kind, due_at, tries, evidence";

fn read(row: &Row) -> Result<Check> {
    let comment = row.int(2, "comment_id")?;
    Ok(Check {
        key: CheckKey {
            connection: row.parsed(0, "connection_id")?,
            number: row.int(1, "number")?,
            comment: (comment != 0).then_some(comment),
            kind: row.word(3, "kind")?,
        },
        due_us: row.int(4, "due_at")?,
        tries: u32::try_from(row.int(5, "tries")?).unwrap_or(u32::MAX),
        evidence: row.json(6, "evidence")?,
    })
}

/// Puts a check by the rules of the port.
pub(crate) async fn put(tx: &Tx<'_>, check: &Check) -> Result<()> {
    match check.key.kind {
        CheckKind::Audit | CheckKind::Refetch => {
            let sql = "INSERT INTO checks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                 ON CONFLICT DO UPDATE SET due_at = min(due_at, excluded.due_at)";
            insert(tx, check, sql).await
        }
        CheckKind::Gone | CheckKind::Regressed => {
            insert(tx, check, "INSERT INTO checks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING").await
        }
    }
}

async fn replace(tx: &Tx<'_>, check: &Check) -> Result<()> {
    insert(tx, check, "INSERT OR REPLACE INTO checks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)").await
}

async fn insert(tx: &Tx<'_>, check: &Check, sql: &'static str) -> Result<()> {
    let key = &check.key;
    let values = vals![
        key.connection.to_string(),
        key.number,
        key.comment.unwrap_or(0),
        word(&key.kind),
        check.due_us,
        check.evidence.held,
        i64::from(check.tries),
        json(&check.evidence),
    ];
    tx.execute(sql, values).await.map(drop)
}

/// Deletes checks.
pub(crate) async fn settle(tx: &Tx<'_>, keys: &[CheckKey]) -> Result<()> {
    for key in keys {
        let sql = "DELETE FROM checks WHERE connection_id = ?1 AND number = ?2 AND comment_id = ?3 AND kind = ?4";
        tx.execute(sql, vals![key.connection.to_string(), key.number, key.comment.unwrap_or(0), word(&key.kind)])
            .await?;
    }
    Ok(())
}

async fn claim(
    tx: &Tx<'_>,
    connections: Vec<ConnectionId>,
    now_us: i64,
    lease_us: i64,
    limit: usize,
) -> Result<Vec<Check>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM checks WHERE held = 0 AND due_at <= ?2 AND connection_id IN (SELECT value FROM json_each(?1)) \
         ORDER BY due_at, connection_id, number, comment_id, kind LIMIT ?3"
    );
    let rows = tx.rows("checks", &sql, vals![texts(&connections), now_us, limit as i64]).await?;
    let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    for check in &mut claimed {
        check.tries += 1;
        check.due_us = now_us + lease_us;
        replace(tx, check).await?;
    }
    Ok(claimed)
}

impl Checks for SqliteStore {
    fn put_checks(&self, checks: Vec<Check>) -> BoxFuture<'_, Result<()>> {
        if checks.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.db.write(move |tx| {
            Box::pin(async move {
                for check in &checks {
                    put(tx, check).await?;
                }
                Ok(())
            })
        })
    }

    fn claim_checks(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Check>>> {
        self.db.write(move |tx| Box::pin(claim(tx, connections, now_us, lease_us, limit)))
    }

    fn replace_check(&self, check: Check) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| Box::pin(async move { replace(tx, &check).await }))
    }

    fn settle_checks(&self, keys: Vec<CheckKey>) -> BoxFuture<'_, Result<()>> {
        if keys.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.db.write(move |tx| Box::pin(async move { settle(tx, &keys).await }))
    }

    fn checks(&self, connection: ConnectionId, kind: CheckKind) -> BoxFuture<'_, Result<Vec<Check>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = format!(
                    "SELECT {COLUMNS} FROM checks WHERE connection_id = ?1 AND kind = ?2 ORDER BY number, comment_id"
                );
                tx.rows("checks", &sql, vals![connection.to_string(), word(&kind)]).await?.iter().map(read).collect()
            })
        })
    }

    fn next_check(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT min(due_at) FROM checks WHERE held = 0 AND connection_id IN (SELECT value FROM json_each(?1))";
                match tx.row("checks", sql, vals![texts(&connections)]).await? {
                    Some(row) => row.int_opt(0, "due_at"),
                    None => Ok(None),
                }
            })
        })
    }
}

//! The log, the connection log and the notifications, read only.

use crate::SqliteStore;
use crate::error::corrupt;
use crate::row::{Row, vals};
use issuesync_model::{BoxFuture, ConnectionEvent, ConnectionId, ItemId, LogRow, Notification, ProviderKind};
use issuesync_store::{Head, Logs, Result};

const COLUMNS: &str = "id, project_id, issue_id, comment_id, seq, direction, action, kind, before_state, after_state, provider, cause, \
     grade, sync_time, prev_hash, hash, position";

fn read(row: &Row) -> Result<(i64, LogRow)> {
    let provider = row.text(10, "provider")?;
    let comment = row.text_opt(3, "comment_id")?.map(str::parse).transpose();
    let id = row.text(0, "id")?;
    let log = LogRow {
        id: row.parsed(0, "id")?,
        project: row.parsed(1, "project_id")?,
        issue: row.parsed(2, "issue_id")?,
        comment: comment.map_err(|error: uuid::Error| corrupt(row.table, "comment_id", id, error))?,
        seq: row.int(4, "seq")?,
        direction: row.word(5, "direction")?,
        action: row.word(6, "action")?,
        kind: row.word(7, "kind")?,
        before: row.json(8, "before_state")?,
        after: row.json(9, "after_state")?,
        provider: ProviderKind::from_word(provider).ok_or_else(|| corrupt(row.table, "provider", id, provider))?,
        cause: row.text_opt(11, "cause")?.map(str::to_owned),
        grade: if row.text_opt(12, "grade")?.is_some() { Some(row.word(12, "grade")?) } else { None },
        time_us: row.int(13, "sync_time")?,
        prev_hash: row.text(14, "prev_hash")?.to_owned(),
        hash: row.text(15, "hash")?.to_owned(),
    };
    Ok((row.int(16, "position")?, log))
}

impl Logs for SqliteStore {
    fn history(&self, issue: ItemId) -> BoxFuture<'_, Result<Vec<LogRow>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = format!("SELECT {COLUMNS} FROM issue_sync_log WHERE issue_id = ?1 ORDER BY position");
                let rows = tx.rows("issue_sync_log", &sql, vals![issue.to_string()]).await?;
                rows.iter().map(|row| read(row).map(|(_, log)| log)).collect()
            })
        })
    }

    fn log_after(&self, position: i64, limit: usize) -> BoxFuture<'_, Result<Vec<(i64, LogRow)>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql =
                    format!("SELECT {COLUMNS} FROM issue_sync_log WHERE position > ?1 ORDER BY position LIMIT ?2");
                tx.rows("issue_sync_log", &sql, vals![position, limit as i64]).await?.iter().map(read).collect()
            })
        })
    }

    fn log_end(&self) -> BoxFuture<'_, Result<i64>> {
        self.db.read(|tx| Box::pin(async move { tx.number("SELECT max(position) FROM issue_sync_log", &[]).await }))
    }

    fn heads(&self, after: Option<ItemId>, limit: usize) -> BoxFuture<'_, Result<Vec<Head>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT id, log_seq, log_head FROM (SELECT id, log_seq, log_head FROM issues UNION ALL \
                     SELECT id, log_seq, log_head FROM comments) WHERE log_seq > 0 AND (?1 IS NULL OR id > ?1) ORDER BY id LIMIT ?2";
                let rows = tx.rows("issues", sql, vals![after.map(|id| id.to_string()), limit as i64]).await?;
                rows.iter()
                    .map(|row| {
                        Ok(Head { item: row.parsed(0, "id")?, seq: row.int(1, "log_seq")?, hash: row.text(2, "log_head")?.to_owned() })
                    })
                    .collect()
            })
        })
    }

    fn connection_log(&self, connection: ConnectionId, limit: usize) -> BoxFuture<'_, Result<Vec<ConnectionEvent>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT kind, detail, time FROM connection_log WHERE connection_id = ?1 ORDER BY position DESC LIMIT ?2";
                let rows = tx.rows("connection_log", sql, vals![connection.to_string(), limit as i64]).await?;
                let event = |row: &Row| {
                    Ok(ConnectionEvent {
                        connection,
                        kind: row.text(0, "kind")?.to_owned(),
                        detail: row.text(1, "detail")?.to_owned(),
                        time_us: row.int(2, "time")?,
                    })
                };
                rows.iter().map(event).collect()
            })
        })
    }

    fn notifications(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Notification>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let sql = "SELECT doc FROM notifications ORDER BY position DESC LIMIT ?1";
                tx.rows("notifications", sql, vals![limit as i64]).await?.iter().map(|row| row.json(0, "doc")).collect()
            })
        })
    }
}

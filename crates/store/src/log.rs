//! The audit log and the notifications, read only: rows are written by commits.

use crate::error::Result;
use issuesync_model::{BoxFuture, ConnectionEvent, ConnectionId, ItemId, LogRow, Notification};

/// The end of one item's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The item.
    pub item: ItemId,
    /// Its number of log rows.
    pub seq: i64,
    /// The hash of the last.
    pub hash: String,
}

/// What happened.
pub trait Logs {
    /// The rows of an issue and its comments, in order of commit.
    fn history(&self, issue: ItemId) -> BoxFuture<'_, Result<Vec<LogRow>>>;

    /// Rows behind a position, in order of commit, each with its position (positions grow; they may have gaps).
    fn log_after(&self, position: i64, limit: usize) -> BoxFuture<'_, Result<Vec<(i64, LogRow)>>>;

    /// The position of the newest row; 0 when there is none.
    fn log_end(&self) -> BoxFuture<'_, Result<i64>>;

    /// Chain ends of items that have log rows, by item id, starting after one.
    fn heads(&self, after: Option<ItemId>, limit: usize) -> BoxFuture<'_, Result<Vec<Head>>>;

    /// Rows of the connection log, newest first.
    fn connection_log(&self, connection: ConnectionId, limit: usize) -> BoxFuture<'_, Result<Vec<ConnectionEvent>>>;

    /// Notifications, newest first.
    fn notifications(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Notification>>>;
}

//! The log, the connection log and the notifications in memory.

use super::MemoryStore;
use crate::error::Result;
use crate::log::{Head, Logs};
use issuesync_model::{BoxFuture, ConnectionEvent, ConnectionId, ItemId, LogRow, Notification};

impl Logs for MemoryStore {
    fn history(&self, issue: ItemId) -> BoxFuture<'_, Result<Vec<LogRow>>> {
        self.run(|state| Ok(state.log.iter().map(|(_, row)| row).filter(|row| row.issue == issue).cloned().collect()))
    }

    fn log_after(&self, position: i64, limit: usize) -> BoxFuture<'_, Result<Vec<(i64, LogRow)>>> {
        self.run(|state| {
            let start = state.log.partition_point(|(at, _)| *at <= position);
            Ok(state.log[start..].iter().take(limit).cloned().collect())
        })
    }

    fn log_end(&self) -> BoxFuture<'_, Result<i64>> {
        self.run(|state| Ok(state.log.last().map_or(0, |(at, _)| *at)))
    }

    fn heads(&self, after: Option<ItemId>, limit: usize) -> BoxFuture<'_, Result<Vec<Head>>> {
        self.run(|state| {
            let logged =
                state.items.values().filter(|item| item.log_seq > 0 && after.is_none_or(|after| item.id > after));
            Ok(logged
                .take(limit)
                .map(|item| Head { item: item.id, seq: item.log_seq, hash: item.log_head.clone() })
                .collect())
        })
    }

    fn connection_log(&self, connection: ConnectionId, limit: usize) -> BoxFuture<'_, Result<Vec<ConnectionEvent>>> {
        self.run(|state| {
            let mine = state.events.iter().rev().filter(|event| event.connection == connection);
            Ok(mine.take(limit).cloned().collect())
        })
    }

    fn notifications(&self, limit: usize) -> BoxFuture<'_, Result<Vec<Notification>>> {
        self.run(|state| Ok(state.notifications.iter().rev().take(limit).cloned().collect()))
    }
}

//! The outbox: claims under a lease with a fence that only grows.

use crate::error::Result;
use issuesync_model::{BoxFuture, ConnectionId, Item, ItemId, OutboxStatus};

/// What is to be sent.
pub trait Outboxes {
    /// Claims due rows of these connections, those longest due first: status pending, `next_retry_us <= now_us`, no running lease,
    /// a comment only when its issue has a number. Each gets `lease_until_us = now_us + lease_us`, `fence + 1`, `rev + 1`, and is answered as it is then.
    fn claim(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// Ends a lease early, if the fence is still the given one: due again at `next_retry_us`, `rev + 1`. Answers whether it was.
    fn release(&self, item: ItemId, fence: i64, next_retry_us: i64) -> BoxFuture<'_, Result<bool>>;

    /// Ends every lease, of outbox rows and deliveries: at the start of the one process that holds an embedded store.
    fn void_leases(&self) -> BoxFuture<'_, Result<()>>;

    /// When the next row of these connections is due; the end of its lease counts when it has one.
    fn next_due(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>>;

    /// Items by outbox status, those due first first. Without a status: pending and failed ones.
    fn outbox(&self, status: Option<OutboxStatus>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>>;
}

//! Checks: looks that are owed, each a row with a due time.

use crate::error::Result;
use issuesync_model::{BoxFuture, Check, CheckKey, CheckKind, ConnectionId};

/// Looks that are owed.
pub trait Checks {
    /// Puts checks. Where the key exists, it stays as it is, but that of `Refetch` and `Audit` is due at the earlier of both times.
    ///
    /// # Errors
    /// Also when a connection is not there; then none is put.
    fn put_checks(&self, checks: Vec<Check>) -> BoxFuture<'_, Result<()>>;

    /// Claims due checks of these connections, those longest due first (at the same time by connection, number, comment and the word of the kind): `tries + 1`, due again at `now_us + lease_us` should the claimer die.
    /// Those held back by the fuse are not claimed.
    fn claim_checks(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Check>>>;

    /// Writes a check anew, whatever is there.
    fn replace_check(&self, check: Check) -> BoxFuture<'_, Result<()>>;

    /// Deletes checks that were settled.
    fn settle_checks(&self, keys: Vec<CheckKey>) -> BoxFuture<'_, Result<()>>;

    /// The checks of a connection of one kind, by number.
    fn checks(&self, connection: ConnectionId, kind: CheckKind) -> BoxFuture<'_, Result<Vec<Check>>>;

    /// When the next claimable check of these connections is due.
    fn next_check(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>>;
}

//! Change sets: what one commit writes, guarded by the `rev` that each row had when it was read.

use issuesync_model::{
    Check, CheckKey, ConnectionChange, ConnectionEvent, ConnectionId, DeliveryKey, Item, LogRow, Notification,
};

/// One row to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The whole new state, its `rev` already one higher.
    pub item: Item,
    /// The `rev` it was read with; `None` inserts a new row.
    pub expected: Option<i64>,
}

/// Rows that belong together and what follows from them. Either all of it is written or nothing.
///
/// It is *stale*, and changes nothing, when a row's stored `rev` is not the expected one, when a row to insert
/// exists already, when its connection (or, in that, the issue of a comment) is not there, or when it would break a unique key:
/// (connection, number) of issues, (connection, comment id) of comments, (connection, marker) and `client_key` of both
/// together. The rows are written one after the other, each on what the one before it left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The rows.
    pub writes: Vec<Write>,
    /// Log rows to append.
    pub log: Vec<LogRow>,
    /// Checks to put, by the rules of [`crate::Checks::put_checks`].
    pub checks: Vec<Check>,
    /// Checks that this settles: the rows are deleted before `checks` are put.
    pub checks_done: Vec<CheckKey>,
    /// Deliveries whose effect this is.
    pub deliveries_done: Vec<DeliveryKey>,
    /// Events for people.
    pub notifications: Vec<Notification>,
}

impl ChangeSet {
    /// True when there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What follows once every change set of a batch was applied, e.g. the cursor behind a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The connection.
    pub connection: ConnectionId,
    /// Its changes.
    pub changes: Vec<ConnectionChange>,
    /// Rows of the connection log.
    pub events: Vec<ConnectionEvent>,
    /// Deliveries that need nothing more.
    pub deliveries_done: Vec<DeliveryKey>,
    /// Events for people.
    pub notifications: Vec<Notification>,
}

impl Tail {
    /// A tail of these connection changes alone.
    #[must_use]
    pub fn changes(connection: ConnectionId, changes: Vec<ConnectionChange>) -> Self {
        Self { connection, changes, events: Vec::new(), deliveries_done: Vec::new(), notifications: Vec::new() }
    }
}

/// Change sets that are committed in one transaction. A stale set does not hold up the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The change sets.
    pub sets: Vec<ChangeSet>,
    /// Written only when every set was applied.
    pub tail: Option<Tail>,
}

/// What became of a change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Written.
    Applied,
    /// Somebody was faster: load again and start over.
    Stale,
}

//! Items: load, find, list and commit.

use crate::change::{Answer, Batch};
use crate::error::Result;
use crate::query::{IssueQuery, Page};
use issuesync_model::{BoxFuture, ConnectionId, Item, ItemId};
use std::collections::BTreeMap;

/// What a full pass compares with the tracker's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The item.
    pub id: ItemId,
    /// The issue's number, or the comment's id.
    pub number: i64,
}

/// Numbers for a connection's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Issues that are not deleted.
    pub issues: i64,
    /// Those of them that never were on the tracker.
    pub drafts: i64,
    /// Comments that are not deleted.
    pub comments: i64,
    /// Issues and comments whose outbox row is pending.
    pub pending: i64,
    /// Issues and comments whose outbox row failed.
    pub failed: i64,
    /// Issues and comments with an open conflict of any kind.
    pub conflicts: i64,
}

/// Issues and comments.
pub trait Items {
    /// The items of these ids that exist, each once, in no particular order.
    fn items(&self, ids: Vec<ItemId>) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// The issues of these numbers that exist, deleted ones included.
    fn issues_numbered(&self, connection: ConnectionId, numbers: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// The comments of these tracker ids that exist, deleted ones included.
    fn comments_numbered(&self, connection: ConnectionId, ids: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// The comments of an issue, oldest first, deleted ones only when asked for.
    fn comments_of(&self, issue: ItemId, deleted: bool) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// How many comments that are linked or creating each of these issues has; issues without any may be left out.
    fn comment_counts(&self, issues: Vec<ItemId>) -> BoxFuture<'_, Result<BTreeMap<ItemId, i64>>>;

    /// The items with one of these markers.
    fn items_marked(&self, connection: ConnectionId, markers: Vec<String>) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// The item that was made under this key.
    fn item_keyed(&self, client_key: String) -> BoxFuture<'_, Result<Option<Item>>>;

    /// Every issue of a connection that is linked or detached (not creating, moved or deleted) and has a number, by number.
    fn known_issues(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Vec<Known>>>;

    /// Issues by filter, newest change first: by (`updated_us`, id) descending.
    fn list(&self, query: IssueQuery) -> BoxFuture<'_, Result<Page>>;

    /// Issues and comments with an open conflict, those longest open first.
    fn conflicted(&self, connection: Option<ConnectionId>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>>;

    /// Health numbers of a connection.
    fn counts(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Counts>>;

    /// How many issues of a connection that were on the tracker were deleted at or after this time.
    fn deleted_since(&self, connection: ConnectionId, since_us: i64) -> BoxFuture<'_, Result<i64>>;

    /// Writes a batch in one transaction; one answer per change set, in order.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Answer>>>;

    /// Takes away tombstones that are older than this, with their comments; answers how many items went.
    fn sweep_tombstones(&self, before_us: i64) -> BoxFuture<'_, Result<i64>>;
}

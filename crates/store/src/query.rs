//! Lists of issues: the filters, the page, and full-text search as its own port.

use crate::error::Result;
use issuesync_model::{BoxFuture, ConnectionId, Item, ItemId, ProjectId, SyncStatus};

/// Which issues to list; empty parts let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueQuery {
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Of this connection.
    pub connection: Option<ConnectionId>,
    /// Open (`true`) or closed (`false`).
    pub open: Option<bool>,
    /// With this label, by canonical name.
    pub label: Option<String>,
    /// Assigned to this tracker user id.
    pub assignee: Option<String>,
    /// With this status.
    pub sync_status: Option<SyncStatus>,
    /// Changed at or after this time.
    pub updated_since_us: Option<i64>,
    /// Also deleted issues and those being deleted.
    pub deleted: bool,
    /// Start after this row: the `next` of the page before.
    pub after: Option<(i64, ItemId)>,
    /// At most so many.
    pub limit: usize,
}

/// A page of issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The issues.
    pub items: Vec<Item>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<(i64, ItemId)>,
}

/// Full-text search over titles and bodies of issues.
pub trait Search {
    /// Issues of which title and body together contain every word of the text (whole words, without case), filtered and ordered as
    /// [`crate::Items::list`] does.
    fn search(&self, text: String, query: IssueQuery) -> BoxFuture<'_, Result<Page>>;
}

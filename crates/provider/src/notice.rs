//! Notices: what a webhook delivery points at.

use issuesync_model::{ItemKind, Named, Observation, ProviderKind};

/// What a delivery says: mostly "look at issue N".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The adapter that read it.
    pub provider: ProviderKind,
    /// The tracker's word for the kind of event.
    pub event: String,
    /// The tracker's word for what was done.
    pub action: Option<String>,
    /// The repository's id.
    pub repo_id: Option<i64>,
    /// The repository's path as the payload shows it.
    pub repo_path: Option<String>,
    /// Issue or comment.
    pub kind: ItemKind,
    /// The number.
    pub number: Option<i64>,
    /// The comment's id, for a comment.
    pub comment: Option<i64>,
    /// True when it tells of a deletion.
    pub deleted: bool,
    /// The fields that it names as changed.
    pub named: Vec<Named>,
    /// The tracker's id of who did it.
    pub sender: Option<i64>,
    /// A whole observation, from trackers whose payloads can be trusted.
    pub snapshot: Option<Box<Observation>>,
    /// Why it needs nothing done; `None` when it matters.
    pub ignored: Option<String>,
}

/// A delivery whose signature does not prove its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct Unverified;

/// A verified delivery that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

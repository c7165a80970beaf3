//! Notifications: events that somebody must be told of, written in the transaction that causes them.

use crate::ids::{ConnectionId, ItemId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event for people. Its id is the same in every delivery of it, so receivers can drop a repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its stable id.
    pub id: Uuid,
    /// The connection.
    pub connection: ConnectionId,
    /// The item, when it is about one.
    pub item: Option<ItemId>,
    /// What happened.
    pub event: Event,
    /// One sentence.
    pub detail: String,
    /// When, microseconds.
    pub time_us: i64,
}

/// What somebody must be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A field waits for a person.
    ConflictOpened,
    /// Our write replaced somebody's edit.
    LostUpdate,
    /// A push failed for good.
    PushFailed,
    /// A connection was parked.
    Parked,
    /// The mass-delete fuse opened.
    Fuse,
    /// Two remote items carry one marker.
    Duplicate,
    /// A delete was cancelled or an edit ended in a tombstone.
    DeleteMetEdit,
    /// An issue was moved to a repository that is not connected.
    Moved,
    /// The webhook is missing, inactive or listens to the wrong events.
    Hook,
}

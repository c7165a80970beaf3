//! The item: one issue or comment of the mirror with the whole state of its synchronisation.

use crate::conflict::{Conflict, ConflictKind, Warning};
use crate::fields::{Field, Fields};
use crate::ids::{ConnectionId, ItemId, ProjectId};
use crate::observation::Change;
use crate::outbox::{Attempt, Outbox, OutboxKind, OutboxStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One issue or comment. Its outbox row, attempts and open conflicts are part of it, and `rev` guards them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// For a comment: the issue it belongs to.
    pub parent: Option<ItemId>,
    /// Its project.
    pub project: ProjectId,
    /// Its connection.
    pub connection: ConnectionId,
    /// The issue's number or the comment's id on the tracker, once it is there.
    pub number: Option<i64>,
    /// The tracker's page of it.
    pub url: Option<String>,
    /// Who wrote it on the tracker.
    pub author: Option<Author>,
    /// When it was created, microseconds.
    pub created_us: i64,
    /// When the mirror's row last changed, microseconds.
    pub updated_us: i64,
    /// `B`: the values both sides were last known to share.
    pub base: Fields,
    /// `L`: the mirror's values.
    pub local: Fields,
    /// `R`: the last accepted observation.
    pub remote: Option<Remote>,
    /// When each field of `L` was last set by a local edit.
    pub edits: BTreeMap<Field, Edit>,
    /// Write sequences whose outcome is unknown or whose echo was not audited.
    pub attempts: Vec<Attempt>,
    /// Times of the last writes of each field since a person's last edit of it, microseconds.
    pub writes: BTreeMap<Field, Vec<i64>>,
    /// Open conflicts: at most one per field and kind.
    pub conflicts: Vec<Conflict>,
    /// What the tracker refused or rewrote, until the field is edited again.
    pub warnings: Vec<Warning>,
    /// +1 in every transaction that changes anything of this row.
    pub rev: i64,
    /// +1 whenever a value of `L` changes.
    pub version: i64,
    /// Where it stands in its life.
    pub lifecycle: Lifecycle,
    /// 32 hex digits that mark what we create on the tracker.
    pub marker: String,
    /// Whether it was created on the tracker by this mirror, so that its body there carries the marker.
    pub made_here: bool,
    /// A local delete that waits for the create to be adopted or disproved.
    pub delete_wanted: bool,
    /// How many log rows it has.
    pub log_seq: i64,
    /// Hash of its last log row; empty before the first.
    pub log_head: String,
    /// The `Idempotency-Key` of its POST with the token's id before it.
    pub client_key: Option<String>,
    /// What to send, and when.
    pub outbox: Outbox,
    /// What was there when it was deleted.
    pub tombstone: Option<Tombstone>,
}

/// A person as the tracker names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The tracker's id; 0 or less for ghosts and the tracker's own bots.
    pub id: i64,
    /// The login.
    pub login: String,
}

/// The last accepted observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Its canonical values.
    pub fields: Fields,
    /// The tracker's `updated_at`, microseconds.
    pub u_us: i64,
    /// When its request was sent.
    pub t_send_us: i64,
    /// When it arrived.
    pub t_recv_us: i64,
    /// When each field last changed on the tracker.
    pub changes: BTreeMap<Field, Change>,
    /// The tracker's count of comments.
    pub comment_count: Option<i64>,
    /// The guard value of the tracker's compare-and-set, where there is one.
    pub content_version: Option<i64>,
}

/// A local edit of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// When, store time: `max(now, last + 1)`.
    pub at_us: i64,
    /// The item's `version` that set it.
    pub set_in: i64,
    /// It went back to the value of the base: nothing is left to send, and yet somebody chose that value at this time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
}

/// Where an item stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Made here, not yet known to be on the tracker.
    Creating,
    /// Tied to an item of the tracker.
    Linked,
    /// Its issue went to a repository that is not connected.
    Moved,
    /// Kept, read-only, not pushed: it left the filter.
    Detached,
    /// Gone; its tombstone says what was there.
    Deleted,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// An issue.
    Issue,
    /// A comment of an issue.
    Comment,
}

/// The last state of a deleted item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// `B` when it was deleted.
    pub base: Fields,
    /// `L` when it was deleted, with every edit that was not yet sent.
    pub local: Fields,
    /// `R` when it was deleted.
    pub remote: Option<Fields>,
    /// Why, in one sentence.
    pub reason: String,
    /// When, microseconds.
    pub at_us: i64,
}

/// The one word for how far an item is in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// Gone on both sides.
    Deleted,
    /// A field waits for a person.
    Conflict,
    /// A push failed for good, or the issue left us.
    Error,
    /// Edits are on their way.
    Pending,
    /// Both sides are equal.
    Synced,
}

impl SyncStatus {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Conflict => "conflict",
            Self::Error => "error",
            Self::Pending => "pending",
            Self::Synced => "synced",
        }
    }
}

impl Lifecycle {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Linked => "linked",
            Self::Moved => "moved",
            Self::Detached => "detached",
            Self::Deleted => "deleted",
        }
    }
}

impl Item {
    /// Issue or comment.
    #[must_use]
    pub fn kind(&self) -> ItemKind {
        if self.parent.is_some() { ItemKind::Comment } else { ItemKind::Issue }
    }

    /// The issue: itself, or a comment's parent.
    #[must_use]
    pub fn issue(&self) -> ItemId {
        self.parent.unwrap_or(self.id)
    }

    /// Whether a clash or a loop freezes this field.
    #[must_use]
    pub fn is_frozen(&self, field: Field) -> bool {
        self.conflicts.iter().any(|conflict| conflict.field == field && conflict.kind != ConflictKind::LostUpdate)
    }

    /// True while a local edit waits to be sent or confirmed.
    #[must_use]
    pub fn is_dirty(&self, field: Field) -> bool {
        self.local.get(field) != self.base.get(field)
    }

    /// True when the tracker is to delete it and has not confirmed.
    #[must_use]
    pub fn is_being_deleted(&self) -> bool {
        self.lifecycle != Lifecycle::Deleted
            && (self.delete_wanted
                || (self.outbox.kind == OutboxKind::Delete && self.outbox.status == OutboxStatus::Pending))
    }

    /// The one word, by the first rule that holds.
    #[must_use]
    pub fn sync_status(&self) -> SyncStatus {
        if self.lifecycle == Lifecycle::Deleted {
            SyncStatus::Deleted
        } else if self.conflicts.iter().any(|conflict| conflict.kind != ConflictKind::LostUpdate) {
            SyncStatus::Conflict
        } else if self.outbox.status == OutboxStatus::Failed
            || matches!(self.lifecycle, Lifecycle::Moved | Lifecycle::Detached)
        {
            SyncStatus::Error
        } else if self.outbox.status == OutboxStatus::Pending || self.lifecycle == Lifecycle::Creating {
            SyncStatus::Pending
        } else {
            SyncStatus::Synced
        }
    }

    /// Why it has that status, in one sentence.
    #[must_use]
    pub fn sync_detail(&self) -> String {
        match self.sync_status() {
            SyncStatus::Deleted => self.tombstone.as_ref().map_or_else(|| "Deleted.".to_owned(), |t| t.reason.clone()),
            SyncStatus::Conflict => {
                let fields: Vec<_> = self
                    .conflicts
                    .iter()
                    .filter(|c| c.kind != ConflictKind::LostUpdate)
                    .map(|c| c.field.name())
                    .collect();
                format!("Both sides changed {}; choose a value in the conflicts.", fields.join(", "))
            }
            SyncStatus::Error => match (self.lifecycle, &self.outbox.last_error) {
                (Lifecycle::Moved, _) => "The issue was moved to a repository that is not connected.".to_owned(),
                (Lifecycle::Detached, _) => {
                    "The issue no longer matches the connection's filter; it is kept and not sent.".to_owned()
                }
                (_, Some(error)) => format!("Sending failed: {error}"),
                (_, None) => "Sending failed.".to_owned(),
            },
            SyncStatus::Pending => match &self.outbox.last_error {
                Some(error) => format!("Will be sent again: {error}"),
                None => "Waiting to be sent to the tracker.".to_owned(),
            },
            SyncStatus::Synced if self.warnings.is_empty() => "Both sides are equal.".to_owned(),
            SyncStatus::Synced => {
                "Both sides are equal; the tracker changed or refused an edit, see the warnings.".to_owned()
            }
        }
    }
}

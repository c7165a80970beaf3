//! Observations: whole remote items as seen at one moment, and the evidence of when they changed.

use crate::catalog::Catalog;
use crate::fields::{Field, Fields};
use crate::item::Author;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// A whole issue or comment of a tracker, as one answer or payload showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The issue's number, or the comment's id.
    pub number: i64,
    /// For a comment: the number of its issue.
    pub issue_number: Option<i64>,
    /// Field values as the adapter maps them; made canonical on acceptance.
    pub fields: Fields,
    /// The tracker's `updated_at`, microseconds (most trackers keep whole seconds).
    pub u_us: i64,
    /// The tracker's `created_at`, microseconds.
    pub created_us: i64,
    /// Who wrote it.
    pub author: Option<Author>,
    /// The tracker's page of it.
    pub url: String,
    /// The repository's id where the answer says it.
    pub repo_id: Option<i64>,
    /// The marker found in the body, 32 hex digits.
    pub marker: Option<String>,
    /// How many comments the tracker counts on an issue.
    pub comment_count: Option<i64>,
    /// The guard value for edits where the tracker has one.
    pub content_version: Option<i64>,
    /// True when the tracker says that this is a pull or merge request, which is no issue.
    pub is_pull: bool,
    /// Definitions and people that it shows: what it carries of the catalog.
    pub seen: Catalog,
    /// Which door it came through.
    pub source: Source,
    /// When its request was sent (for a payload: received), store time.
    pub t_send_us: i64,
    /// When it arrived, store time.
    pub t_recv_us: i64,
}

/// Which door an observation came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A webhook payload that can be trusted whole.
    Payload,
    /// A GET of this one item.
    Get,
    /// A page of a list.
    List,
    /// The answer to our own write.
    Answer,
}

/// When a remote field changed: some time in `[lo_us, hi_us]`, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Not before this, store time; `i64::MIN` when unknown.
    pub lo_us: i64,
    /// Not after this, store time.
    pub hi_us: i64,
    /// The evidence.
    pub grade: Grade,
}

/// How the time of a remote change is known, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// The tracker's dated history.
    E1,
    /// A webhook named the field.
    E2,
    /// A snapshot differed in exactly one aspect.
    E3a,
    /// A snapshot differed.
    E3,
}

/// What a notice says about one field: its value before, and the tracker's time of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The field.
    pub field: Field,
    /// The value before the change, where the notice says it.
    pub from: Option<Value>,
    /// The value after it as the notice's snapshot shows it, where that is to be trusted.
    pub to: Option<Value>,
    /// The notice's `updated_at`; `None` where it is no evidence.
    pub u_us: Option<i64>,
    /// The tracker's id of who did it.
    pub sender: Option<i64>,
}

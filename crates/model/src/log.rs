//! The audit log: append-only rows, chained by hash per item, from which `L` can be replayed.

use crate::fields::Fields;
use crate::ids::{ItemId, LogId, ProjectId};
use crate::item::Item;
use crate::observation::Grade;
use crate::rules::ProviderKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One row of `issue_sync_log`, written in the transaction of the change it tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    /// Its id.
    pub id: LogId,
    /// The project.
    pub project: ProjectId,
    /// The issue.
    pub issue: ItemId,
    /// The comment, when it tells of one.
    pub comment: Option<ItemId>,
    /// Counts the rows of its item from 1.
    pub seq: i64,
    /// Which way the change went.
    pub direction: Direction,
    /// What was done to the item.
    pub action: Action,
    /// What kind of event.
    pub kind: LogKind,
    /// The fields before, those touched only. For `superseded`, `refused` and `rewritten`: the losing value.
    pub before: Fields,
    /// The fields after, those touched only. For `superseded`, `refused` and `rewritten`: the winning value.
    pub after: Fields,
    /// The tracker's kind.
    pub provider: ProviderKind,
    /// A delivery, attempt or user; or a sentence for people.
    pub cause: Option<String>,
    /// The evidence of time behind a decision.
    pub grade: Option<Grade>,
    /// When, microseconds.
    pub time_us: i64,
    /// Hash of the item's previous row.
    pub prev_hash: String,
    /// SHA-256 over `prev_hash` and this row, in hex.
    pub hash: String,
}

/// Which way a change went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the tracker.
    Inbound,
    /// To the tracker.
    Outbound,
    /// Made on the mirror.
    Local,
}

/// What was done to the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It came to be.
    Create,
    /// It changed.
    Update,
    /// It went.
    Delete,
}

/// The kinds of log row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are explained in docs/guarantees.md and in the modules that write them")]
pub enum LogKind {
    Edit,
    Pull,
    Push,
    Superseded,
    ConflictOpen,
    ConflictRefresh,
    ConflictResolve,
    ConflictClose,
    LostUpdate,
    Adopt,
    Duplicate,
    Detach,
    Restore,
    Move,
    Retry,
    Failed,
    Refused,
    Rewritten,
    Create,
    Delete,
}

/// What a step wants logged; [`append`] numbers and chains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which way the change went.
    pub direction: Direction,
    /// What was done to the item.
    pub action: Action,
    /// What kind of event.
    pub kind: LogKind,
    /// The touched fields before.
    pub before: Fields,
    /// The touched fields after.
    pub after: Fields,
    /// A delivery, attempt or user.
    pub cause: Option<String>,
    /// The evidence of time.
    pub grade: Option<Grade>,
}

impl Entry {
    /// An update without fields, to be filled.
    #[must_use]
    pub fn new(direction: Direction, kind: LogKind) -> Self {
        Self {
            direction,
            action: Action::Update,
            kind,
            before: Fields::new(),
            after: Fields::new(),
            cause: None,
            grade: None,
        }
    }
}

/// Numbers and chains an entry behind the item's last row, and moves the item's `log_seq` and `log_head`.
pub fn append(item: &mut Item, entry: Entry, id: LogId, provider: ProviderKind, time_us: i64) -> LogRow {
    let mut row = LogRow {
        id,
        project: item.project,
        issue: item.issue(),
        comment: item.parent.map(|_| item.id),
        seq: item.log_seq + 1,
        direction: entry.direction,
        action: entry.action,
        kind: entry.kind,
        before: entry.before,
        after: entry.after,
        provider,
        cause: entry.cause,
        grade: entry.grade,
        time_us,
        prev_hash: item.log_head.clone(),
        hash: String::new(),
    };
    row.hash = digest(&row);
    item.log_seq = row.seq;
    item.log_head.clone_from(&row.hash);
    row
}

/// The hash a row must have: SHA-256 over its JSON with an empty `hash`, in hex.
///
/// The JSON is canonical because field order is fixed by the types and fields print in [`crate::Field`] order.
#[must_use]
pub fn hash_of(row: &LogRow) -> String {
    digest(&LogRow { hash: String::new(), ..row.clone() })
}

fn digest(bare: &LogRow) -> String {
    let json = serde_json::to_vec(bare).expect("a log row is always representable as JSON");
    hex(&Sha256::digest(json))
}

/// Lower-case hex digits of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

//! What is still to be sent for an item, and the write sequences that were begun.

use crate::fields::{Field, Fields};
use crate::ids::AttemptId;
use crate::timing::Timing;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// The one outbox row of an item, made with it and kept as long as it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// What is to be done on the tracker.
    pub kind: OutboxKind,
    /// How far it is.
    pub status: OutboxStatus,
    /// What was asked, for people to read; what is sent is computed at send time.
    pub changes: Fields,
    /// How many retries were used.
    pub retry_count: u32,
    /// When it is due, microseconds.
    pub next_retry_us: i64,
    /// Until when a claimer owns it; 0 when nobody does.
    pub lease_until_us: i64,
    /// Grows with every claim, for the life of the row.
    pub fence: i64,
    /// Races lost in a row (409, or a body lost to a concurrent write).
    pub races: u32,
    /// One field per request, after a refusal or a server error.
    pub one_by_one: bool,
    /// The last error in one sentence.
    pub last_error: Option<String>,
    /// When the row was made, microseconds.
    pub created_us: i64,
}

/// What the outbox row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxKind {
    /// Create it on the tracker.
    Create,
    /// Send what differs.
    Update,
    /// Delete it on the tracker.
    Delete,
}

/// How far the outbox row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxStatus {
    /// Due at `next_retry_us`.
    Pending,
    /// Nothing to send.
    Completed,
    /// Given up until somebody edits or retries.
    Failed,
}

impl OutboxKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl OutboxStatus {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl Outbox {
    /// A row that has nothing to send.
    #[must_use]
    pub fn completed(now_us: i64) -> Self {
        Self {
            kind: OutboxKind::Update,
            status: OutboxStatus::Completed,
            changes: Fields::new(),
            retry_count: 0,
            next_retry_us: 0,
            lease_until_us: 0,
            fence: 0,
            races: 0,
            one_by_one: false,
            last_error: None,
            created_us: now_us,
        }
    }

    /// Whether somebody holds the lease now.
    #[must_use]
    pub fn is_leased(&self, now_us: i64) -> bool {
        self.lease_until_us > now_us
    }
}

/// One sequence of write requests for one item: committed before its first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The fence under which it was begun.
    pub fence: i64,
    /// What it does.
    pub kind: OutboxKind,
    /// When it was begun, store time.
    pub t_send_us: i64,
    /// When its outcome was known, store time.
    pub t_done_us: Option<i64>,
    /// The fields it sends.
    pub fields: Vec<AttemptField>,
    /// What became of it.
    pub outcome: Outcome,
    /// For a create: the highest issue number known when it was begun.
    pub max_number_seen: i64,
}

impl Attempt {
    /// By when it has taken effect, if it ever will, store time: as its outcome was known, or, where its sender died over it, as the lease ended.
    #[must_use]
    pub fn over_us(&self, timing: &Timing) -> i64 {
        self.t_done_us.unwrap_or(self.t_send_us + timing.lease_us)
    }

    /// Until when its echo is awaited, store time.
    #[must_use]
    pub fn echo_until_us(&self, timing: &Timing) -> i64 {
        self.over_us(timing) + timing.echo_wait_us
    }
}

/// One field of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptField {
    /// The field.
    pub field: Field,
    /// The tracker's value read just before; `None` for a create.
    pub read: Option<Value>,
    /// The value sent.
    pub sent: Value,
    /// What the tracker made of it, where its answer showed another value than was sent or read.
    pub became: Option<Value>,
    /// What showed as it was sent when the mirror had gone on from it: the value, or the elements of a set.
    pub outpaced: Option<Value>,
    /// Our own write was recognised (or disproved) for this field.
    pub settled: bool,
    /// The echo (or the dated history) of this field was looked at.
    pub audited: bool,
}

/// The JSON of an [`AttemptField`]: values read back by their field.
#[derive(Serialize, Deserialize)]
struct AttemptFieldJson {
    read: Fields,
    sent: Fields,
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    became: Fields,
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    outpaced: Fields,
    settled: bool,
    audited: bool,
}

impl Serialize for AttemptField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AttemptFieldJson {
            read: self.read.iter().map(|value| (self.field, value.clone())).collect(),
            sent: Fields::new().with(self.field, self.sent.clone()),
            became: self.became.iter().map(|value| (self.field, value.clone())).collect(),
            outpaced: self.outpaced.iter().map(|value| (self.field, value.clone())).collect(),
            settled: self.settled,
            audited: self.audited,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AttemptField {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = AttemptFieldJson::deserialize(deserializer)?;
        let (field, sent) = json
            .sent
            .iter()
            .next()
            .map(|(field, value)| (field, value.clone()))
            .ok_or_else(|| serde::de::Error::custom("an attempt's field has no sent value"))?;
        let of = |values: &Fields| values.get(field).cloned();
        let (read, became, outpaced) = (of(&json.read), of(&json.became), of(&json.outpaced));
        Ok(Self { field, read, sent, became, outpaced, settled: json.settled, audited: json.audited })
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Begun; its lease may still run.
    InFlight,
    /// The tracker answered.
    Done,
    /// The answer was lost, or its claimer died.
    Unknown,
}

//! Checks: every wait of the engine is one of these rows with a due time.

use crate::ids::ConnectionId;
use serde::{Deserialize, Serialize};

/// A look that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it looks at; unique.
    pub key: CheckKey,
    /// When it is due, microseconds.
    pub due_us: i64,
    /// What was seen at the first look.
    pub evidence: Evidence,
    /// How often it was tried.
    pub tries: u32,
}

/// What makes a check unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CheckKey {
    /// The connection.
    pub connection: ConnectionId,
    /// The number.
    pub number: i64,
    /// The comment's id, for a comment.
    pub comment: Option<i64>,
    /// What kind of look.
    pub kind: CheckKind,
}

/// The kinds of look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// GET it and observe.
    Refetch,
    /// A second look at something that answered 404.
    Gone,
    /// A second look at something whose `u` stepped back.
    Regressed,
    /// Read the dated history for an attempt without an echo.
    Audit,
}

impl CheckKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Refetch => "refetch",
            Self::Gone => "gone",
            Self::Regressed => "regressed",
            Self::Audit => "audit",
        }
    }
}

/// What the first look saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the first look was, store time.
    pub first_us: i64,
    /// Hash of the content seen.
    pub hash: Option<String>,
    /// The fuse holds this delete back until a person accepts it.
    pub held: bool,
}

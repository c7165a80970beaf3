//! Field values in canonical form, and their JSON.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The value of one field.
///
/// As JSON a value is bare (`"text"`, `["bug"]`, `7`, `"2026-12-25"`, `true`, `null`); which kind it is
/// follows from its field, so only [`crate::Fields`] and [`crate::Field::value_from_json`] read JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A title or a body.
    Text(String),
    /// Open, or closed with its reason.
    State(State),
    /// Labels by canonical name, or assignees by the tracker's user id in decimal.
    Set(BTreeSet<String>),
    /// A milestone by the tracker's id.
    Id(Option<i64>),
    /// A due day.
    Date(Option<Date>),
    /// Locked or not.
    Flag(bool),
}

impl Value {
    /// The elements, when this is a set.
    #[must_use]
    pub fn as_set(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Set(set) => Some(set),
            _ => None,
        }
    }

    /// The text, when this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// This value as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a field value is always representable as JSON")
    }
}

/// Whether an issue is open; the reason belongs to the closed state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Open.
    Open,
    /// Closed for a reason.
    Closed(Reason),
}

/// Why an issue was closed, in GitHub's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No reason given, or a tracker that knows none.
    None,
    /// Done.
    Completed,
    /// Will not be done.
    NotPlanned,
    /// Another issue says the same.
    Duplicate,
}

impl State {
    /// Every state, for messages and tests.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Closed(Reason::None),
        Self::Closed(Reason::Completed),
        Self::Closed(Reason::NotPlanned),
        Self::Closed(Reason::Duplicate),
    ];

    /// The one word for this state, e.g. `closed:not_planned`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed(Reason::None) => "closed",
            Self::Closed(Reason::Completed) => "closed:completed",
            Self::Closed(Reason::NotPlanned) => "closed:not_planned",
            Self::Closed(Reason::Duplicate) => "closed:duplicate",
        }
    }

    /// True when open.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.word() == text).ok_or_else(|| {
            format!(
                "unknown state \"{text}\": use open, closed, closed:completed, closed:not_planned or closed:duplicate"
            )
        })
    }
}

impl Serialize for State {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

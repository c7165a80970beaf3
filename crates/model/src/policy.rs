//! What a person decides for one connection: windows, winners, directions and filters.

use crate::fields::Field;
use crate::timing::SECOND_US;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Time between incremental passes; `None` is the timing's own.
    pub poll_us: Option<i64>,
    /// Time between full passes; `None` is the timing's own.
    pub full_us: Option<i64>,
    /// Edits of one field on both sides closer than this are concurrent. `i64::MAX` is "inf".
    pub conflict_window_us: i64,
    /// How times are compared.
    pub timestamp_policy: TimestampPolicy,
    /// Who wins when one side deletes and the other edits.
    pub delete_vs_update: DeletePolicy,
    /// Whether a clean text merge is applied or only suggested.
    pub text_merge: TextMerge,
    /// Whether the webhook is created and mended.
    pub manage_hook: bool,
    /// Whether an unknown label is created on the tracker.
    pub create_labels: bool,
    /// Direction of every field not named in `directions`.
    pub direction: Direction,
    /// Direction by field.
    pub directions: BTreeMap<Field, Direction>,
    /// Which issues are mirrored.
    pub filter: Filter,
    /// Whether the tracker may live on a private or loopback address.
    pub allow_private_network: bool,
    /// Whether plain http is allowed.
    pub allow_http: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll_us: None,
            full_us: None,
            conflict_window_us: 5 * SECOND_US,
            timestamp_policy: TimestampPolicy::Interval,
            delete_vs_update: DeletePolicy::DeleteWins,
            text_merge: TextMerge::Suggest,
            manage_hook: true,
            create_labels: true,
            direction: Direction::Both,
            directions: BTreeMap::new(),
            filter: Filter::default(),
            allow_private_network: false,
            allow_http: false,
        }
    }
}

impl Settings {
    /// The direction of one field.
    #[must_use]
    pub fn direction_of(&self, field: Field) -> Direction {
        self.directions.get(&field).copied().unwrap_or(self.direction)
    }
}

/// How "later" is decided between the mirror and the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestampPolicy {
    /// Provably later, by the interval in which the tracker's change happened.
    Interval,
    /// The tracker's `updated_at` taken at its word.
    Literal,
}

/// Who wins when one side deletes an issue that the other side edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletePolicy {
    /// The delete; the edit is kept in the tombstone.
    DeleteWins,
    /// The edit; the issue lives on.
    UpdateWins,
}

/// What happens to a body whose two edits do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextMerge {
    /// The merged text is offered with the conflict.
    Suggest,
    /// The merged text is applied.
    Auto,
}

/// Which way a field flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    Both,
    /// From the tracker to the mirror only.
    Pull,
}

/// Which observed issues are mirrored; empty parts let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// All of these labels.
    pub labels: Vec<String>,
    /// This milestone's title.
    pub milestone: String,
    /// `open`, `closed`, or `all` (also when empty).
    pub state: String,
    /// This author's login.
    pub author: String,
    /// Created on this day or later, `2026-12-25`.
    pub since: String,
}

impl Filter {
    /// True when everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
            && self.milestone.is_empty()
            && (self.state.is_empty() || self.state == "all")
            && self.author.is_empty()
            && self.since.is_empty()
    }
}

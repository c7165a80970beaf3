//! The three-way merge of one item: what the mirror and the base become, what to send, and what a person must decide.
//!
//! No value is ever lost: one that differs from the base and is not the result is in a log entry or in a conflict.
//! In every log entry `after` is what the mirror holds afterwards, so that replaying them over `L` gives the new `L`.
//! It handles edits of both sides in any order; it does not handle deletes and the recognition of our own writes,
//! which come before it.

use crate::push::Push;
use crate::step::Step;
use issuesync_model::log::Entry;
use issuesync_model::{
    Change, Conflict, Edit, Field, FieldDirection, FieldSet, Fields, Settings, TextMerge, TimestampPolicy,
};
use std::collections::BTreeMap;

/// Merges one item, field by field. A field that only one side has is left alone.
#[must_use]
pub fn merge(input: &Input<'_>, policy: &Policy) -> Output {
    let mut step = Step::new(input, policy);
    for field in Field::ALL {
        if let (Some(local), Some(remote)) = (input.local.get(field), input.remote.get(field)) {
            step.field(field, local, remote);
        }
    }
    step.finish()
}

/// What a person decided about merging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Edits closer than this are concurrent; `i64::MAX` makes all of them so.
    pub window_us: i64,
    /// How times are compared.
    pub timestamp: TimestampPolicy,
    /// Whether a clean text merge is applied.
    pub text_merge: TextMerge,
    /// The fields that are never sent.
    pub pull_only: FieldSet,
}

/// One item to merge. All values are canonical.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// `B`.
    pub base: &'a Fields,
    /// `L`.
    pub local: &'a Fields,
    /// `R`.
    pub remote: &'a Fields,
    /// When each field of `L` was edited.
    pub edits: &'a BTreeMap<Field, Edit>,
    /// When each field of `R` changed, store time.
    pub changes: &'a BTreeMap<Field, Change>,
    /// The tracker's `updated_at` in store time, for the literal policy.
    pub u_us: i64,
    /// Open conflicts; a clash or a loop freezes its field.
    pub conflicts: &'a [Conflict],
    /// Store time.
    pub now_us: i64,
}

/// What becomes of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// `L'`.
    pub local: Fields,
    /// `B'`.
    pub base: Fields,
    /// What to send.
    pub push: Push,
    /// Every conflict that is open now.
    pub conflicts: Vec<Conflict>,
    /// What happened.
    pub log: Vec<Entry>,
    /// The fields whose conflict was opened here: a person is told once.
    pub opened: Vec<Field>,
}

impl From<&Settings> for Policy {
    fn from(settings: &Settings) -> Self {
        let pulled: Vec<Field> =
            Field::ALL.into_iter().filter(|field| settings.direction_of(*field) == FieldDirection::Pull).collect();
        Self {
            window_us: settings.conflict_window_us,
            timestamp: settings.timestamp_policy,
            text_merge: settings.text_merge,
            pull_only: FieldSet::of(&pulled),
        }
    }
}

//! What a merge wants sent to the tracker.

use issuesync_model::{Field, Fields};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What differs from the tracker and is to be sent: whole values, and single elements of sets,
/// so that somebody else's label is never overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Push {
    /// Whole values.
    pub scalars: Fields,
    /// Elements to add, by set field; no empty sets.
    pub add: BTreeMap<Field, BTreeSet<String>>,
    /// Elements to remove, by set field; no empty sets.
    pub remove: BTreeMap<Field, BTreeSet<String>>,
}

impl Push {
    /// True when there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scalars.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }

    /// The fields that it touches.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<Field> {
        self.scalars.keys().chain(self.add.keys().copied()).chain(self.remove.keys().copied()).collect()
    }

    /// Leaves a field out.
    pub fn leave_out(&mut self, field: Field) {
        self.scalars.remove(field);
        self.add.remove(&field);
        self.remove.remove(&field);
    }
}

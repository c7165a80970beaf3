//! The merge of two edits of one set, element by element: it needs no clock and never conflicts.

use std::collections::BTreeSet;

/// What becomes of a set field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The set both sides shall have.
    pub(crate) result: BTreeSet<String>,
    /// What the tracker lacks.
    pub(crate) add: BTreeSet<String>,
    /// What the tracker has too much.
    pub(crate) remove: BTreeSet<String>,
}

/// The truth table over the membership bits: who differs from the base changed it, and two that differ agree.
pub(crate) fn merge_sets(base: &BTreeSet<String>, local: &BTreeSet<String>, remote: &BTreeSet<String>) -> Merged {
    let mut merged = Merged { result: BTreeSet::new(), add: BTreeSet::new(), remove: BTreeSet::new() };
    let everything: BTreeSet<&String> = base.iter().chain(local).chain(remote).collect();
    for element in everything {
        let (b, l, r) = (base.contains(element), local.contains(element), remote.contains(element));
        let member = if l == b { r } else { l };
        if member {
            merged.result.insert(element.clone());
        }
        if member && !r {
            merged.add.insert(element.clone());
        }
        if !member && r {
            merged.remove.insert(element.clone());
        }
    }
    merged
}

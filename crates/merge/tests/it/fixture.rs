//! Short ways to say values and to merge them.

use issuesync_merge::{Input, Output, Policy, merge};
use issuesync_model::log::Entry;
use issuesync_model::{
    CanonRules, Change, Conflict, ConflictKind, Edit, Field, FieldSet, Fields, Grade, LogKind, Reason, Settings, State,
    TitleUnit, Value,
};
use std::collections::BTreeMap;

/// One second.
pub(crate) const S: i64 = 1_000_000;
/// Some day in 2026.
pub(crate) const T: i64 = 1_795_000_000 * S;

pub(crate) const NOT_PLANNED: Value = Value::State(State::Closed(Reason::NotPlanned));
pub(crate) const COMPLETED: Value = Value::State(State::Closed(Reason::Completed));
pub(crate) const DUPLICATE: Value = Value::State(State::Closed(Reason::Duplicate));
pub(crate) const OPEN: Value = Value::State(State::Open);

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn set(elements: &[&str]) -> Value {
    Value::Set(elements.iter().map(|element| (*element).to_owned()).collect())
}

pub(crate) fn one(field: Field, value: Value) -> Fields {
    Fields::new().with(field, value)
}

pub(crate) fn rules() -> CanonRules {
    CanonRules { title_max: 20, title_unit: TitleUnit::Chars, label_fold: true, fields: FieldSet::all(), reasons: true }
}

pub(crate) fn policy() -> Policy {
    Policy::from(&Settings::default())
}

/// One field to merge; the mirror's edit is at `T`, the tracker's change within `[T, T + 1 s]`.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) base: Fields,
    pub(crate) local: Fields,
    pub(crate) remote: Fields,
    pub(crate) edits: BTreeMap<Field, Edit>,
    pub(crate) changes: BTreeMap<Field, Change>,
    pub(crate) u_us: i64,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) policy: Policy,
}

impl Case {
    pub(crate) fn new(field: Field, base: Value, local: Value, remote: Value) -> Self {
        Self::of(one(field, base), one(field, local), one(field, remote))
    }

    pub(crate) fn of(base: Fields, local: Fields, remote: Fields) -> Self {
        let every = |change| Field::ALL.map(|field| (field, change)).into_iter().collect();
        let edit = Edit { at_us: T, set_in: 1, returned: false };
        Self {
            base,
            local,
            remote,
            edits: Field::ALL.map(|field| (field, edit)).into_iter().collect(),
            changes: every(Change { lo_us: T, hi_us: T + S, grade: Grade::E2 }),
            u_us: T,
            conflicts: Vec::new(),
            policy: policy(),
        }
    }

    pub(crate) fn titles(base: &str, local: &str, remote: &str) -> Self {
        Self::new(Field::Title, text(base), text(local), text(remote))
    }

    /// With the mirror's edit at this time.
    pub(crate) fn at(mut self, at_us: i64) -> Self {
        self.edits.values_mut().for_each(|edit| edit.at_us = at_us);
        self
    }

    pub(crate) fn frozen_by(mut self, kind: ConflictKind) -> Self {
        let field = self.local.keys().next().expect("a case has a field");
        self.conflicts.push(Conflict {
            field,
            kind,
            base: self.base.value(field),
            local: self.local.value(field),
            remote: self.remote.value(field),
            lost: None,
            suggestion: None,
            at_us: T,
            change: None,
            opened_us: T,
        });
        self
    }

    pub(crate) fn pull_only(mut self) -> Self {
        self.policy.pull_only = FieldSet::all();
        self
    }

    pub(crate) fn merge(&self) -> Output {
        let input = Input {
            base: &self.base,
            local: &self.local,
            remote: &self.remote,
            edits: &self.edits,
            changes: &self.changes,
            u_us: self.u_us,
            conflicts: &self.conflicts,
            now_us: T + 60 * S,
        };
        merge(&input, &self.policy)
    }

    /// The case after its output was committed.
    pub(crate) fn after(&self, output: &Output) -> Self {
        Self {
            base: output.base.clone(),
            local: output.local.clone(),
            conflicts: output.conflicts.clone(),
            ..self.clone()
        }
    }
}

/// The kinds of the entries, in order.
pub(crate) fn kinds(output: &Output) -> Vec<LogKind> {
    output.log.iter().map(|entry| entry.kind).collect()
}

/// What an entry says of a field: before and after.
pub(crate) fn told(entry: &Entry, field: Field) -> (Value, Value) {
    (entry.before.value(field), entry.after.value(field))
}

//! The rules of the merge, one field at a time; the first that holds decides.

use crate::merge::{Input, Output, Policy};
use crate::order::{Order, edited_us, order};
use crate::push::Push;
use crate::sets::merge_sets;
use crate::text::merge_text;
use issuesync_model::log::{Direction, Entry};
use issuesync_model::{Conflict, ConflictKind, Field, Fields, LogKind, TextMerge, Value};
use std::collections::BTreeSet;

/// A merge under way.
pub(crate) struct Step<'a> {
    input: &'a Input<'a>,
    policy: &'a Policy,
    pulled: Entry,
    output: Output,
}

/// The three values of one field.
#[derive(Clone, Copy)]
struct Sides<'a> {
    field: Field,
    base: &'a Value,
    local: &'a Value,
    remote: &'a Value,
}

impl<'a> Step<'a> {
    /// Nothing is decided yet.
    pub(crate) fn new(input: &'a Input<'a>, policy: &'a Policy) -> Self {
        let output = Output {
            local: input.local.clone(),
            base: input.base.clone(),
            push: Push::default(),
            conflicts: input.conflicts.to_vec(),
            log: Vec::new(),
            opened: Vec::new(),
        };
        Self { input, policy, pulled: Entry::new(Direction::Inbound, LogKind::Pull), output }
    }

    /// Decides one field that both sides have. A base that lacks it counts as empty.
    pub(crate) fn field(&mut self, field: Field, local: &Value, remote: &Value) {
        let sides = Sides { field, base: &self.input.base.value(field), local, remote };
        if local == remote {
            self.agree(sides);
        } else if self.policy.pull_only.has(field) {
            self.follow(sides);
        } else if self.is_frozen(field) {
            self.refresh(sides);
        } else if let (Some(_), Some(local), Some(remote)) = (sides.base.as_set(), local.as_set(), remote.as_set()) {
            self.set(sides, local, remote);
        } else if remote == sides.base {
            self.push(field, local);
        } else if local == sides.base && !self.returned(field) {
            self.pull(sides, remote.clone());
        } else if let Some(winner) = two_valued(sides) {
            self.two_valued(sides, winner);
        } else {
            self.scalar(sides);
        }
    }

    /// The decisions, in the order of the log: pulls, then what people may want to look at.
    pub(crate) fn finish(mut self) -> Output {
        if !self.pulled.after.is_empty() {
            self.output.log.insert(0, self.pulled);
        }
        self.output
    }

    /// Both sides are equal: an echo, or the same edit twice. A clash is settled by that.
    fn agree(&mut self, sides: Sides<'_>) {
        self.close(sides, &[ConflictKind::Clash]);
        self.output.base.set(sides.field, sides.remote.clone());
    }

    /// A field that is never sent: the tracker's value stands, and with nothing to send nothing is to be decided.
    fn follow(&mut self, sides: Sides<'_>) {
        self.close(sides, &[ConflictKind::Clash, ConflictKind::Loop]);
        if sides.local == sides.base {
            self.pull(sides, sides.remote.clone());
        } else {
            self.supersede(sides, sides.local, sides.remote);
            self.take(sides, sides.remote.clone());
        }
    }

    /// A field that waits for a person: both sides stay as they are, and the record shows them.
    fn refresh(&mut self, sides: Sides<'_>) {
        let (at_us, change) = (edited_us(self.input, sides.field), self.input.changes.get(&sides.field).copied());
        let suggestion = |kind| if kind == ConflictKind::Clash { suggest(sides) } else { None };
        let mut moved = false;
        for conflict in self.output.conflicts.iter_mut().filter(|conflict| freezes(conflict, sides.field)) {
            if conflict.local != *sides.local || conflict.remote != *sides.remote || conflict.base != *sides.base {
                moved = true;
                conflict.base = sides.base.clone();
                conflict.local = sides.local.clone();
                conflict.remote = sides.remote.clone();
                conflict.suggestion = suggestion(conflict.kind);
            }
            conflict.at_us = at_us;
            conflict.change = change;
        }
        if moved {
            self.log(LogKind::ConflictRefresh, sides, sides.remote, sides.local);
        }
    }

    fn set(&mut self, sides: Sides<'_>, local: &BTreeSet<String>, remote: &BTreeSet<String>) {
        let merged = merge_sets(&self.input.base.elements(sides.field), local, remote);
        if !merged.add.is_empty() {
            self.output.push.add.insert(sides.field, merged.add);
        }
        if !merged.remove.is_empty() {
            self.output.push.remove.insert(sides.field, merged.remove);
        }
        self.pull(sides, Value::Set(merged.result));
    }

    /// Open against closed, locked against not, are decided without clocks; a reason that is dropped with it stays in the log.
    fn two_valued(&mut self, sides: Sides<'_>, winner: &Value) {
        if sides.local == winner {
            self.supersede(sides, sides.remote, sides.local);
            self.keep(sides);
        } else {
            self.supersede(sides, sides.local, sides.remote);
            self.take(sides, sides.remote.clone());
        }
    }

    /// Both sides changed one value: the provably later wins, and a person decides about the rest.
    fn scalar(&mut self, sides: Sides<'_>) {
        match order(self.input, self.policy, sides.field) {
            Order::LocalLater => {
                self.supersede(sides, sides.remote, sides.local);
                self.keep(sides);
            }
            Order::RemoteLater => {
                self.supersede(sides, sides.local, sides.remote);
                self.take(sides, sides.remote.clone());
            }
            Order::Concurrent => match suggest(sides) {
                Some(merged) if self.policy.text_merge == TextMerge::Auto => self.blend(sides, merged),
                suggestion => self.clash(sides, suggestion),
            },
        }
    }

    /// Takes the merged text in the place of both; the log keeps them.
    fn blend(&mut self, sides: Sides<'_>, merged: Value) {
        self.supersede(sides, sides.local, &merged);
        self.supersede(sides, sides.remote, &merged);
        self.log(LogKind::ConflictResolve, sides, sides.local, &merged);
        if merged != *sides.remote {
            self.push(sides.field, &merged);
        }
        self.take(sides, merged);
    }

    fn clash(&mut self, sides: Sides<'_>, suggestion: Option<Value>) {
        self.output.conflicts.push(Conflict {
            field: sides.field,
            kind: ConflictKind::Clash,
            base: sides.base.clone(),
            local: sides.local.clone(),
            remote: sides.remote.clone(),
            lost: None,
            suggestion,
            at_us: edited_us(self.input, sides.field),
            change: self.input.changes.get(&sides.field).copied(),
            opened_us: self.input.now_us,
        });
        self.log(LogKind::ConflictOpen, sides, sides.remote, sides.local);
        self.output.opened.push(sides.field);
    }

    /// The mirror's value stands and is sent; the base moves, so that this is decided once.
    fn keep(&mut self, sides: Sides<'_>) {
        self.push(sides.field, sides.local);
        self.output.base.set(sides.field, sides.remote.clone());
    }

    /// The mirror gets a value, and the base moves to the tracker's.
    fn take(&mut self, sides: Sides<'_>, value: Value) {
        self.output.local.set(sides.field, value);
        self.output.base.set(sides.field, sides.remote.clone());
    }

    /// The same, told as a pull when it changes the mirror.
    fn pull(&mut self, sides: Sides<'_>, value: Value) {
        if value != *sides.local {
            self.pulled.before.set(sides.field, sides.local.clone());
            self.pulled.after.set(sides.field, value.clone());
        }
        self.take(sides, value);
    }

    fn push(&mut self, field: Field, value: &Value) {
        self.output.push.scalars.set(field, value.clone());
    }

    fn close(&mut self, sides: Sides<'_>, kinds: &[ConflictKind]) {
        let closes = |conflict: &Conflict| conflict.field == sides.field && kinds.contains(&conflict.kind);
        if self.output.conflicts.iter().any(closes) {
            self.output.conflicts.retain(|conflict| !closes(conflict));
            self.log(LogKind::ConflictClose, sides, sides.base, sides.remote);
        }
    }

    fn supersede(&mut self, sides: Sides<'_>, loser: &Value, winner: &Value) {
        self.log(LogKind::Superseded, sides, loser, winner);
    }

    fn log(&mut self, kind: LogKind, sides: Sides<'_>, before: &Value, after: &Value) {
        self.output.log.push(Entry {
            before: Fields::new().with(sides.field, before.clone()),
            after: Fields::new().with(sides.field, after.clone()),
            grade: self.input.changes.get(&sides.field).map(|change| change.grade),
            ..Entry::new(Direction::Inbound, kind)
        });
    }

    /// Whether the mirror's value is the shared one because somebody went back to it: a choice of its own time like any other.
    fn returned(&self, field: Field) -> bool {
        self.input.edits.get(&field).is_some_and(|edit| edit.returned)
    }

    fn is_frozen(&self, field: Field) -> bool {
        self.input.conflicts.iter().any(|conflict| freezes(conflict, field))
    }
}

fn freezes(conflict: &Conflict, field: Field) -> bool {
    conflict.field == field && conflict.kind != ConflictKind::LostUpdate
}

/// The value that wins without clocks where it is one of two and only one side's bit differs from the base.
fn two_valued(sides: Sides<'_>) -> Option<&Value> {
    let bit = |value: &Value| match value {
        Value::State(state) => Some(state.is_open()),
        Value::Flag(flag) => Some(*flag),
        _ => None,
    };
    let (base, local, remote) = (bit(sides.base)?, bit(sides.local)?, bit(sides.remote)?);
    match (local == base, remote == base) {
        (false, true) => Some(sides.local),
        (true, false) => Some(sides.remote),
        _ => None,
    }
}

/// A text that holds both edits, when they do not overlap. Going back to the base leaves nothing to hold.
fn suggest(sides: Sides<'_>) -> Option<Value> {
    match (sides.field, sides.base, sides.local, sides.remote) {
        (Field::Body, Value::Text(base), Value::Text(local), Value::Text(remote)) if local != base => {
            merge_text(base, local, remote).map(Value::Text)
        }
        _ => None,
    }
}

//! What a claimer does, and what an observation does to the row.

use super::state::{Attempt, Claimer, Row, State};
use issuesync_merge::{Input, Policy, merge};
use issuesync_model::{Change, Edit, Field, Fields, Grade, Settings, Value};
use std::collections::BTreeMap;

/// Values of the field: what both sides had, and what a person makes of it. A later edit is a larger number.
pub(super) const VALUES: usize = 3;

/// The protections, each of which can be taken away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// An outcome is committed only under the row's own fence.
    pub(super) fence: bool,
    /// Fences go on growing when a row is completed.
    pub(super) growth: bool,
    /// A row is completed only when the merge of that very commit leaves nothing to send.
    pub(super) merge: bool,
    /// Values that were sent are remembered while their outcome is unknown.
    pub(super) memory: bool,
}

pub(super) const ALL: Kept = Kept { fence: true, growth: true, merge: true, memory: true };

/// The model: its protections, and what the real merge makes of every triple (local, base, remote).
pub(super) struct Lease {
    pub(super) kept: Kept,
    pub(super) merged: BTreeMap<[u8; 3], Merged>,
}

#[derive(Clone, Copy)]
pub(super) struct Merged {
    pub(super) local: u8,
    pub(super) base: u8,
    pub(super) left: bool,
}

impl Lease {
    pub(super) fn new(kept: Kept) -> Self {
        let values = 0..u8::try_from(VALUES).expect("a small number");
        let triples = values.clone().flat_map(|l| values.clone().map(move |b| (l, b)));
        let triples = triples.flat_map(|(l, b)| (0..3).map(move |r| [l, b, r]));
        Self { kept, merged: triples.map(|triple| (triple, ask(triple))).collect() }
    }

    /// `engine::ground::merge_held` and `engine::outbox::settle`; answers whether something is left to send.
    fn merge(&self, row: &mut Row, is_held: bool) -> bool {
        let remote = if is_held { row.base } else { row.remote.0 };
        let merged = self.merged[&[row.local, row.base, remote]];
        (row.local, row.base) = (merged.local, merged.base);
        let writing = row.leased && row.attempts.iter().any(|known| known.in_flight && known.fence == row.fence);
        if !writing {
            if merged.left {
                row.pending = true;
            } else if !is_held && row.pending {
                self.complete(row);
            }
        }
        merged.left
    }

    fn complete(&self, row: &mut Row) {
        row.pending = false;
        if !self.kept.growth {
            row.fence = 0;
        }
    }

    /// `engine::observe` of a look, with `engine::own::seen`; answers false when it was older than what is known.
    pub(super) fn observe(&self, row: &mut Row, seen: (u8, u8)) -> bool {
        if seen.1 < row.remote.1 {
            return false;
        }
        row.remote = seen;
        let mut is_held = false;
        let (leased, fence) = (row.leased, row.fence);
        for attempt in row.attempts.iter_mut().rev() {
            attempt.in_flight &= leased && attempt.fence == fence;
            if attempt.settled {
                continue;
            }
            if seen.0 == attempt.sent {
                row.base = seen.0;
                attempt.settled = true;
            } else if attempt.in_flight {
                is_held = true;
            }
        }
        forget(row);
        self.merge(row, is_held);
        true
    }

    /// `engine::own::answered`, and the merge after it.
    fn answered(&self, row: &mut Row, fence: u8, seen: (u8, u8)) {
        if seen.1 < row.remote.1 {
            return;
        }
        row.remote = seen;
        if let Some(attempt) = row.attempts.iter_mut().find(|known| known.fence == fence && !known.settled) {
            attempt.settled = true;
            row.base = seen.0;
        }
        self.merge(row, false);
    }

    fn conclude(&self, row: &mut Row, fence: u8, is_known: bool) {
        for attempt in row.attempts.iter_mut().filter(|known| known.fence == fence) {
            attempt.in_flight = false;
            attempt.settled |= is_known || !self.kept.memory;
        }
        forget(row);
    }

    /// The next step of a claimer.
    pub(super) fn step(&self, state: &mut State, who: usize) {
        let row = &mut state.row;
        state.claimers[who] = match state.claimers[who] {
            Claimer::Idle => {
                // `Outboxes::claim`.
                (row.leased, row.fence, state.outcomes) = (true, row.fence + 1, 0);
                Claimer::Claimed(row.fence)
            }
            Claimer::Claimed(fence) => Claimer::Read(fence, state.tracker),
            Claimer::Read(fence, seen) => {
                if !self.kept.memory {
                    row.attempts.retain(|known| known.in_flight && known.fence == row.fence && row.leased);
                }
                if self.observe(row, seen) { Claimer::Ready(fence) } else { release(row, fence) }
            }
            Claimer::Ready(fence) if row.fence != fence => Claimer::Idle,
            Claimer::Ready(fence) => {
                let left = self.merged[&[row.local, row.base, row.remote.0]].left;
                if left && row.pending {
                    row.attempts.push(Attempt { fence, sent: row.local, in_flight: true, settled: false });
                    Claimer::Intended(fence, row.local)
                } else {
                    Claimer::Settling(fence)
                }
            }
            // The lease is checked before each request.
            Claimer::Intended(fence, sent) if row.leased && row.fence == fence => {
                state.requests.push((fence, sent));
                Claimer::Waiting(fence)
            }
            Claimer::Intended(fence, _) | Claimer::Unanswered(fence) => {
                self.conclude(row, fence, false);
                release(row, fence)
            }
            Claimer::Answered(fence, seen) => {
                self.answered(row, fence, seen);
                Claimer::Told(fence)
            }
            Claimer::Told(fence) => {
                self.conclude(row, fence, true);
                Claimer::Settling(fence)
            }
            Claimer::Settling(fence) => {
                self.settle(state, fence);
                Claimer::Idle
            }
            Claimer::Waiting(fence) => Claimer::Waiting(fence),
        };
    }

    /// `engine::push::settle_push`.
    fn settle(&self, state: &mut State, fence: u8) {
        let row = &mut state.row;
        if self.kept.fence && row.fence != fence {
            state.outcome_dropped = true;
            return;
        }
        state.outcomes += 1;
        row.leased = false;
        if self.kept.merge {
            self.merge(row, false);
        } else {
            self.complete(row);
        }
    }
}

/// What the real merge does with one field of these values. The person's edits are later than anything on the tracker.
fn ask([local, base, remote]: [u8; 3]) -> Merged {
    let fields = |value: u8| Fields::new().with(Field::Body, Value::Text(value.to_string()));
    let (l, b, r) = (fields(local), fields(base), fields(remote));
    let edits = BTreeMap::from([(Field::Body, Edit { at_us: 1_000_000_000, set_in: 1, returned: false })]);
    let changes = BTreeMap::from([(Field::Body, Change { lo_us: 0, hi_us: 1, grade: Grade::E3 })]);
    let now_us = 2_000_000_000;
    let input =
        Input { base: &b, local: &l, remote: &r, edits: &edits, changes: &changes, u_us: 1, conflicts: &[], now_us };
    let merged = merge(&input, &Policy::from(&Settings::default()));
    let number = |fields: &Fields| fields.text(Field::Body).parse().expect("the values are numbers");
    Merged { local: number(&merged.local), base: number(&merged.base), left: !merged.push.is_empty() }
}

/// `engine::own::forget_settled`.
fn forget(row: &mut Row) {
    row.attempts.retain(|known| known.in_flight || !known.settled);
}

/// `Outboxes::release`: the lease is given back while the fence is still the claimer's.
fn release(row: &mut Row, fence: u8) -> Claimer {
    row.leased &= row.fence != fence;
    Claimer::Idle
}

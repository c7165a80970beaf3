//! What the creator does, and what an observation does to the row.

use super::state::{Attempt, Creator, Search, State, highest, listed};

/// Free numbers in a row that are believed to be the end: what `engine::create` has.
pub(super) const MISSES: u8 = 3;
/// Numbers that one search looks at. The engine has 500; two let the model go beyond them.
pub(super) const PROBES: u8 = 2;

/// The protections, each of which can be taken away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Nothing is posted again before `create_settle` passed.
    pub(super) settle: bool,
    /// A search counts only when it began after that.
    pub(super) late_search: bool,
    /// Every number that the issue could have is asked for.
    pub(super) probe: bool,
    /// What a search that ends before the numbers do must have seen in the list.
    pub(super) witness: Age,
    /// A found marker links the row.
    pub(super) adoption: bool,
    /// A marker counts on what our own account wrote.
    pub(super) author: bool,
}

pub(super) const ALL: Kept =
    Kept { settle: true, late_search: true, probe: true, witness: Age::Settled, adoption: true, author: true };

/// When something was created: before the intent of the open attempt, after it, or when nothing of it could land any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Age {
    Before,
    Sent,
    Settled,
}

/// Whether one search can come to its end within [`PROBES`] numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probes {
    Few,
    Enough,
}

pub(super) struct Create {
    pub(super) kept: Kept,
    pub(super) probes: Probes,
}

impl Create {
    /// `engine::observe::claimed_by_marker` and `engine::absorb::adopt`.
    pub(super) fn observe(&self, state: &mut State, number: u8) {
        let seen = state.tracker[usize::from(number) - 1];
        state.max_number_seen = state.max_number_seen.max(number);
        let is_younger = state.attempt.is_none_or(|attempt| number > attempt.max_number_seen);
        let counts = seen.body.shows_marker() && (seen.ours || !self.kept.author) && is_younger;
        if counts && self.kept.adoption && state.linked.is_none() {
            (state.linked, state.attempt) = (Some(number), None);
        }
    }

    pub(super) fn observe_list(&self, state: &mut State) {
        for number in listed(state) {
            self.observe(state, number);
        }
    }

    /// The next step of the creator.
    pub(super) fn step(&self, state: &mut State) {
        state.creator = match state.creator {
            Creator::Idle if state.attempt.is_some() => Creator::Listing,
            Creator::Idle => intend(state),
            Creator::Listing => self.list(state),
            Creator::Probing(search) => self.probe(state, search),
            Creator::Intended => {
                state.posting = true;
                Creator::Waiting
            }
            // The row waits for the next retry.
            Creator::Waiting => Creator::Idle,
            Creator::Answered(number) => {
                // The answer names its row, marker or not.
                if state.linked.is_none() {
                    (state.linked, state.attempt) = (Some(number), None);
                }
                state.max_number_seen = state.max_number_seen.max(number);
                Creator::Idle
            }
        };
    }

    /// `engine::create::search_issues`: only what shows the marker is let in.
    fn list(&self, state: &mut State) -> Creator {
        let Some(attempt) = state.attempt else { return Creator::Idle };
        let shown = listed(state);
        let newer_than = match self.kept.witness {
            Age::Before => None,
            Age::Sent => Some(attempt.sent_at),
            Age::Settled => Some(attempt.settled_at.unwrap_or(u8::MAX)),
        };
        let search = Search {
            next: attempt.max_number_seen + 1,
            left: PROBES,
            misses: 0,
            highest: shown.last().copied().unwrap_or(0).max(state.max_number_seen),
            witness: newer_than.is_none_or(|newest| shown.last().is_some_and(|number| *number > newest)),
            is_late: attempt.settled_at.is_some(),
        };
        for number in shown {
            self.observe_ours(state, number);
        }
        if state.linked.is_some() {
            Creator::Idle
        } else if self.kept.probe {
            Creator::Probing(search)
        } else {
            self.found_nothing(state, search.is_late)
        }
    }

    /// `engine::create::probe_numbers`.
    fn probe(&self, state: &mut State, mut search: Search) -> Creator {
        let there = state.tracker.get(usize::from(search.next) - 1).is_some_and(|seen| !seen.deleted);
        if there {
            self.observe_ours(state, search.next);
        }
        search.misses = if there { 0 } else { search.misses + 1 };
        if state.linked.is_some() {
            Creator::Idle
        } else if search.next > search.highest && search.misses >= MISSES {
            self.found_nothing(state, search.is_late)
        } else if search.left > 1 || self.probes == Probes::Enough {
            search.next += 1;
            search.left = search.left.saturating_sub(1);
            Creator::Probing(search)
        } else if search.witness {
            self.found_nothing(state, search.is_late)
        } else {
            Creator::Idle
        }
    }

    /// `engine::create::adopt_from`.
    fn observe_ours(&self, state: &mut State, number: u8) {
        if state.tracker[usize::from(number) - 1].body.shows_marker() {
            self.observe(state, number);
        }
    }

    /// `engine::create::push_create` after a search that found nothing: posted again when that is believed.
    fn found_nothing(&self, state: &mut State, is_late: bool) -> Creator {
        let Some(attempt) = state.attempt else { return Creator::Idle };
        let waited = attempt.settled_at.is_some() || !self.kept.settle;
        if waited && (is_late || !self.kept.late_search) { intend(state) } else { Creator::Idle }
    }
}

/// `engine::create::intend_create`.
fn intend(state: &mut State) -> Creator {
    state.attempt = Some(Attempt { max_number_seen: state.max_number_seen, sent_at: highest(state), settled_at: None });
    Creator::Intended
}

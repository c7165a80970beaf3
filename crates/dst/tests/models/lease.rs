//! One outbox row, two claimers: leases end while requests are in flight, claimers die, answers and requests are lost, a person edits on.
//!
//! It follows `engine::push` (claim, read, intend, settle), `engine::send` (write, conclude, retry), `engine::own::seen` and `engine::outbox::settle`;
//! what becomes of the values is asked of the real merge. A load and its commit are one step here, because `rev` makes them so.
//! Times are left out: a lease may end at any moment, a request may land at any moment after it was sent.
//!
//! Taken for granted: a request lands, if at all, before its row is claimed for the second time after it, which is four minutes later by
//! default. One that is later still could undo an edit: once its value was seen it is forgotten, because to remember it longer
//! would take a person's return to that value for our own write.

mod model;
mod protocol;
mod state;

use crate::reach::explore;
use protocol::{ALL, Kept, Lease};
use state::{Action, is_settled};
use stateright::{Checker, HasDiscoveries, Model};

fn is_orderly(action: &Action) -> bool {
    matches!(action, Action::Step(_) | Action::LeaseEnds | Action::Lands(_) | Action::TimesOut(_) | Action::Poll)
}

fn check(kept: Kept, finish: HasDiscoveries) -> impl Checker<Lease> {
    Lease::new(kept).checker().finish_when(finish).spawn_bfs().join()
}

/// The checker finds a way to break the promise.
fn breaks(kept: Kept, promise: &'static str) {
    check(kept, HasDiscoveries::AnyOf([promise].into())).assert_any_discovery(promise);
}

#[test]
fn a_row_is_pushed_in_order_whatever_happens_to_its_claimers() {
    check(ALL, HasDiscoveries::AnyFailures).assert_properties();
}

#[test]
fn every_row_is_settled_in_the_end() {
    let graph = explore(&Lease::new(ALL), is_orderly, is_settled);
    assert_eq!(graph.stuck, None);
    assert!(graph.states > 100_000, "{} states are too few for the faults that are allowed", graph.states);
}

#[test]
fn without_the_fence_two_outcomes_are_committed() {
    breaks(Kept { fence: false, ..ALL }, "one outcome per fence");
}

#[test]
fn a_fence_that_starts_again_is_no_fence() {
    breaks(Kept { growth: false, ..ALL }, "fences only grow");
    breaks(Kept { growth: false, ..ALL }, "one outcome per fence");
}

#[test]
fn without_the_merge_an_edit_is_left_behind() {
    breaks(Kept { merge: false, ..ALL }, "nothing is left of a completed row");
}

#[test]
fn without_the_memory_a_late_write_undoes_an_edit() {
    breaks(Kept { memory: false, ..ALL }, "an edit is never undone");
}

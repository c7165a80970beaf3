//! One local issue on its way to the tracker (sync.md 1.6): the POST may be lost, its answer may be lost, the creator may die at every
//! step, the list may be old, strangers create, copy and delete. Never are there two of it, and in the end it is linked.
//!
//! It follows `engine::create` (intend, post, search, probe, disprove) and `engine::observe` (whose marker counts); which body shows the marker is
//! asked of `model::marker`. Taken for granted: a POST lands, if at all, before `create_settle` has passed; one claimer is at work, and one that lost
//! its lease sends nothing (`lease.rs`); fewer numbers in a row are deleted than the probe believes to be the end.

mod model;
mod protocol;
mod state;

use crate::reach::explore;
use protocol::{ALL, Age, Create, Kept, Probes};
use state::Action;
use stateright::{Checker, HasDiscoveries, Model};

/// Nobody may rely on deliveries, on passes, or on the list: the search alone must find the issue.
fn is_orderly(action: &Action) -> bool {
    matches!(action, Action::Step | Action::Lands | Action::Settles)
}

fn check(kept: Kept, probes: Probes, finish: HasDiscoveries) -> impl Checker<Create> {
    Create { kept, probes }.checker().finish_when(finish).spawn_bfs().join()
}

/// The checker finds a way to break the promise.
fn breaks(kept: Kept, probes: Probes, promise: &'static str) {
    check(kept, probes, HasDiscoveries::AnyOf([promise].into())).assert_any_discovery(promise);
}

#[test]
fn there_is_one_of_it_and_it_is_ours() {
    check(ALL, Probes::Enough, HasDiscoveries::AnyFailures).assert_properties();
}

#[test]
fn a_search_that_ends_early_makes_no_second_one() {
    let checker = check(ALL, Probes::Few, HasDiscoveries::AnyFailures);
    checker.assert_no_discovery("never two of one");
    checker.assert_any_discovery("posted again after a loss");
}

#[test]
fn every_issue_is_linked_in_the_end() {
    let graph = explore(&Create { kept: ALL, probes: Probes::Enough }, is_orderly, |state| state.linked.is_some());
    assert_eq!(graph.stuck, None);
    assert!(graph.states > 100_000, "{} states are too few for the faults that are allowed", graph.states);
}

#[test]
fn without_the_wait_a_late_landing_makes_two() {
    breaks(Kept { settle: false, late_search: false, ..ALL }, Probes::Enough, "never two of one");
}

#[test]
fn a_search_that_began_within_the_wait_makes_two() {
    breaks(Kept { late_search: false, ..ALL }, Probes::Enough, "never two of one");
}

#[test]
fn without_the_number_probe_an_old_list_makes_two() {
    breaks(Kept { probe: false, ..ALL }, Probes::Enough, "never two of one");
}

#[test]
fn without_a_witness_an_old_list_makes_two() {
    breaks(Kept { witness: Age::Before, ..ALL }, Probes::Few, "never two of one");
}

#[test]
fn a_witness_from_before_the_last_landing_makes_two() {
    breaks(Kept { witness: Age::Sent, ..ALL }, Probes::Few, "never two of one");
}

#[test]
fn without_adoption_every_lost_answer_makes_two() {
    breaks(Kept { adoption: false, ..ALL }, Probes::Enough, "never two of one");
}

#[test]
fn without_a_look_at_the_author_a_copied_marker_is_taken() {
    breaks(Kept { author: false, ..ALL }, Probes::Enough, "the row is tied to what we made");
}

//! Proves that a wrong arrow is found and a right one is not.

use super::check;
use crate::tidy::floors::FLOORS;
use crate::workspace::Arrow;
use std::collections::BTreeSet;

fn arrow(from: &str, to: &str, dev: bool) -> Arrow {
    Arrow { from: from.to_owned(), to: to.to_owned(), dev }
}

fn messages(arrows: &[Arrow]) -> Vec<String> {
    let crates: BTreeSet<String> = FLOORS.iter().map(|floor| floor.name.to_owned()).collect();
    check(&crates, arrows, FLOORS).iter().map(ToString::to_string).collect()
}

#[test]
fn downward_arrows_pass() {
    let arrows = [
        arrow("issuesync-merge", "issuesync-model", false),
        arrow("issuesync-engine", "issuesync-store", false),
        arrow("issuesync", "issuesync-store-sql", false),
        arrow("issuesync-merge", "serde", false),
    ];
    assert_eq!(messages(&arrows), Vec::<String>::new());
}

#[test]
fn an_upward_arrow_fails_and_names_what_is_allowed() {
    let found = messages(&[arrow("issuesync-merge", "issuesync-store", false)]);
    assert_eq!(
        found,
        ["error: issuesync-merge: may not use issuesync-store: arrows point down only; use only issuesync-model"]
    );
}

#[test]
fn the_simulator_and_the_judge_use_none_of_ours_not_even_in_tests() {
    for from in ["issuesync-forge-sim", "issuesync-judge"] {
        for dev in [false, true] {
            assert_eq!(messages(&[arrow(from, "issuesync-model", dev)]).len(), 1, "{from} dev={dev}");
        }
    }
}

#[test]
fn tests_may_use_more_than_the_code() {
    assert_eq!(messages(&[arrow("issuesync-engine", "issuesync-forges", true)]).len(), 0);
    assert_eq!(messages(&[arrow("issuesync-engine", "issuesync-forges", false)]).len(), 1);
}

#[test]
fn forbidden_crates_of_others_fail() {
    for (from, to) in [
        ("issuesync-model", "tokio"),
        ("issuesync-merge", "rusqlite"),
        ("issuesync-engine", "reqwest"),
        ("issuesync-engine", "axum"),
        ("issuesync-engine", "rusqlite"),
        ("issuesync-forges", "tokio"),
        ("issuesync-forges", "reqwest"),
        ("issuesync-store", "rusqlite"),
        ("issuesync-server", "rusqlite"),
        ("issuesync-dst", "tokio"),
    ] {
        assert_eq!(messages(&[arrow(from, to, false)]).len(), 1, "{from} -> {to}");
    }
}

#[test]
fn a_crate_without_a_row_fails() {
    let crates = BTreeSet::from(["issuesync-surprise".to_owned()]);
    assert_eq!(check(&crates, &[], FLOORS).len(), 1);
}

#[test]
fn the_table_itself_points_down() {
    for (index, floor) in FLOORS.iter().enumerate() {
        for used in floor.may {
            let below = FLOORS.iter().position(|other| other.name == *used);
            let is_simulation = ["issuesync-forge-sim", "issuesync-judge"].contains(used);
            assert!(is_simulation || below < Some(index), "{} -> {used}", floor.name);
        }
    }
}

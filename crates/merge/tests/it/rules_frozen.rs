//! Fields that wait for a person.

use crate::fixture::{Case, S, T, kinds, one, set, text, told};
use issuesync_model::{ConflictKind, Edit, Field, LogKind};

#[test]
fn a_frozen_field_keeps_both_sides_and_others_go_on() {
    for kind in [ConflictKind::Clash, ConflictKind::Loop] {
        let mut case = Case::titles("old", "mine", "theirs").at(T + 900 * S).frozen_by(kind);
        case.base.set(Field::Labels, set(&[]));
        case.local.set(Field::Labels, set(&["l"]));
        case.remote.set(Field::Labels, set(&["r"]));
        let output = case.merge();
        assert_eq!(output.local.text(Field::Title), "mine");
        assert_eq!(output.base.text(Field::Title), "old");
        assert!(output.push.scalars.is_empty() && output.opened.is_empty());
        assert_eq!(output.conflicts.len(), 1);
        assert_eq!(output.local.get(Field::Labels), Some(&set(&["l", "r"])));
        assert_eq!(kinds(&output), [LogKind::Pull], "no side moved, so nothing is said of the title");
    }
}

#[test]
fn a_frozen_set_is_neither_pushed_nor_pulled() {
    let case = Case::new(Field::Labels, set(&[]), set(&["l"]), set(&["r"])).frozen_by(ConflictKind::Loop);
    let output = case.merge();
    assert!(output.push.is_empty() && output.log.is_empty());
    assert_eq!((output.local, output.base), (case.local, case.base));
}

#[test]
fn a_side_that_moves_refreshes_the_record_once() {
    let mut case = Case::titles("old", "mine", "theirs").frozen_by(ConflictKind::Clash);
    case.remote.set(Field::Title, text("theirs again"));
    case.edits.insert(Field::Title, Edit { at_us: T + 1, set_in: 1, returned: false });
    let output = case.merge();
    assert_eq!(kinds(&output), [LogKind::ConflictRefresh]);
    assert_eq!(told(&output.log[0], Field::Title), (text("theirs again"), text("mine")));
    assert_eq!(output.conflicts[0].remote, text("theirs again"));
    assert_eq!((output.conflicts[0].at_us, output.conflicts[0].opened_us), (T + 1, T));
    assert!(case.after(&output).merge().log.is_empty());
}

#[test]
fn a_side_that_returns_to_the_base_does_not_close_a_clash() {
    for (local, remote) in [("old", "theirs"), ("mine", "old")] {
        let mut case = Case::titles("old", "mine", "theirs").frozen_by(ConflictKind::Clash);
        case.local.set(Field::Title, text(local));
        case.remote.set(Field::Title, text(remote));
        let output = case.merge();
        assert_eq!(kinds(&output), [LogKind::ConflictRefresh]);
        assert_eq!((output.local, output.base), (case.local, case.base));
        assert_eq!(output.conflicts.len(), 1);
        assert!(output.push.is_empty());
    }
}

#[test]
fn a_clash_closes_when_both_sides_are_equal() {
    let mut case = Case::titles("old", "mine", "theirs").frozen_by(ConflictKind::Clash);
    case.remote.set(Field::Title, text("mine"));
    let output = case.merge();
    assert!(output.conflicts.is_empty() && output.push.is_empty());
    assert_eq!(output.base, one(Field::Title, text("mine")));
    assert_eq!(kinds(&output), [LogKind::ConflictClose]);
    assert_eq!(told(&output.log[0], Field::Title), (text("old"), text("mine")));
}

#[test]
fn a_loop_is_closed_by_a_person_alone() {
    let mut case = Case::titles("old", "mine", "theirs").frozen_by(ConflictKind::Loop);
    case.remote.set(Field::Title, text("mine"));
    let output = case.merge();
    assert_eq!(output.conflicts.len(), 1);
    assert!(output.log.is_empty());
}

#[test]
fn a_lost_update_passes_through_and_freezes_nothing() {
    let case = Case::titles("old", "mine", "old").frozen_by(ConflictKind::LostUpdate);
    let output = case.merge();
    assert_eq!(output.push.scalars, one(Field::Title, text("mine")));
    assert_eq!(output.conflicts, case.conflicts);
}

#[test]
fn a_field_that_became_pulled_only_is_decided() {
    for kind in [ConflictKind::Clash, ConflictKind::Loop] {
        let case = Case::titles("old", "mine", "theirs").frozen_by(kind).pull_only();
        let output = case.merge();
        assert!(output.conflicts.is_empty() && output.push.is_empty());
        assert_eq!(output.local, case.remote);
        assert_eq!(kinds(&output), [LogKind::ConflictClose, LogKind::Superseded]);
    }
}

//! The rules of the merge for scalars and sets, one test for each row.

use crate::fixture::{Case, S, T, kinds, one, set, text, told};
use issuesync_merge::{Policy, Push};
use issuesync_model::{
    Change, ConflictKind, Edit, Field, FieldDirection, FieldSet, Fields, Grade, LogKind, Settings, TimestampPolicy,
    Value,
};
use std::collections::BTreeSet;

const W: i64 = 5 * S;

#[test]
fn equal_sides_move_the_base_and_say_nothing() {
    let output = Case::titles("old", "new", "new").merge();
    assert_eq!(output.base, one(Field::Title, text("new")));
    assert_eq!(output.local, one(Field::Title, text("new")));
    assert!(output.push.is_empty() && output.log.is_empty() && output.conflicts.is_empty());
}

#[test]
fn only_local_changed_is_pushed_and_the_base_waits_for_the_echo() {
    let output = Case::titles("old", "mine", "old").merge();
    assert_eq!(output.push, Push { scalars: one(Field::Title, text("mine")), ..Push::default() });
    assert_eq!((output.local, output.base), (one(Field::Title, text("mine")), one(Field::Title, text("old"))));
    assert!(output.log.is_empty());
}

#[test]
fn only_remote_changed_is_pulled() {
    let output = Case::titles("old", "old", "theirs").merge();
    assert!(output.push.is_empty());
    assert_eq!((&output.local, &output.base), (&one(Field::Title, text("theirs")), &one(Field::Title, text("theirs"))));
    assert_eq!(kinds(&output), [LogKind::Pull]);
    assert_eq!(told(&output.log[0], Field::Title), (text("old"), text("theirs")));
}

#[test]
fn what_the_mirror_went_back_to_is_weighed_by_its_time() {
    let returned = |at_us| {
        let mut case = Case::titles("old", "old", "theirs").at(at_us);
        case.edits.values_mut().for_each(|edit| edit.returned = true);
        (case.merge(), case)
    };
    let (later, case) = returned(T + S + W + 1);
    assert_eq!(later.push.scalars, one(Field::Title, text("old")));
    assert_eq!((&later.local, &later.base), (&case.local, &case.remote));
    assert_eq!(told(&later.log[0], Field::Title), (text("theirs"), text("old")));
    let (earlier, case) = returned(T - W - 1);
    assert_eq!((&earlier.local, &earlier.base), (&case.remote, &case.remote));
    assert!(earlier.push.is_empty());
    assert_eq!(returned(T).0.opened, [Field::Title], "nobody can say");
}

#[test]
fn all_pulled_fields_share_one_entry() {
    let base = one(Field::Title, text("old")).with(Field::Body, text("old")).with(Field::Labels, set(&["a"]));
    let remote = one(Field::Title, text("new")).with(Field::Body, text("new")).with(Field::Labels, set(&["b"]));
    let output = Case::of(base.clone(), base.clone(), remote.clone()).merge();
    assert_eq!(kinds(&output), [LogKind::Pull]);
    assert_eq!((&output.log[0].before, &output.log[0].after), (&base, &remote));
}

#[test]
fn local_later_wins_and_the_loser_is_logged() {
    let case = Case::titles("old", "mine", "theirs").at(T + S + W + 1);
    let output = case.merge();
    assert_eq!(output.push.scalars, one(Field::Title, text("mine")));
    assert_eq!((&output.local, &output.base), (&one(Field::Title, text("mine")), &case.remote));
    assert_eq!(kinds(&output), [LogKind::Superseded]);
    assert_eq!(told(&output.log[0], Field::Title), (text("theirs"), text("mine")));
    assert_eq!(output.log[0].grade, Some(Grade::E2));
}

#[test]
fn remote_later_wins_and_the_loser_is_logged() {
    let case = Case::titles("old", "mine", "theirs").at(T - W - 1);
    let output = case.merge();
    assert!(output.push.is_empty());
    assert_eq!((&output.local, &output.base), (&case.remote, &case.remote));
    assert_eq!(kinds(&output), [LogKind::Superseded]);
    assert_eq!(told(&output.log[0], Field::Title), (text("mine"), text("theirs")));
}

#[test]
fn concurrent_is_a_clash_that_freezes_both_sides() {
    for at_us in [T - W, T, T + S, T + S + W] {
        let case = Case::titles("old", "mine", "theirs").at(at_us);
        let output = case.merge();
        assert_eq!((&output.local, &output.base), (&case.local, &case.base));
        assert!(output.push.is_empty());
        assert_eq!(output.opened, [Field::Title]);
        assert_eq!(kinds(&output), [LogKind::ConflictOpen]);
        assert_eq!(told(&output.log[0], Field::Title), (text("theirs"), text("mine")));
        let [clash] = output.conflicts.as_slice() else { panic!("one conflict, not {:?}", output.conflicts) };
        assert_eq!((clash.field, clash.kind), (Field::Title, ConflictKind::Clash));
        assert_eq!((&clash.base, &clash.local, &clash.remote), (&text("old"), &text("mine"), &text("theirs")));
        assert_eq!((clash.at_us, clash.opened_us), (at_us, T + 60 * S));
        assert_eq!((clash.change, &clash.suggestion), (case.changes.get(&Field::Title).copied(), &None));
    }
}

#[test]
fn an_infinite_window_makes_everything_concurrent() {
    for at_us in [i64::MIN, -1, 0, T, i64::MAX] {
        for edge in [i64::MIN, -1, 0, T, i64::MAX] {
            let mut case = Case::titles("old", "mine", "theirs").at(at_us);
            case.changes.insert(Field::Title, Change { lo_us: edge, hi_us: edge, grade: Grade::E3 });
            case.policy.window_us = i64::MAX;
            assert_eq!(case.merge().opened, [Field::Title], "at {at_us}, change {edge}");
        }
    }
}

#[test]
fn a_value_that_nobody_edited_loses_to_a_dated_change() {
    let mut case = Case::titles("old", "mine", "theirs");
    case.edits.clear();
    assert_eq!(case.merge().local, case.remote);
}

#[test]
fn a_change_without_any_evidence_is_concurrent() {
    let mut case = Case::titles("old", "mine", "theirs");
    case.changes.clear();
    assert_eq!(case.merge().opened, [Field::Title]);
}

#[test]
fn the_literal_policy_compares_the_stamp_alone() {
    let mut case = Case::titles("old", "mine", "theirs").at(T + W + 1);
    assert_eq!(case.merge().opened, [Field::Title], "within the interval");
    case.policy.timestamp = TimestampPolicy::Literal;
    assert_eq!(case.merge().push.scalars, one(Field::Title, text("mine")));
    assert_eq!(case.clone().at(T - W - 1).merge().local, case.remote);
    assert_eq!(case.clone().at(T + W).merge().opened, [Field::Title]);
}

#[test]
fn the_truth_table_of_sets() {
    // (base, local, remote) -> (result, add, remove)
    let rows = [
        ((false, false, false), (false, false, false)),
        ((false, false, true), (true, false, false)),
        ((false, true, false), (true, true, false)),
        ((false, true, true), (true, false, false)),
        ((true, false, false), (false, false, false)),
        ((true, false, true), (false, false, true)),
        ((true, true, false), (false, false, false)),
        ((true, true, true), (true, false, false)),
    ];
    for ((b, l, r), (result, add, remove)) in rows {
        let side = |member: bool, other: &str| if member { set(&["e", other]) } else { set(&[other]) };
        // Another label on each side keeps the sides from being equal as a whole.
        let case = Case::new(Field::Labels, side(b, "o"), side(l, "l"), side(r, "r"));
        let output = case.merge();
        let has = |elements: &BTreeSet<String>| elements.contains("e");
        assert_eq!(has(&output.local.elements(Field::Labels)), result, "result of {b} {l} {r}");
        assert_eq!(has(&output.push.add[&Field::Labels]), add, "add of {b} {l} {r}");
        assert_eq!(output.push.remove.get(&Field::Labels).is_some_and(has), remove, "remove of {b} {l} {r}");
        assert_eq!(output.base, case.remote, "the base is what the tracker has");
        assert!(output.conflicts.is_empty());
    }
}

#[test]
fn a_set_changed_on_both_sides_is_pulled_and_pushed() {
    let output = Case::new(Field::Labels, set(&["a"]), set(&["a", "mine"]), set(&["a", "theirs"])).merge();
    assert_eq!(output.local.get(Field::Labels), Some(&set(&["a", "mine", "theirs"])));
    assert_eq!(output.push.add[&Field::Labels], BTreeSet::from(["mine".to_owned()]));
    assert_eq!(output.push.fields(), BTreeSet::from([Field::Labels]));
    assert_eq!(told(&output.log[0], Field::Labels), (set(&["a", "mine"]), set(&["a", "mine", "theirs"])));
}

#[test]
fn a_field_of_one_side_only_is_left_alone() {
    let both = one(Field::Title, text("t"));
    let locked = both.clone().with(Field::Locked, Value::Flag(true));
    for (local, remote) in [(&locked, &both), (&both, &locked)] {
        let case = Case::of(both.clone(), local.clone(), remote.clone());
        let output = case.merge();
        assert_eq!((&output.local, &output.base), (&case.local, &case.base));
        assert!(output.push.is_empty() && output.log.is_empty());
    }
}

#[test]
fn a_base_without_the_field_counts_as_empty() {
    let case = Case::of(Fields::new(), one(Field::Labels, set(&["l"])), one(Field::Labels, set(&["r"])));
    assert_eq!(case.merge().local, one(Field::Labels, set(&["l", "r"])));
    let case = Case::of(Fields::new(), one(Field::Body, text("l")), one(Field::Body, text("")));
    assert_eq!(case.merge().push.scalars, one(Field::Body, text("l")));
}

#[test]
fn a_pulled_only_field_never_pushes_and_keeps_the_loser_in_the_log() {
    for (base, local, remote) in [("old", "mine", "old"), ("old", "mine", "theirs")] {
        let case = Case::titles(base, local, remote).at(T + 900 * S).pull_only();
        let output = case.merge();
        assert!(output.push.is_empty() && output.conflicts.is_empty());
        assert_eq!((&output.local, &output.base), (&case.remote, &case.remote));
        assert_eq!(kinds(&output), [LogKind::Superseded]);
        assert_eq!(told(&output.log[0], Field::Title), (text("mine"), text(remote)));
    }
    let output = Case::titles("old", "old", "theirs").pull_only().merge();
    assert_eq!(kinds(&output), [LogKind::Pull]);
    let case = Case::new(Field::Labels, set(&["a"]), set(&["a", "mine"]), set(&["theirs"])).pull_only();
    assert_eq!(case.merge().local, case.remote);
}

#[test]
fn the_policy_is_read_from_the_settings() {
    let mut settings = Settings { conflict_window_us: 7, ..Settings::default() };
    settings.directions.insert(Field::Title, FieldDirection::Pull);
    let policy = Policy::from(&settings);
    assert_eq!((policy.window_us, policy.pull_only), (7, FieldSet::of(&[Field::Title])));
    settings.direction = FieldDirection::Pull;
    settings.directions.insert(Field::Body, FieldDirection::Both);
    let pulled = Policy::from(&settings).pull_only;
    assert!(Field::ALL.into_iter().all(|field| pulled.has(field) == (field != Field::Body)));
}

#[test]
fn merging_again_changes_nothing() {
    for at_us in [T - 60 * S, T, T + 60 * S] {
        let case = Case::titles("old", "mine", "theirs").at(at_us);
        let first = case.merge();
        let second = case.after(&first).merge();
        assert!(second.log.is_empty() && second.opened.is_empty());
        assert_eq!(
            (second.local, second.base, second.push, second.conflicts),
            (first.local, first.base, first.push, first.conflicts)
        );
    }
}

#[test]
fn an_edit_of_the_losing_side_after_the_decision_is_an_edit_like_any_other() {
    let case = Case::titles("old", "mine", "theirs").at(T + 60 * S);
    let mut next = case.after(&case.merge());
    next.local.set(Field::Title, text("theirs"));
    next.edits.insert(Field::Title, Edit { at_us: T + 61 * S, set_in: 2, returned: false });
    let output = next.merge();
    assert!(output.push.is_empty() && output.log.is_empty(), "both sides are equal again");
}

//! The state: its open/closed bit merges like an element of a set, two close reasons like any scalar.

use crate::fixture::{COMPLETED, Case, DUPLICATE, NOT_PLANNED, OPEN, S, T, kinds, one, told};
use issuesync_model::{Field, LogKind, Value};

fn case(base: &Value, local: &Value, remote: &Value) -> Case {
    Case::new(Field::State, base.clone(), local.clone(), remote.clone())
}

#[test]
fn closed_here_is_pushed_and_closed_there_is_pulled() {
    assert_eq!(case(&OPEN, &COMPLETED, &OPEN).merge().push.scalars, one(Field::State, COMPLETED));
    let output = case(&OPEN, &OPEN, &COMPLETED).merge();
    assert_eq!(output.local, one(Field::State, COMPLETED));
    assert_eq!(kinds(&output), [LogKind::Pull]);
}

#[test]
fn closed_for_two_reasons_at_once_is_a_clash() {
    for base in [&OPEN, &DUPLICATE] {
        let output = case(base, &COMPLETED, &NOT_PLANNED).merge();
        assert_eq!(output.opened, [Field::State]);
    }
}

#[test]
fn the_later_of_two_close_reasons_wins() {
    let late = case(&OPEN, &COMPLETED, &NOT_PLANNED).at(T + 60 * S).merge();
    assert_eq!(late.push.scalars, one(Field::State, COMPLETED));
    let early = case(&OPEN, &COMPLETED, &NOT_PLANNED).at(T - 60 * S).merge();
    assert_eq!(early.local, one(Field::State, NOT_PLANNED));
}

#[test]
fn reopened_here_beats_another_reason_there_at_any_time() {
    for at_us in [T - 60 * S, T, T + 60 * S] {
        let output = case(&COMPLETED, &OPEN, &NOT_PLANNED).at(at_us).merge();
        assert_eq!(output.push.scalars, one(Field::State, OPEN));
        assert_eq!(output.base, one(Field::State, NOT_PLANNED));
        assert_eq!(kinds(&output), [LogKind::Superseded]);
        assert_eq!(told(&output.log[0], Field::State), (NOT_PLANNED, OPEN));
    }
}

#[test]
fn reopened_there_beats_another_reason_here_at_any_time() {
    for at_us in [T - 60 * S, T, T + 60 * S] {
        let output = case(&COMPLETED, &NOT_PLANNED, &OPEN).at(at_us).merge();
        assert!(output.push.is_empty() && output.conflicts.is_empty());
        assert_eq!((output.local, output.base), (one(Field::State, OPEN), one(Field::State, OPEN)));
        assert_eq!(told(&output.log[0], Field::State), (NOT_PLANNED, OPEN));
    }
}

#[test]
fn another_reason_here_alone_is_pushed_whole() {
    assert_eq!(case(&COMPLETED, &DUPLICATE, &COMPLETED).merge().push.scalars, one(Field::State, DUPLICATE));
}

/// Who went back to the base chose it, and yet two values need no clocks: the side that left the base wins.
#[test]
fn what_is_one_of_two_values_never_clashes_with_a_return() {
    let flags = (Field::Locked, Value::Flag(false), Value::Flag(true));
    let states = (Field::State, OPEN, COMPLETED);
    for (field, shared, theirs) in [flags, states] {
        for at_us in [T - 60 * S, T, T + 60 * S] {
            let mut case = Case::new(field, shared.clone(), shared.clone(), theirs.clone()).at(at_us);
            case.edits.values_mut().for_each(|edit| edit.returned = true);
            let output = case.merge();
            assert!(output.conflicts.is_empty() && output.push.is_empty(), "{field} at {at_us}");
            assert_eq!(output.local, case.remote, "{field} at {at_us}");
            assert_eq!(told(&output.log[0], field), (shared.clone(), theirs.clone()), "{field} at {at_us}");
        }
    }
}

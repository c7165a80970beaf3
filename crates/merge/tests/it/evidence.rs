//! When a remote field changed, one test for each kind of evidence.

use crate::fixture::{S, T, one, text};
use issuesync_merge::{Seen, changes};
use issuesync_model::{Change, Field, Fields, Grade, Named, Remote, Theta, Value};
use std::collections::BTreeMap;

/// What a tracker's time may be off by, in these tests.
const EPS: i64 = 1_500_000;
/// The observation arrives so long after `T` that nothing is clipped.
const RECEIVED: i64 = T + 3_600 * S;

/// A clock that is known to half a second.
fn theta() -> Theta {
    let mut theta = Theta::unknown();
    theta.learn(T, T + S / 2, T + S / 2);
    assert_eq!((theta.eps_us(T), theta.to_local(T, T)), (EPS, T));
    theta
}

fn fields(title: &str, body: &str) -> Fields {
    one(Field::Title, text(title)).with(Field::Body, text(body))
}

fn known() -> Change {
    Change { lo_us: 1, hi_us: 2, grade: Grade::E2 }
}

/// The last accepted observation, stamped 100 s before `T`.
fn previous() -> Remote {
    Remote {
        fields: fields("old", "old"),
        u_us: T - 100 * S,
        t_send_us: T - 90 * S,
        t_recv_us: T - 90 * S,
        changes: BTreeMap::from([(Field::Title, known()), (Field::Body, known())]),
        comment_count: None,
        content_version: None,
    }
}

fn notice(to: Option<&str>, u_us: Option<i64>) -> Named {
    Named { field: Field::Title, from: Some(text("old")), to: to.map(text), u_us, sender: None }
}

struct Look {
    previous: Option<Remote>,
    observed: Fields,
    u_us: i64,
    t_recv_us: i64,
    pass_ok_us: Option<i64>,
    named: Vec<Named>,
    other_changes: bool,
}

impl Look {
    /// A new title and body stamped `T`.
    fn new() -> Self {
        Self {
            previous: Some(previous()),
            observed: fields("new", "new"),
            u_us: T,
            t_recv_us: RECEIVED,
            pass_ok_us: None,
            named: Vec::new(),
            other_changes: false,
        }
    }

    fn changes(&self) -> BTreeMap<Field, Change> {
        let seen = Seen {
            previous: self.previous.as_ref(),
            observed: &self.observed,
            u_us: self.u_us,
            t_recv_us: self.t_recv_us,
            pass_ok_us: self.pass_ok_us,
            commit_lag_us: 10 * S,
            named: &self.named,
            other_changes: self.other_changes,
        };
        changes(&seen, &theta(), T)
    }

    fn title(&self) -> Change {
        self.changes()[&Field::Title]
    }
}

fn second_of(u_us: i64, grade: Grade) -> Change {
    Change { lo_us: u_us - EPS, hi_us: u_us + S + EPS, grade }
}

#[test]
fn the_first_observation_says_not_later_than_its_stamp() {
    let look = Look { previous: None, ..Look::new() };
    let first = Change { lo_us: i64::MIN, hi_us: T + S + EPS, grade: Grade::E3 };
    assert_eq!(look.changes(), BTreeMap::from([(Field::Title, first), (Field::Body, first)]));
    assert_eq!(Look { u_us: 0, ..look }.title().hi_us, RECEIVED, "a stamp of 1970 says nothing");
}

#[test]
fn a_field_that_was_never_seen_is_dated_like_the_first_observation() {
    let mut look = Look::new();
    look.observed.set(Field::Locked, Value::Flag(true));
    assert_eq!(look.changes()[&Field::Locked].lo_us, i64::MIN);
}

#[test]
fn an_unchanged_field_keeps_its_interval() {
    let look = Look { observed: fields("new", "old"), ..Look::new() };
    assert_eq!(look.changes()[&Field::Body], known());
}

#[test]
fn e2_a_notice_that_agrees_gives_its_second() {
    let look = Look { named: vec![notice(Some("new"), Some(T - 40 * S))], ..Look::new() };
    assert_eq!(look.title(), second_of(T - 40 * S, Grade::E2));
    assert_eq!(look.changes()[&Field::Body].grade, Grade::E3, "the notice names the title alone");
}

#[test]
fn e2_of_several_notices_the_last_that_agrees_counts() {
    let u = |s: i64| Some(T - s * S);
    let named = vec![notice(Some("new"), u(50)), notice(Some("new"), u(30)), notice(Some("other"), u(20))];
    assert_eq!(Look { named, ..Look::new() }.title(), second_of(T - 30 * S, Grade::E2));
}

#[test]
fn e2_a_notice_of_another_value_is_no_evidence() {
    let look = Look { named: vec![notice(Some("other"), Some(T - 40 * S))], ..Look::new() };
    assert_eq!(look.title().grade, Grade::E3);
}

#[test]
fn e2_a_notice_without_a_time_is_no_evidence() {
    for u_us in [None, Some(0), Some(3_600 * S)] {
        let look = Look { named: vec![notice(Some("new"), u_us)], ..Look::new() };
        assert_eq!(look.title().grade, Grade::E3);
    }
}

#[test]
fn e2_a_notice_without_a_value_reaches_from_its_time_to_the_stamp() {
    let look = Look { named: vec![notice(None, Some(T))], ..Look::new() };
    assert_eq!(look.title(), second_of(T, Grade::E2));
    let look = Look { named: vec![notice(None, Some(T - 40 * S))], ..Look::new() };
    assert_eq!(look.title(), Change { lo_us: T - 40 * S - EPS, ..second_of(T, Grade::E2) });
}

#[test]
fn e2_a_notice_without_a_value_must_be_able_to_explain_the_change() {
    let older = Look { named: vec![notice(None, Some(T - 101 * S))], ..Look::new() };
    assert_eq!(older.title().grade, Grade::E3, "it is older than the previous look");
    let away = Named { from: Some(text("new")), ..notice(None, Some(T)) };
    assert_eq!(Look { named: vec![away], ..Look::new() }.title().grade, Grade::E3, "it tells of a change away from it");
}

#[test]
fn e2_a_notice_from_before_the_last_pass_did_not_make_this_change() {
    let look = Look { named: vec![notice(Some("new"), Some(T - 90 * S))], pass_ok_us: Some(T - 30 * S), ..Look::new() };
    assert_eq!(look.title(), Change { lo_us: T - 40 * S - EPS, ..second_of(T, Grade::E3) });
}

#[test]
fn e3a_one_changed_field_moved_the_stamp() {
    let look = Look { observed: fields("new", "old"), ..Look::new() };
    assert_eq!(look.title(), second_of(T, Grade::E3a));
}

#[test]
fn e3a_is_no_evidence_when_something_else_may_have_moved_the_stamp() {
    let look = Look { observed: fields("new", "old"), other_changes: true, ..Look::new() };
    assert_eq!(look.title().grade, Grade::E3);
}

#[test]
fn e3a_needs_a_stamp_that_moved() {
    let look = Look { observed: fields("new", "old"), u_us: T - 100 * S, ..Look::new() };
    assert_eq!(look.title(), second_of(T - 100 * S, Grade::E3));
}

#[test]
fn e3_between_the_old_stamp_and_the_new() {
    let expected = Change { lo_us: T - 100 * S - EPS, ..second_of(T, Grade::E3) };
    assert_eq!(Look::new().title(), expected);
    assert_eq!(Look { pass_ok_us: Some(T - 200 * S), ..Look::new() }.title(), expected);
}

#[test]
fn e3_after_the_last_pass_less_the_commit_lag() {
    let look = Look { pass_ok_us: Some(T - 30 * S), ..Look::new() };
    assert_eq!(look.title(), Change { lo_us: T - 40 * S - EPS, ..second_of(T, Grade::E3) });
}

#[test]
fn nothing_reaches_beyond_the_arrival() {
    let look = Look { t_recv_us: T + S, ..Look::new() };
    assert_eq!(look.title().hi_us, T + S);
    let first = Look { previous: None, t_recv_us: T + S, ..Look::new() };
    assert_eq!(first.title().hi_us, T + S);
}

#[test]
fn a_change_that_moved_no_stamp_lies_between_the_old_stamp_and_now() {
    let expected = Change { lo_us: T - 100 * S - EPS, hi_us: RECEIVED, grade: Grade::E3 };
    for observed in [fields("new", "new"), fields("new", "old")] {
        let look = Look { observed, u_us: T - 100 * S, pass_ok_us: Some(T), ..Look::new() };
        assert_eq!(look.title(), expected);
    }
}

#[test]
fn a_stamp_of_1970_says_nothing_of_a_change() {
    let look = Look { u_us: 0, ..Look::new() };
    assert_eq!(look.title(), Change { lo_us: T - 100 * S - EPS, hi_us: RECEIVED, grade: Grade::E3 });
}

#[test]
fn a_stamp_from_the_future_says_no_more_than_that_it_was_seen() {
    let seen_us = T - 90 * S - 10 * S;
    let ahead = |u_us| {
        let previous = Some(Remote { u_us: T - 50 * S, ..previous() });
        Look { previous, u_us, other_changes: true, ..Look::new() }
    };
    assert_eq!(ahead(T).title(), Change { lo_us: seen_us - EPS, ..second_of(T, Grade::E3) });
    let mut look = Look { t_recv_us: T, ..ahead(T + 7_200 * S) };
    look.previous = Some(Remote { u_us: T + 7_200 * S, ..previous() });
    assert_eq!(look.title(), Change { lo_us: seen_us - EPS, hi_us: T, grade: Grade::E3 });
}

#[test]
fn an_unknown_clock_makes_everything_possible() {
    let (previous, observed) = (previous(), fields("new", "old"));
    let seen = Seen {
        previous: Some(&previous),
        observed: &observed,
        u_us: T,
        t_recv_us: RECEIVED,
        pass_ok_us: Some(T),
        commit_lag_us: 0,
        named: &[],
        other_changes: false,
    };
    let change = changes(&seen, &Theta::unknown(), T)[&Field::Title];
    assert!(change.lo_us < 0);
    assert_eq!(change.hi_us, RECEIVED);
}

//! Rule (f) of sync.md 1.4.4: what only the dated history tells of a write without an answer.

use super::*;

/// What a history tells that was read when the write of [`item`] was over, and does not show it.
fn weighed() -> Landed {
    Landed { of: [AttemptId(Uuid::from_u128(4))].into(), ..Landed::default() }
}

/// The fields that wait after a look which no replica can have answered from before the write.
fn waits(row: &Item, u_us: i64) -> BTreeSet<Field> {
    waiting(row, u_us, i64::MAX, &Timing::default())
}

#[test]
fn f_the_base_again_waits_for_dated_history() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    assert!(look(&mut row, &title("old"), NOW).reverted.contains(&Field::Title));
    assert!(waits(&row, NOW).contains(&Field::Title));
    let landed = Landed { fields: BTreeMap::from([((attempt(&row), Field::Title), NOW)]), ..weighed() };
    seen(&mut row, &title("old"), NOW, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(row.base, title("new"));
}

#[test]
fn f_an_earlier_write_that_landed_says_nothing_of_the_next() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    let earlier = AttemptId(Uuid::from_u128(5));
    let landed = Landed { fields: BTreeMap::from([((earlier, Field::Title), NOW)]), ..weighed() };
    seen(&mut row, &title("old"), NOW, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(row.base, title("old"), "the value would be taken for one that somebody took back");
}

#[test]
fn f_a_history_says_nothing_of_a_write_that_began_after_it_was_read() {
    for (field, old, new) in [(Field::Title, text("old"), text("new")), (Field::Labels, set(&["a"]), set(&["b"]))] {
        let mut row = item(field, old.clone(), new, Outcome::Unknown);
        let shown = Fields::new().with(field, old);
        let found = seen(&mut row, &shown, NOW, &[], Some(&Landed::default()), NOW, &Timing::default());
        assert!(found.reverted.contains(&field) && found.log.is_empty(), "{field} would be sent again unasked");
    }
}

#[test]
fn f_what_the_history_tells_needs_no_stamp() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    let landed = Landed { fields: BTreeMap::from([((attempt(&row), Field::Title), NOW)]), ..weighed() };
    seen(&mut row, &title("old"), NOW - 2_000_000, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(row.base, title("new"), "what somebody took back would be set again");
}

#[test]
fn f_what_shows_again_came_back_after_our_write_was_there() {
    let first = Change { lo_us: i64::MIN, hi_us: NOW - 60_000_000, grade: Grade::E3 };
    let dated = |back_us, stamp_us| {
        let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
        row.remote.as_mut().expect("a look").changes.insert(Field::Title, first);
        let landed = Landed { fields: BTreeMap::from([((attempt(&row), Field::Title), back_us)]), ..weighed() };
        seen(&mut row, &title("old"), stamp_us, &[], Some(&landed), NOW + 9, &Timing::default());
        row.remote.expect("a look").changes[&Field::Title]
    };
    assert_eq!(dated(NOW + 2, NOW + 5), Change { lo_us: NOW + 2, hi_us: NOW + 5, grade: Grade::E1 });
    assert_eq!(dated(NOW + 2, NOW + 20), Change { lo_us: NOW + 2, hi_us: NOW + 9, grade: Grade::E1 });
    assert_eq!(dated(NOW + 2, NOW - 5), Change { lo_us: NOW + 2, hi_us: NOW + 9, grade: Grade::E1 });
}

#[test]
fn f_a_label_that_is_off_again_waits_for_dated_history() {
    let labels = |elements: &[&str]| Fields::new().with(Field::Labels, set(elements));
    let sent = || item(Field::Labels, set(&["a"]), set(&["b", "c"]), Outcome::Unknown);
    let mut row = sent();
    row.remote.as_mut().expect("a look").fields = labels(&["a"]);
    let found = look(&mut row, &labels(&["a"]), NOW);
    assert!(found.reverted.contains(&Field::Labels) && found.held.is_empty());
    assert!(waits(&row, NOW).contains(&Field::Labels));
    let landed = Landed { elements: [(attempt(&row), Field::Labels, "b".to_owned())].into(), ..weighed() };
    let found = seen(&mut row, &labels(&["a"]), NOW, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(found.log[0].kind, LogKind::Retry);
    assert_eq!(row.base, labels(&["a", "b"]), "the one that landed and was taken off again is the base's");
    assert!(waits(&row, NOW).is_empty());
}

#[test]
fn f_what_a_replica_may_show_does_not_prove_that_a_write_never_came() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    row.attempts[0].t_done_us = Some(NOW);
    let lag_us = Timing::default().replica_lag_us();
    let waits = |asked_us| waiting(&row, NOW - 2_000_000, asked_us, &Timing::default());
    assert!(waits(NOW + lag_us - 1).contains(&Field::Title));
    assert!(waits(NOW + lag_us).is_empty());
}

#[test]
fn f_an_older_look_proves_nothing_and_the_value_is_sent_again() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    assert_eq!(look(&mut row, &title("old"), NOW - 2_000_000), Recognised::default());
    assert!(waits(&row, NOW - 2_000_000).is_empty());
    assert!(!row.attempts[0].fields[0].settled, "a late effect must still be recognised");
}

#[test]
fn f_what_the_history_found_missing_after_its_time_is_over_for_good() {
    let cases = [
        (Field::Title, text("old"), text("new")),
        (Field::Body, text("old"), text("new")),
        (Field::Labels, set(&["a"]), set(&["b"])),
    ];
    for (field, old, new) in cases {
        let mut row = item(field, old.clone(), new, Outcome::Unknown);
        row.attempts[0].t_done_us = Some(NOW);
        let (shown, timing) = (Fields::new().with(field, old), Timing::default());
        let mut is_over = |now_us| {
            let before_us = row.attempts[0].t_send_us - 1;
            let found = seen(&mut row, &shown, before_us, &[], Some(&weighed()), now_us, &timing);
            assert_eq!(found, Recognised::default(), "a stamp from before the write tells of nothing taken back");
            row.attempts.is_empty()
        };
        assert!(!is_over(NOW), "{field} may still come");
        assert!(is_over(NOW + timing.echo_wait_us), "{field} waits for what will never come");
    }
}

#[test]
fn f_a_third_value_after_a_lost_answer_waits_for_dated_history() {
    let mut row = rewritten();
    assert!(look(&mut row, &title("NEW"), NOW).reverted.contains(&Field::Title), "no audit is asked for");
    assert_eq!(unexplained(&row).collect::<Vec<_>>(), [Field::Title], "it is merged as somebody's edit");
    assert!(waits(&row, NOW).contains(&Field::Title));
}

#[test]
fn f_a_third_value_is_somebodys_once_the_history_was_read() {
    let mut row = rewritten();
    row.attempts[0].fields[0].audited = true;
    assert!(look(&mut row, &title("NEW"), NOW).reverted.is_empty());
    assert_eq!(unexplained(&row).count(), 0);
}

/// A write that never landed, after which the mirror went on to a third value and somebody set the very value that we had sent.
fn set_by_somebody(field: Field, [old, sent, newer]: [Value; 3]) -> Item {
    let mut row = item(field, old, sent.clone(), Outcome::Unknown);
    row.attempts[0].fields[0].audited = false;
    row.local.set(field, newer);
    row.remote.as_mut().expect("a look").fields.set(field, sent);
    row
}

#[test]
fn f_our_value_seen_after_the_mirror_went_on_is_whose_the_dated_history_says() {
    let closed = Value::State(State::Closed(Reason::None));
    let cases = [
        (Field::Title, ["old", "new", "newer"].map(text)),
        (Field::Milestone, [None, Some(7), Some(8)].map(Value::Id)),
        (Field::State, [Value::State(State::Open), closed, Value::State(State::Open)]),
        (Field::Locked, [false, true, false].map(Value::Flag)),
    ];
    for (field, values) in cases {
        let [old, sent, _] = values.clone();
        let mut row = set_by_somebody(field, values);
        let (id, shown) = (attempt(&row), Fields::new().with(field, sent.clone()));
        assert!(look(&mut row, &shown, NOW).reverted.contains(&field), "no history is asked for: {field:?}");
        assert_eq!(unexplained(&row).collect::<Vec<_>>(), [field], "it is merged before the history was read");
        assert_eq!(row.base.get(field), Some(&old), "what shows is taken for ours unasked: {field:?}");
        let told = |landed: &Landed| {
            let mut row = row.clone();
            seen(&mut row, &shown, NOW, &[], Some(landed), NOW, &Timing::default());
            assert!(row.attempts[0].fields[0].settled, "it is asked for again and again: {field:?}");
            row.base.get(field).cloned()
        };
        let theirs = Landed { theirs: BTreeSet::from([(id, field)]), ..weighed() };
        assert_eq!(told(&theirs), Some(old), "somebody's value is taken for ours: {field:?}");
        assert_eq!(told(&weighed()), Some(sent), "ours is taken for somebody's: {field:?}");
    }
}

#[test]
fn f_what_landed_rewritten_before_somebodys_value_is_recorded_as_by_an_answer() {
    for shown in ["old", "somebody's"] {
        let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
        row.attempts[0].fields[0].became = Some(text("NEW"));
        let landed = Landed { fields: BTreeMap::from([((attempt(&row), Field::Title), NOW)]), ..weighed() };
        let found = seen(&mut row, &title(shown), NOW, &[], Some(&landed), NOW, &Timing::default());
        let told: Vec<_> = found.log.iter().map(|entry| (entry.kind, &entry.before, &entry.after)).collect();
        assert_eq!(told, [(LogKind::Rewritten, &title("new"), &title("NEW"))], "nothing tells of it before {shown}");
        assert_eq!((&row.base, &row.local), (&title("NEW"), &title("NEW")), "before {shown}");
        assert_eq!(row.warnings[0].kind, WarningKind::Rewritten);
        assert!(row.attempts.is_empty(), "it is looked for again");
    }
}

#[test]
fn f_what_shows_after_a_write_that_never_landed_is_somebodys() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    let found = seen(&mut row, &title("somebody's"), NOW, &[], Some(&weighed()), NOW, &Timing::default());
    assert!(found.log.is_empty() && found.held.is_empty());
    assert_eq!((&row.base, &row.local), (&title("old"), &title("new")), "it is merged as an edit");
    assert!(row.attempts.is_empty(), "who sets our value later is taken for our late write");
}

#[test]
fn f_what_failed_or_is_not_meant_any_more_is_not_noted_as_sent_again() {
    let cases = [(Field::Body, text("old"), text("new")), (Field::Labels, set(&["a"]), set(&["a", "b"]))];
    for (field, old, new) in cases {
        let notes = |change: fn(&mut Item)| {
            let mut row = item(field, old.clone(), new.clone(), Outcome::Unknown);
            change(&mut row);
            let shown = Fields::new().with(field, old.clone());
            seen(&mut row, &shown, NOW, &[], Some(&weighed()), NOW, &Timing::default()).log.len()
        };
        assert_eq!(notes(|_| {}), 1, "{field}");
        assert_eq!(notes(|row| row.outbox.status = OutboxStatus::Failed), 0, "{field} failed: a person decides");
        assert_eq!(notes(|row| row.local = row.base.clone()), 0, "{field} is not meant any more");
    }
}

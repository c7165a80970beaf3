//! Each rule of sync.md 1.4.4 by its letter.

use super::*;
use issuesync_model::{ConnectionId, ItemId, Lifecycle, Outbox, OutboxKind, ProjectId, Reason, Remote, State};
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: i64 = 1_000_000_000;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn set(elements: &[&str]) -> Value {
    Value::Set(elements.iter().map(|element| (*element).to_owned()).collect())
}

fn title(value: &str) -> Fields {
    Fields::new().with(Field::Title, text(value))
}

/// The fields that wait after a look which no replica can have answered from before the write.
fn waits(row: &Item, u_us: i64) -> BTreeSet<Field> {
    waiting(row, u_us, i64::MAX, &Timing::default())
}

/// A row whose title went from `base` to `local` and whose write of it has this outcome.
fn item(field: Field, base: Value, local: Value, outcome: Outcome) -> Item {
    let fields = Fields::new().with(field, base.clone());
    let mut outbox = Outbox::completed(NOW);
    outbox.fence = 1;
    outbox.lease_until_us = if outcome == Outcome::InFlight { NOW + 60_000_000 } else { 0 };
    Item {
        id: ItemId(Uuid::from_u128(1)),
        parent: None,
        project: ProjectId(Uuid::from_u128(2)),
        connection: ConnectionId(Uuid::from_u128(3)),
        number: Some(7),
        url: None,
        author: None,
        created_us: 0,
        updated_us: 0,
        base: fields.clone(),
        local: Fields::new().with(field, local.clone()),
        remote: Some(Remote {
            fields,
            u_us: 0,
            t_send_us: 0,
            t_recv_us: 0,
            changes: BTreeMap::new(),
            comment_count: None,
            content_version: None,
        }),
        edits: BTreeMap::new(),
        attempts: vec![Attempt {
            id: AttemptId(Uuid::from_u128(4)),
            fence: 1,
            kind: OutboxKind::Update,
            t_send_us: NOW - 1_000_000,
            t_done_us: None,
            fields: vec![AttemptField {
                field,
                read: Some(base),
                sent: local,
                became: None,
                outpaced: None,
                settled: false,
                audited: true,
            }],
            outcome,
            max_number_seen: 0,
        }],
        writes: BTreeMap::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        rev: 1,
        version: 1,
        lifecycle: Lifecycle::Linked,
        marker: String::new(),
        made_here: false,
        delete_wanted: false,
        log_seq: 0,
        log_head: String::new(),
        client_key: None,
        outbox,
        tombstone: None,
    }
}

fn attempt(item: &Item) -> AttemptId {
    item.attempts[0].id
}

fn look(item: &mut Item, observed: &Fields, u_us: i64) -> Recognised {
    seen(item, observed, u_us, &[], None, NOW, &Timing::default())
}

#[test]
fn a_the_answer_shows_what_was_sent() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    assert!(answered(&mut row, &title("new"), id, &[Field::Title], NOW).is_empty());
    assert_eq!(row.base, title("new"));
    assert!(row.warnings.is_empty());
}

#[test]
fn a_the_answer_shows_the_value_read_so_it_was_refused() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &title("old"), id, &[Field::Title], NOW);
    assert_eq!(log[0].kind, LogKind::Refused);
    assert_eq!((log[0].before.clone(), log[0].after.clone()), (title("new"), title("old")));
    assert_eq!((row.local, row.base), (title("old"), title("old")));
    assert_eq!(row.warnings[0].kind, WarningKind::Refused);
}

#[test]
fn a_the_answer_shows_a_third_value_so_it_was_rewritten() {
    let mut row = item(Field::Title, text("old"), text("new  "), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &title("new"), id, &[Field::Title], NOW);
    assert_eq!(log[0].kind, LogKind::Rewritten);
    assert_eq!(row.local, title("new"));
}

#[test]
fn a_an_edit_made_since_is_not_taken_back() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    row.local = title("newer");
    answered(&mut row, &title("old"), id, &[Field::Title], NOW);
    assert_eq!((row.local, row.base), (title("newer"), title("old")));
}

#[test]
fn a_a_field_that_was_not_sent_yet_is_left_alone() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    assert!(answered(&mut row, &title("old"), id, &[Field::State], NOW).is_empty());
    assert_eq!(row.local, title("new"));
}

#[test]
fn a_a_label_that_the_tracker_drops_is_refused_and_the_others_stand() {
    let labels = |elements: &[&str]| Fields::new().with(Field::Labels, set(elements));
    let mut row = item(Field::Labels, set(&["a"]), set(&["a", "b", "ghost"]), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &labels(&["a", "b"]), id, &[Field::Labels], NOW);
    assert_eq!(log.len(), 1);
    assert_eq!((row.local, row.base), (labels(&["a", "b"]), labels(&["a", "b"])));
}

#[test]
fn b_an_echo_before_the_answer_is_ours() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    assert_eq!(look(&mut row, &title("new"), NOW), Recognised::default());
    assert_eq!(row.base, title("new"));
}

#[test]
fn c_a_third_value_in_flight_is_held() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    assert!(look(&mut row, &title("other"), NOW).held.contains(&Field::Title));
    assert_eq!(row.base, title("old"));
}

#[test]
fn d_our_own_notice_names_a_rewritten_field_when_the_answer_was_lost() {
    let mut row = item(Field::Title, text("old"), text("new "), Outcome::Unknown);
    let found = seen(&mut row, &title("new"), NOW, &[Field::Title], None, NOW, &Timing::default());
    assert_eq!(found.log[0].kind, LogKind::Rewritten);
    assert_eq!(row.local, title("new"));
}

#[test]
fn d_what_a_later_write_of_ours_set_is_not_what_an_earlier_one_became() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    row.base = title("newer");
    seen(&mut row, &title("newer"), NOW - 2_000_000, &[Field::Title], None, NOW, &Timing::default());
    assert_eq!(row.local, title("new"), "the person wants the first value again");
}

#[test]
fn e_an_element_in_the_state_asked_for_moves_the_base() {
    let labels = |elements: &[&str]| Fields::new().with(Field::Labels, set(elements));
    let mut row = item(Field::Labels, set(&[]), set(&["a", "b"]), Outcome::Unknown);
    look(&mut row, &labels(&["a"]), NOW);
    assert_eq!(row.base, labels(&["a"]));
}

#[test]
fn f_the_base_again_waits_for_dated_history() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    assert!(look(&mut row, &title("old"), NOW).reverted.contains(&Field::Title));
    assert!(waits(&row, NOW).contains(&Field::Title));
    let landed = Landed { fields: BTreeSet::from([(attempt(&row), Field::Title)]), ..Landed::default() };
    seen(&mut row, &title("old"), NOW, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(row.base, title("new"));
}

#[test]
fn e_an_element_is_recognised_once() {
    let labels = |elements: &[&str]| Fields::new().with(Field::Labels, set(elements));
    let mut row = item(Field::Labels, set(&[]), set(&["a", "b"]), Outcome::Unknown);
    look(&mut row, &labels(&["a"]), NOW);
    // Somebody took it off, which was pulled, and put it on again.
    (row.base, row.local) = (labels(&[]), labels(&["b"]));
    look(&mut row, &labels(&["a"]), NOW);
    assert_eq!(row.base, labels(&[]), "somebody's label is taken for ours");
}

#[test]
fn f_an_earlier_write_that_landed_says_nothing_of_the_next() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    let earlier = AttemptId(Uuid::from_u128(5));
    let landed = Landed { fields: BTreeSet::from([(earlier, Field::Title)]), ..Landed::default() };
    seen(&mut row, &title("old"), NOW, &[], Some(&landed), NOW, &Timing::default());
    assert_eq!(row.base, title("old"), "the value would be taken for one that somebody took back");
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
    let landed = Landed { elements: [(attempt(&row), Field::Labels, "b".to_owned())].into(), ..Landed::default() };
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
        let mut weighed = |now_us| {
            let before_us = row.attempts[0].t_send_us - 1;
            let found = seen(&mut row, &shown, before_us, &[], Some(&Landed::default()), now_us, &timing);
            assert_eq!(found, Recognised::default(), "a stamp from before the write tells of nothing taken back");
            row.attempts.is_empty()
        };
        assert!(!weighed(NOW), "{field} may still come");
        assert!(weighed(NOW + timing.echo_wait_us), "{field} waits for what will never come");
    }
}

#[test]
fn a_claimer_that_died_leaves_an_unknown_outcome() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    row.outbox.lease_until_us = 0;
    look(&mut row, &title("old"), NOW - 2_000_000);
    assert_eq!(row.attempts[0].outcome, Outcome::Unknown);
}

/// A title that shows something else than was read and sent, and of which neither answer nor audit has told.
fn rewritten() -> Item {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    row.attempts[0].fields[0].audited = false;
    row.remote.as_mut().expect("a look").fields = title("NEW");
    row
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

#[test]
fn a_what_was_turned_away_at_the_door_is_not_looked_for() {
    let mut row = rewritten();
    let id = attempt(&row);
    unsent(&mut row, id, &[Field::Title]);
    assert_eq!(row.attempts.len(), 1, "a call before it may have set it");
    unsent(&mut row, id, &[]);
    assert!(row.attempts.is_empty());
    look(&mut row, &title("new"), NOW);
    assert_eq!(row.base, title("old"), "somebody's value is taken for ours");
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
        let theirs = Landed { theirs: BTreeSet::from([(id, field)]), ..Landed::default() };
        assert_eq!(told(&theirs), Some(old), "somebody's value is taken for ours: {field:?}");
        assert_eq!(told(&Landed::default()), Some(sent), "ours is taken for somebody's: {field:?}");
    }
}

#[test]
fn f_what_landed_rewritten_before_somebodys_value_is_recorded_as_by_an_answer() {
    for shown in ["old", "somebody's"] {
        let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
        row.attempts[0].fields[0].became = Some(text("NEW"));
        let landed = Landed { fields: BTreeSet::from([(attempt(&row), Field::Title)]), ..Landed::default() };
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
    let found = seen(&mut row, &title("somebody's"), NOW, &[], Some(&Landed::default()), NOW, &Timing::default());
    assert!(found.log.is_empty() && found.held.is_empty());
    assert_eq!((&row.base, &row.local), (&title("old"), &title("new")), "it is merged as an edit");
    assert!(row.attempts.is_empty(), "who sets our value later is taken for our late write");
}

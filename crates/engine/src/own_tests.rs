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

/// A title that shows something else than was read and sent, and of which neither answer nor audit has told.
fn rewritten() -> Item {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::Unknown);
    row.attempts[0].fields[0].audited = false;
    row.remote.as_mut().expect("a look").fields = title("NEW");
    row
}

#[test]
fn a_the_answer_shows_what_was_sent() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    assert!(answered(&mut row, &title("new"), id, &[Field::Title], true, NOW).is_empty());
    assert_eq!(row.base, title("new"));
    assert!(row.warnings.is_empty());
}

#[test]
fn a_the_answer_shows_the_value_read_so_it_was_refused() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &title("old"), id, &[Field::Title], true, NOW);
    assert_eq!(log[0].kind, LogKind::Refused);
    assert_eq!((log[0].before.clone(), log[0].after.clone()), (title("new"), title("old")));
    assert_eq!((row.local, row.base), (title("old"), title("old")));
    assert_eq!(row.warnings[0].kind, WarningKind::Refused);
}

#[test]
fn a_the_answer_shows_a_third_value_so_it_was_rewritten() {
    let mut row = item(Field::Title, text("old"), text("new  "), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &title("new"), id, &[Field::Title], true, NOW);
    assert_eq!(log[0].kind, LogKind::Rewritten);
    assert_eq!(row.local, title("new"));
}

#[test]
fn a_an_edit_made_since_is_not_taken_back() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    row.local = title("newer");
    answered(&mut row, &title("old"), id, &[Field::Title], true, NOW);
    assert_eq!((row.local, row.base), (title("newer"), title("old")));
}

#[test]
fn a_a_field_that_was_not_sent_yet_is_left_alone() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    let id = attempt(&row);
    assert!(answered(&mut row, &title("old"), id, &[Field::State], true, NOW).is_empty());
    assert_eq!(row.local, title("new"));
}

#[test]
fn a_a_label_that_the_tracker_drops_is_refused_and_the_others_stand() {
    let labels = |elements: &[&str]| Fields::new().with(Field::Labels, set(elements));
    let mut row = item(Field::Labels, set(&["a"]), set(&["a", "b", "ghost"]), Outcome::InFlight);
    let id = attempt(&row);
    let log = answered(&mut row, &labels(&["a", "b"]), id, &[Field::Labels], true, NOW);
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
fn a_claimer_that_died_leaves_an_unknown_outcome() {
    let mut row = item(Field::Title, text("old"), text("new"), Outcome::InFlight);
    row.outbox.lease_until_us = 0;
    look(&mut row, &title("old"), NOW - 2_000_000);
    assert_eq!(row.attempts[0].outcome, Outcome::Unknown);
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

#[path = "own_history_tests.rs"]
mod history;

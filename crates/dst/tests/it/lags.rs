//! What shows the past or comes late, forced one by one: a list that lags behind an edit, a replica behind a write, a look on its way as its
//! issue is deleted, an echo of a write that nobody remembers.

use crate::props::{body_here, into_a_second};
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::transport::lock;
use issuesync_dst::world::now;
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{Field, LogKind, LogRow, Value::Text};
use serde_json::json;

/// The list shows a title from before alice gave it up, and it is the very one that dora chooses after that. What is held back for it stays so
/// when dora changes something else.
#[test]
fn agreement_with_what_a_lagging_list_shows_is_none() {
    for edits_on in [false, true] {
        let setup = Setup { lagging: true, ..Setup::new(3) };
        let mut stage = Stage::of(setup).and_then(Stage::and_issue).expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
        stage.wait(10 * MINUTE_US);
        stage.edit_there(1, &json!({ "title": "The old one" }));
        stage.wait(3 * MINUTE_US);
        stage.edit_there(1, &json!({ "title": "The new one" }));
        drop(stage.catch());
        stage.wait(MINUTE_US);
        stage.title_here(id, "The old one").expect("an edit");
        stage.faults(Faults { stale_list_ms: 120_000, ..Faults::default() });
        stage.alone(Actor::Poller(0, false));
        stage.faults(Faults::default());
        if edits_on {
            body_here(&stage, id, "Another text.");
        }
        stage.settle().expect("rest");
        assert_eq!((stage.title(1), stage.shown(1)["title"].clone()), ("The old one".to_owned(), json!("The old one")));
        stage.lawful().expect("every law");
    }
}

/// Both sides choose the same title, and a look that may be a replica's has to be made once more: later, and not again and again.
#[test]
fn what_waits_for_another_look_does_not_ask_at_once() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(10 * MINUTE_US);
    stage.edit_there(1, &json!({ "title": "The same" }));
    drop(stage.catch());
    stage.wait(MINUTE_US);
    stage.title_here(id, "The same").expect("an edit");
    let before = lock(&stage.world.sim).requests();
    (0..10).for_each(|_| stage.alone(Actor::Pusher(0)));
    assert_eq!(lock(&stage.world.sim).requests() - before, 1, "one look, and no second one soon");
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

/// The deadline is written by a request of its own, and read behind it: from a replica that has not heard of the title yet.
#[test]
fn a_read_behind_a_write_may_be_a_replicas() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
    into_a_second(&stage);
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    drop(stage.catch());
    let between_us = stage.now_us() + 50_000;
    stage.wait(100_000);
    stage.title_here(id, "Ours").expect("an edit");
    stage.alone(Actor::Pusher(0));
    stage.wait(2 * SECOND_US);
    let day = "2027-02-28".parse().expect("a day");
    stage.edit_here(id, Changes { due_date: Some(Some(day)), ..Changes::default() }).expect("an edit");
    assert!(stage.to_next_effect(Actor::Pusher(0)));
    let stale_get_ms = (stage.now_us() - between_us) / 1000;
    stage.faults(Faults { stale_get_pm: 1000, stale_get_ms, ..Faults::default() });
    stage.alone(Actor::Pusher(0));
    stage.faults(Faults::default());
    assert_eq!(stage.title(1), "Ours", "the replica's past is taken over");
    stage.settle().expect("rest");
    assert_eq!((stage.title(1), stage.shown(1)["title"].clone()), ("Ours".to_owned(), json!("Ours")));
    stage.lawful().expect("every law");
}

/// Alice's title comes while the delete is on its way; a look shows it, and the row is buried before the look is let in.
#[test]
fn what_was_seen_as_the_delete_fell_is_in_the_tombstone() {
    let mut stage = Stage::with_issue().expect("a stage");
    stage.report("Another", "So that one may go.");
    stage.settle().expect("rest");
    let id = stage.row(1).expect("a row").id;
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.wait(SECOND_US);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    let seen = lock(&stage.world.sim).requests();
    assert!(stage.turn_until(Actor::Worker(0), |world| lock(&world.sim).requests() > seen));
    stage.alone(Actor::Pusher(0));
    stage.alone(Actor::Worker(0));
    let tombstone = stage.item(id).expect("the row").tombstone.expect("it is buried");
    let kept = tombstone.remote.and_then(|fields| fields.get(Field::Title).cloned());
    assert_eq!(kept, Some(Text("Alice's".to_owned())));
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

/// An echo of the first write comes while the third is on its way and waits for its own.
#[test]
fn an_echo_of_a_forgotten_write_leaves_the_next_one_its_own() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    body_here(&stage, id, "The first.");
    stage.alone(Actor::Pusher(0));
    let late = stage.catch();
    stage.settle().expect("rest");
    stage.wait(60 * MINUTE_US);
    body_here(&stage, id, "The second.");
    stage.settle().expect("rest");
    stage.wait(60 * MINUTE_US);
    body_here(&stage, id, "The third.");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "body": "Alice's." }));
    drop(stage.catch());
    late.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    stage.alone(Actor::Pusher(0));
    stage.settle().expect("rest");
    let lost = |row: &LogRow| row.before.get(Field::Body) == Some(&Text("Alice's.".to_owned()));
    assert!(stage.log(id).iter().any(|row| row.kind == LogKind::LostUpdate && lost(row)), "nothing tells of it");
    stage.lawful().expect("every law");
}

/// The echo comes late, and the database is restored to before that: nobody can know any more what the write replaced.
#[test]
fn what_came_since_a_backup_was_never_heard() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    body_here(&stage, id, "Ours.");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "body": "Alice's." }));
    stage.alone(Actor::Pusher(0));
    let late = stage.catch();
    stage.wait(60 * MINUTE_US);
    stage.world.back_up();
    late.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.wait(SECOND_US);
    assert!(stage.world.restore());
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["body"], "Ours.");
    stage.lawful().expect("every law");
}

/// A replica shows the past, something newer is seen, and a replica shows that past once more: two looks agree, and neither knows the newer.
#[test]
fn two_looks_around_a_newer_one_do_not_show_a_clock_that_was_set_back() {
    let mut stage = Stage::with_issue().expect("a stage");
    stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
    let past_us = stage.now_us();
    stage.wait(5 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Two" }));
    drop(stage.catch());
    stage.alone(Actor::Poller(0, false));
    assert_eq!(stage.title(1), "Two");
    let shows_the_past = |stage: &Stage| {
        let stale_get_ms = (stage.now_us() - past_us) / 1000;
        stage.faults(Faults { stale_get_pm: 1000, stale_get_ms, ..Faults::default() });
    };
    stage.edit_there(1, &json!({ "body": "Three." }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    shows_the_past(&stage);
    stage.alone(Actor::Worker(0));
    stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
    stage.wait(MINUTE_US);
    stage.edit_there(1, &json!({ "title": "Four" }));
    drop(stage.catch());
    stage.alone(Actor::Poller(0, false));
    assert_eq!(stage.title(1), "Four");
    stage.wait(10 * MINUTE_US);
    shows_the_past(&stage);
    stage.alone(Actor::Checker);
    assert_eq!(stage.title(1), "Four", "the past is taken over");
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

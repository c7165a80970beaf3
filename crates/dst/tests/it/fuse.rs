//! What the fuse holds back, forced one by one: how long, by whom it is let go, and what that meets on its way.

use crate::deletes::held_back;
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::transport::lock;
use issuesync_dst::world::{ALICE, World, now};
use issuesync_engine::Accepted;
use issuesync_forge_sim::Faults;
use issuesync_model::{ConnectionChange, Lifecycle};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

/// What one call answered, once it has.
type Told = Rc<RefCell<Option<Accepted>>>;

/// Of seven issues that are deleted here one by one, the fuse holds the last two back: `#6` and `#7`.
fn two_held_back() -> Stage {
    let mut stage = Stage::of(Setup::new(1)).expect("a stage");
    for _ in 1..=7 {
        stage = stage.and_issue().expect("one more");
    }
    for number in 1..=7 {
        delete(&mut stage, number);
    }
    let buried: Vec<bool> = (1..=7).map(|number| is_buried(&stage, number)).collect();
    assert_eq!(buried, [true, true, true, true, true, false, false]);
    stage
}

fn delete(stage: &mut Stage, number: i64) {
    let id = stage.row(number).expect("a row").id;
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.alone(Actor::Pusher(0));
    stage.wait(SECOND_US);
}

fn is_buried(stage: &Stage, number: i64) -> bool {
    stage.row(number).expect("a row").lifecycle == Lifecycle::Deleted
}

fn is_open(stage: &Stage) -> bool {
    stage.world.connections()[0].fuse_open
}

/// What is held back stays, and its alarm is gone: as it is when a process dies between the two commits.
fn untell(stage: &Stage) {
    let (id, shut) = (stage.world.connections[0], vec![ConnectionChange::Fuse(false)]);
    now(stage.world.store.change_connection(id, shut, Vec::new())).expect("shut");
}

/// How often something was told of the fuse.
fn told_of_fuse(stage: &Stage) -> usize {
    let rows = now(stage.world.store.connection_log(stage.world.connections[0], 100)).expect("a log");
    rows.iter().filter(|row| row.kind == "fuse").count()
}

fn accept(stage: &Stage) -> Accepted {
    now(stage.world.engine().accept_deletes(&stage.world.cx(), stage.world.connections[0])).expect("accepted")
}

/// Somebody begins to accept; the n-th who does so is `Actor::Caller(n)`.
fn begin_to_accept(stage: &mut Stage) -> Told {
    let (id, told) = (stage.world.connections[0], Told::default());
    let answer = Rc::clone(&told);
    stage.world.call(move |engine, cx| async move {
        let accepted = engine.accept_deletes(&cx, id).await.map_err(|error| error.to_string())?;
        answer.replace(Some(accepted));
        Ok(())
    });
    told
}

/// Lets an actor go on until the tracker has answered its next look at an issue.
fn to_look_at(stage: &mut Stage, actor: Actor, number: i64) {
    let (before, path) = (stage.history("requests").len(), format!("/issues/{number}"));
    let looked = |world: &World| {
        let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
        requests.iter().skip(before).any(|row| row["path"].as_str().is_some_and(|asked| asked.ends_with(&path)))
    };
    assert!(stage.turn_until(actor, looked), "nobody looked at #{number}");
}

fn issues(stage: &Stage, on: bool) {
    stage.world.person(ALICE, "PATCH", &stage.world.path(0), &json!({ "has_issues": on }));
}

#[test]
fn a_delete_that_the_fuse_holds_back_waits_for_a_person_however_long() {
    let mut stage = held_back(Setup::new(1));
    stage.live(200 * MINUTE_US).expect("an ordinary time");
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (false, true), "nobody accepted it");
    assert_eq!(stage.shown(2)["number"], 2, "it is gone from the tracker");
    assert_eq!(told_of_fuse(&stage), 1, "one alarm, and no end of it");
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (true, false));
    stage.lawful().expect("every law");
}

#[test]
fn nothing_more_is_deleted_while_the_fuse_is_open() {
    let mut stage = held_back(Setup::new(1));
    let numbers = [(); 3].map(|()| stage.report("One more", "What happens."));
    stage.live(90 * MINUTE_US).expect("an ordinary time");
    delete(&mut stage, numbers[0]);
    stage.there("DELETE", &format!("issues/{}", numbers[1]), &Value::Null);
    stage.live(30 * MINUTE_US).expect("an ordinary time");
    assert_eq!(numbers.map(|number| is_buried(&stage, number)), [false; 3]);
    assert_eq!(accept(&stage), Accepted { settled: 3, held: 0 });
    assert_eq!(numbers.map(|number| is_buried(&stage, number)), [true, true, false]);
    assert!(!is_open(&stage), "nothing is held back any more");
    stage.lawful().expect("every law");
}

#[test]
fn a_full_pass_ends_the_alarm_once_what_was_held_back_is_taken_back() {
    let mut stage = held_back(Setup::new(1));
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    assert!(is_open(&stage), "a full pass has nothing to say to a delete that is asked for here");
    let id = stage.row(2).expect("the row").id;
    now(stage.world.engine().undo(&stage.world.cx(), id, "dora")).expect("taken back");
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (false, false));
    assert_eq!(accept(&stage), Accepted { settled: 0, held: 0 });
    stage.lawful().expect("every law");
}

#[test]
fn what_is_held_back_is_told_also_when_its_process_died_before_telling() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    for number in [1, 2] {
        stage.there("DELETE", &format!("issues/{number}"), &Value::Null);
        stage.live(20 * MINUTE_US).expect("an ordinary time");
    }
    assert_eq!(([1, 2].map(|number| is_buried(&stage, number)), is_open(&stage)), ([true, false], true));
    // As it is between the commit of the check and the alarm's.
    let connection = stage.world.connections[0];
    now(stage.world.store.change_connection(connection, vec![ConnectionChange::Fuse(false)], Vec::new()))
        .expect("shut");
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    assert!(is_open(&stage), "it is held back for ever, and nobody knows");
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    stage.lawful().expect("every law");
}

#[test]
fn a_delete_made_here_stays_held_back_also_when_its_process_died_before_telling() {
    let mut stage = held_back(Setup::new(1));
    untell(&stage);
    stage.wait(70 * MINUTE_US);
    stage.alone(Actor::Pusher(0));
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (false, true), "nobody accepted it");
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    stage.lawful().expect("every law");
}

#[test]
fn an_accepted_delete_is_not_taken_for_made_because_the_issues_were_switched_off_for_a_moment() {
    let mut stage = held_back(Setup::new(1));
    issues(&stage, false);
    let told = begin_to_accept(&mut stage);
    to_look_at(&mut stage, Actor::Caller(1), 2);
    issues(&stage, true);
    stage.alone(Actor::Caller(1));
    assert_eq!(*told.borrow(), Some(Accepted { settled: 0, held: 1 }));
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (false, true), "buried, and on the tracker");
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    assert!(is_buried(&stage, 2), "it came back");
    stage.lawful().expect("every law");
}

#[test]
fn two_people_who_accept_at_once_leave_no_alarm_behind() {
    let mut stage = two_held_back();
    let (first, second) = (begin_to_accept(&mut stage), begin_to_accept(&mut stage));
    to_look_at(&mut stage, Actor::Caller(1), 6);
    to_look_at(&mut stage, Actor::Caller(2), 7);
    stage.alone(Actor::Caller(1));
    assert_eq!(*first.borrow(), Some(Accepted { settled: 1, held: 1 }), "the other has #7 in hand");
    stage.alone(Actor::Caller(2));
    assert_eq!(*second.borrow(), Some(Accepted { settled: 1, held: 0 }), "the other had #6 in hand");
    assert_eq!(([6, 7].map(|number| is_buried(&stage, number)), is_open(&stage)), ([true, true], false));
    stage.lawful().expect("every law");
}

#[test]
fn an_accepted_delete_that_fails_does_not_hold_the_others_up() {
    let mut stage = two_held_back();
    let told = begin_to_accept(&mut stage);
    assert!(stage.strike(Actor::Caller(1), Faults { error_before_pm: 1000, ..Faults::default() }));
    assert_eq!((*told.borrow(), stage.world.told.borrow()[0].is_err()), (None, true), "the error is told");
    assert_eq!([6, 7].map(|number| is_buried(&stage, number)), [false, true]);
    assert!(is_open(&stage), "#6 is held back still");
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    stage.lawful().expect("every law");
}

#[test]
fn an_accepted_delete_that_another_claimed_meanwhile_counts_as_held_back() {
    let mut stage = held_back(Setup::new(1));
    let told = begin_to_accept(&mut stage);
    to_look_at(&mut stage, Actor::Caller(1), 2);
    // The answer is there, and its process sleeps over it.
    assert!(stage.world.exec.turn(Actor::Caller(1)));
    // So long that a pusher tries it again, as one does all the time.
    stage.wait(20 * MINUTE_US);
    stage.alone(Actor::Pusher(0));
    stage.alone(Actor::Caller(1));
    assert_eq!(*told.borrow(), Some(Accepted { settled: 0, held: 1 }));
    assert_eq!((is_buried(&stage, 2), is_open(&stage)), (false, true));
    assert_eq!(accept(&stage), Accepted { settled: 1, held: 0 });
    stage.lawful().expect("every law");
}

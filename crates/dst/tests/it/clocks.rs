//! A tracker's clock that is set back: what is stamped by it afterwards lies before the cursor, and is found by the next incremental pass all
//! the same, also when the process that knew the old clock, or noticed the step, is gone.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::world::now;
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{Conflict, ConflictKind, Field, Theta};
use serde_json::json;

const SKEW_MS: i64 = -190_000;

/// A mirror at rest with one issue, of which no delivery comes.
fn stage() -> Stage {
    let stage = Stage::with_issue().expect("a stage");
    stage.faults(Faults { hook_drop_pm: 1000, ..Faults::default() });
    stage
}

/// One incremental pass, of which the log says nothing but what it pulls.
fn poll(stage: &mut Stage) {
    stage.wait(61 * SECOND_US);
    stage.round(Some(false)).expect("a pass");
}

#[test]
fn what_is_made_after_the_clock_was_set_back_is_found_by_the_next_pass() {
    for restarts in [false, true] {
        let mut stage = stage();
        poll(&mut stage);
        stage.faults(Faults { hook_drop_pm: 1000, clock_skew_ms: SKEW_MS, ..Faults::default() });
        if restarts {
            stage.world.restart();
        }
        stage.report("Two", "Made after the clock was set back.");
        stage.there("POST", "issues/1/comments", &json!({ "body": "Written after the clock was set back." }));
        poll(&mut stage);
        assert!(stage.row(2).is_ok(), "the issue waits for a full pass (restarts: {restarts})");
        let id = stage.row(1).expect("a row").id;
        let comments = now(stage.world.store.comments_of(id, false)).expect("comments");
        assert_eq!(comments.len(), 1, "the comment waits for a full pass (restarts: {restarts})");
        stage.lawful().expect("every law");
    }
}

#[test]
fn a_replica_that_shows_what_was_there_before_the_clock_was_set_back_is_not_believed() {
    let mut stage = stage();
    let id = stage.row(1).expect("a row").id;
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.settle().expect("rest");
    // The tracker remembers its past from here on, and still shows the present.
    let set_back = Faults { clock_skew_ms: -600_000, stale_get_pm: 1000, stale_get_ms: 0, ..Faults::default() };
    stage.faults(set_back.clone());
    stage.title_here(id, "Ours").expect("an edit");
    stage.alone(Actor::Pusher(0));
    assert_eq!(stage.shown(1)["title"], "Ours");
    stage.wait(SECOND_US);
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    let told = stage.catch();
    told.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    let body = |stage: &Stage| stage.row(1).expect("a row").local.text(Field::Body).to_owned();
    assert_eq!(body(&stage), "Alice's text.");
    stage.wait(SECOND_US);
    stage.faults(Faults { stale_get_ms: 3500, ..set_back });
    let label = stage.there("GET", "labels", &json!(null))[0]["id"].clone();
    stage.there("POST", "issues/1/labels", &json!({ "labels": [label] }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    assert_eq!(body(&stage), "Alice's text.", "the replica's past is taken over");
    stage.faults(Faults { clock_skew_ms: -600_000, ..Faults::default() });
    stage.lawful().expect("every law");
}

#[test]
fn a_clock_that_was_set_while_nobody_ran_is_noticed() {
    let mut stage = stage();
    poll(&mut stage);
    let known = stage.world.connections()[0].clock;
    assert_ne!(known, Theta::unknown(), "a pass keeps what it knows of the clock");
    let (before_us, sure_us) = (stage.now_us(), known.eps_us(stage.now_us()));
    stage.faults(Faults { hook_drop_pm: 1000, clock_skew_ms: SKEW_MS, ..Faults::default() });
    stage.world.restart();
    stage.wait(20 * MINUTE_US);
    stage.round(Some(false)).expect("a pass");
    let clock = stage.world.connections()[0].clock;
    let doubt_us = clock.eps_of(before_us, stage.now_us());
    assert!(doubt_us >= sure_us - SKEW_MS * 1000, "a stamp from before the step is off by the step: {doubt_us}");
    stage.lawful().expect("every law");
}

#[test]
fn a_label_taken_off_while_no_look_is_believed_stays_off() {
    let mut stage = stage();
    let id = stage.row(1).expect("a row").id;
    poll(&mut stage);
    stage.faults(Faults { hook_drop_pm: 1000, clock_skew_ms: -600_000, ..Faults::default() });
    let labelled = Changes { add_labels: vec!["bug".to_owned()], ..Changes::default() };
    stage.edit_here(id, labelled).expect("an edit");
    stage.alone(Actor::Pusher(0));
    let label = stage.shown(1)["labels"][0]["id"].clone();
    assert!(label.is_u64(), "the label did not reach the tracker");
    stage.wait(3 * SECOND_US);
    stage.there("DELETE", &format!("issues/1/labels/{label}"), &json!(null));
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["labels"], json!([]), "the label came back on the tracker");
    stage.lawful().expect("every law");
}

/// The clock is ahead while one process commits a row, and right again when the next one reads it.
#[test]
fn stamps_of_a_clock_that_only_a_dead_process_knew_decide_no_edit() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(MINUTE_US);
    stage.round(Some(false)).expect("a pass");
    stage.faults(Faults { clock_skew_ms: 600_000, ..Faults::default() });
    stage.edit_there(1, &json!({ "body": "Written while the clock was ahead." }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    let known = stage.row(1).expect("a row").remote.expect("a look").u_us;
    assert!(known > stage.now_us() + 590 * SECOND_US, "no stamp of the clock that is ahead is known");
    stage.world.restart();
    stage.faults(Faults::default());
    stage.wait(MINUTE_US);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.wait(2 * MINUTE_US);
    stage.title_here(id, "Ours").expect("an edit");
    stage.wait(10 * MINUTE_US);
    stage.edit_there(1, &json!({ "body": "Written when the clock was right again." }));
    drop(stage.catch());
    poll(&mut stage);
    stage.settle().expect("rest");
    assert_eq!(stage.title(1), "Ours", "the older title won");
    let open = stage.item(id).expect("the row").conflicts;
    let clash = |open: &Conflict| open.field == Field::Title && open.kind == ConflictKind::Clash;
    assert!(open.iter().any(clash), "nobody can say which was later: {open:?}");
    stage.lawful().expect("every law");
}

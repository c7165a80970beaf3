//! Rare meetings, forced one by one: a pusher that sleeps beyond its lease, an answer that took long, two audits of one field, hooks whose
//! creation got no answer.

use crate::props::{made, out_of_sight};
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::Value::Text;
use issuesync_model::{Conflict, ConflictKind, Field, Lifecycle};
use serde_json::{Value, json};

#[test]
fn a_create_that_sleeps_beyond_its_lease_takes_nothing_of_its_successor() {
    let mut posts = 0;
    for k in 1.. {
        let mut stage = Stage::new().expect("a stage");
        let id = stage.create_here("Made here").expect("a row").id;
        assert!(stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() }));
        let open = |stage: &Stage| -> Vec<_> {
            stage.item(id).expect("the row").attempts.iter().map(|attempt| attempt.id).collect()
        };
        let lost = open(&stage);
        stage.wait(4 * MINUTE_US);
        stage.world.start(Actor::Pusher(0));
        let ended = (0..k).any(|_| {
            stage.wait(500);
            !stage.world.exec.turn(Actor::Pusher(0))
        });
        // Whoever sleeps between an intent of its own and its request cannot be told from a slow network.
        if ended || open(&stage).iter().any(|attempt| !lost.contains(attempt)) {
            assert!(k > 10, "a search has more than ten turns");
            break;
        }
        stage.wait(121 * SECOND_US);
        posts += u32::from(stage.strike(Actor::Pusher(1), Faults { lose_answer_pm: 1000, ..Faults::default() }));
        drop(stage.catch());
        stage.alone(Actor::Pusher(0));
        for _ in 0..5 {
            stage.wait(3 * MINUTE_US);
            drop(stage.catch());
            stage.alone(Actor::Pusher(0));
        }
        assert_eq!(made(&stage), 1, "asleep at turn {k}");
        stage.settle().expect("rest");
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "asleep at turn {k}");
        stage.lawful().expect("every law");
    }
    assert!(posts > 0, "the successor never posted");
}

#[test]
fn an_edit_made_here_while_our_write_is_on_its_way_is_no_clash_with_what_the_tracker_makes_of_it() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.faults(Faults { rewrite: [("title".to_owned(), "upper".to_owned())].into(), ..Faults::default() });
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.to_next_effect(Actor::Pusher(0)));
    stage.wait(2 * SECOND_US);
    stage.alone(Actor::Poller(0, false));
    let shown = stage.item(id).expect("the row").remote.expect("a look").fields;
    assert_eq!(shown.text(Field::Title), "OURS", "the pass did not show what the tracker made of it");
    stage.title_here(id, "Ours again").expect("an edit");
    let open = stage.item(id).expect("the row").conflicts;
    assert!(open.is_empty(), "our own write was taken for somebody's edit: {open:?}");
    drop(stage.catch());
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["title"], "OURS AGAIN");
    stage.lawful().expect("every law");
}

#[test]
fn an_audit_that_was_made_takes_no_other() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    let both = Changes { title: Some("Ours".to_owned()), body: Some("Our text.".to_owned()), ..Changes::default() };
    stage.edit_here(id, both).expect("an edit");
    stage.alone(Actor::Pusher(0));
    for delivery in stage.catch() {
        let told: Value = serde_json::from_slice(&delivery.body).expect("JSON");
        if !told["changes"]["title"].is_null() && told["changes"]["body"].is_null() {
            stage.deliver(&delivery).expect("taken");
        }
    }
    stage.alone(Actor::Worker(0));
    let open: Vec<_> =
        stage.item(id).expect("the row").attempts.iter().flat_map(|attempt| attempt.fields.clone()).collect();
    assert_eq!(
        open.iter().map(|part| (part.field, part.audited)).collect::<Vec<_>>(),
        [(Field::Title, true), (Field::Body, false)]
    );
    stage.wait(10 * SECOND_US);
    stage.title_here(id, "Ours again").expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.alone(Actor::Pusher(0));
    drop(stage.catch());
    stage.settle().expect("rest");
    let lost = |kind: &ConflictKind| *kind == ConflictKind::LostUpdate;
    assert!(stage.item(id).expect("the row").conflicts.iter().any(|open| lost(&open.kind)), "Alice's edit is not told");
    stage.lawful().expect("every law");
}

#[test]
fn an_edit_replaced_by_a_value_that_the_tracker_rewrote_is_told() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.faults(Faults { rewrite: [("title".to_owned(), "upper".to_owned())].into(), ..Faults::default() });
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.alone(Actor::Pusher(0));
    assert_eq!(stage.shown(1)["title"], "OURS", "nothing was rewritten");
    drop(stage.catch());
    stage.settle().expect("rest");
    let lost = |kind: &ConflictKind| *kind == ConflictKind::LostUpdate;
    assert!(stage.item(id).expect("the row").conflicts.iter().any(|open| lost(&open.kind)), "Alice's edit is not told");
    stage.lawful().expect("every law");
}

/// The answer, which would tell what the tracker made of the value, is lost, and so is the echo.
#[test]
fn a_write_that_the_history_alone_shows_as_rewritten_is_ours() {
    for takes_back in [false, true] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        let before = stage.title(1);
        stage.title_here(id, "Ours").expect("an edit");
        assert!(stage.to_next_write(Actor::Pusher(0)));
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        let rewrite = [("title".to_owned(), "upper".to_owned())].into();
        stage.faults(Faults { rewrite, lose_answer_pm: 1000, ..Faults::default() });
        stage.alone(Actor::Pusher(0));
        assert_eq!(stage.shown(1)["title"], "OURS", "nothing was rewritten");
        stage.faults(Faults::default());
        stage.wait(SECOND_US);
        if takes_back {
            stage.edit_there(1, &json!({ "title": before }));
        }
        drop(stage.catch());
        stage.settle().expect("rest");
        let row = stage.item(id).expect("the row");
        let lost = |open: &Conflict| open.lost == Some(Text("Alice's".to_owned()));
        assert!(row.conflicts.iter().any(lost), "Alice's edit is not told, taken back: {takes_back}");
        let clash = |open: &Conflict| open.kind == ConflictKind::Clash;
        assert!(!row.conflicts.iter().any(clash), "our own write was taken for somebody's edit");
        let shown = if takes_back { before } else { "OURS".to_owned() };
        assert_eq!((stage.title(1), stage.shown(1)["title"].clone()), (shown.clone(), json!(shown)));
        stage.lawful().expect("every law");
    }
}

#[test]
fn an_answer_that_took_long_takes_back_nothing_that_a_look_showed_meanwhile() {
    let mut shown = 0;
    for k in 1.. {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.edit_there(1, &json!({ "body": "Alice's text." }));
        for delivery in stage.catch() {
            stage.deliver(&delivery).expect("taken");
        }
        stage.title_here(id, "Ours").expect("an edit");
        stage.world.start(Actor::Worker(0));
        let ended = (0..k).any(|_| {
            stage.wait(500);
            !stage.world.exec.turn(Actor::Worker(0))
        });
        if ended {
            break;
        }
        assert!(stage.to_next_effect(Actor::Pusher(0)));
        stage.wait(2 * SECOND_US);
        stage.edit_there(1, &json!({ "body": "Alice's second text." }));
        drop(stage.catch());
        stage.alone(Actor::Worker(0));
        let before = stage.row(1).expect("a row").local.text(Field::Body).to_owned();
        stage.alone(Actor::Pusher(0));
        if before == "Alice's second text." {
            shown += 1;
            assert_eq!(stage.row(1).expect("a row").local.text(Field::Body), before, "worker stopped at turn {k}");
        }
        stage.lawful().expect("every law");
    }
    assert!(shown > 0, "no look showed the second text before the answer");
}

#[test]
fn a_hook_whose_creation_got_no_answer_is_found_again_and_left_overs_go() {
    let mut stage = Stage::with_issue().expect("a stage");
    let hooks = |stage: &Stage| stage.there("GET", "hooks", &Value::Null).as_array().cloned().unwrap_or_default();
    let first = hooks(&stage).remove(0);
    let config = json!({ "url": first["config"]["url"], "content_type": "json", "secret": "of long ago" });
    stage.there("POST", "hooks", &json!({ "type": "gitea", "active": true, "events": ["issues"], "config": config }));
    stage.there("DELETE", &format!("hooks/{}", first["id"]), &Value::Null);
    assert_eq!(hooks(&stage).len(), 1, "the left-over does not stand");
    // The left-over goes with the first write, the new one comes with the second.
    assert!(stage.to_next_effect(Actor::Poller(0, true)));
    assert!(stage.strike(Actor::Poller(0, true), Faults { lose_answer_pm: 1000, ..Faults::default() }));
    let made = hooks(&stage);
    assert_eq!(made.len(), 1, "a left-over delivers everything twice: {made:?}");
    assert_eq!(stage.world.connections()[0].hook.clone().expect("a hook").id, 0, "its creation was answered");
    stage.round(Some(true)).expect("a full pass");
    assert_eq!(hooks(&stage), made, "another one was made");
    let hook = stage.world.connections()[0].hook.clone().expect("a hook");
    assert_eq!(json!(hook.id), made[0]["id"], "the hook that stands is not the one that is known");
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("its secret is known")));
    stage.lawful().expect("every law");
}

#[test]
fn an_echo_that_comes_while_the_issue_is_out_of_sight_is_heard() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    let text = Changes { body: Some("Ours.".to_owned()), ..Changes::default() };
    stage.edit_here(id, text).expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    stage.alone(Actor::Pusher(0));
    stage.wait(SECOND_US);
    out_of_sight(&stage, true);
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    out_of_sight(&stage, false);
    stage.live(10 * MINUTE_US).expect("an ordinary time");
    let lost = |open: &Conflict| open.kind == ConflictKind::LostUpdate;
    assert!(stage.item(id).expect("the row").conflicts.iter().any(lost), "Alice's text is told by nothing else");
    stage.lawful().expect("every law");
}

#[test]
fn a_hook_that_somebody_pointed_elsewhere_is_left_alone() {
    let mut stage = Stage::with_issue().expect("a stage");
    let hooks = |stage: &Stage| stage.there("GET", "hooks", &Value::Null).as_array().cloned().unwrap_or_default();
    let first = hooks(&stage).remove(0);
    let elsewhere = json!({ "config": { "url": "https://relay.example.org/in", "content_type": "json" } });
    stage.there("PATCH", &format!("hooks/{}", first["id"]), &elsewhere);
    assert_eq!(hooks(&stage)[0]["config"]["url"], "https://relay.example.org/in");
    stage.round(Some(true)).expect("a full pass");
    let now = hooks(&stage);
    assert_eq!(now.len(), 2, "ours is made anew: {now:?}");
    assert!(now.iter().any(|hook| hook["id"] == first["id"]), "somebody's hook was taken away");
    stage.lawful().expect("every law");
}

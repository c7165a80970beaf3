//! What looks like one thing and may be another, forced one by one: an empty list of a stranger's repository, a list that lags behind a backup, a
//! label that never arrived or was taken off again.

use crate::props::{body_here, into_a_second, lives_beside_a_stranger, made};
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::world::{World, now};
use issuesync_engine::Changes;
use issuesync_forge_sim::{Delivery, Faults};
use issuesync_model::Value::Text;
use issuesync_model::{Conflict, DeletePolicy, Field, ItemId, Lifecycle, LogKind, Reason, Settings, State};
use serde_json::{Value, json};

#[test]
fn an_empty_list_of_a_strangers_repository_says_nothing_of_ours() {
    for k in 1.. {
        let mut stage = Stage::new().expect("a stage");
        let id = stage.create_here("Made here").expect("a row").id;
        stage.world.back_up();
        stage.alone(Actor::Pusher(0));
        assert_eq!(made(&stage), 1);
        drop(stage.catch());
        assert!(stage.world.restore());
        stage.forget_marks();
        let ended = lives_beside_a_stranger(&mut stage, Actor::Poller(0, false), k);
        stage.alone(Actor::Pusher(0));
        stage.settle().expect("rest");
        assert_eq!(made(&stage), 1, "given back at turn {k}");
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "given back at turn {k}");
        stage.lawful().expect("every law");
        if ended {
            assert!(k > 10, "a pass has more than ten turns");
            break;
        }
    }
}

#[test]
fn what_a_lagging_list_does_not_show_after_a_restore_is_searched_for() {
    let mut stage = Stage::of(Setup { lagging: true, ..Setup::new(3) }).and_then(Stage::and_issue).expect("a stage");
    let issue = stage.row(1).expect("a row").id;
    let id = stage.create_here("Made here").expect("a row").id;
    let remark =
        now(stage.world.engine().create_comment(&stage.world.cx(), issue, "A remark.".to_owned(), None, "dora"));
    let remark = remark.expect("a comment").id;
    stage.world.back_up();
    stage.alone(Actor::Pusher(0));
    assert_eq!(made(&stage), 1);
    drop(stage.catch());
    assert!(stage.world.restore());
    stage.forget_marks();
    stage.faults(Faults { stale_list_ms: 300_000, ..Faults::default() });
    stage.wait(10 * SECOND_US);
    stage.alone(Actor::Poller(0, false));
    stage.alone(Actor::Pusher(0));
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    assert_eq!(made(&stage), 1, "it was made twice");
    for row in [id, remark] {
        assert_eq!(stage.item(row).expect("the row").lifecycle, Lifecycle::Linked);
    }
    stage.lawful().expect("every law");
}

/// Three issues that nobody here saw were made before ours and deleted: their numbers are free, and the list does not show ours yet.
#[test]
fn free_numbers_of_deleted_issues_are_no_proof_while_the_list_may_lag() {
    let mut stage = Stage::of(Setup { lagging: true, ..Setup::new(3) }).and_then(Stage::and_issue).expect("a stage");
    let stale = Faults { stale_list_ms: 300_000, hook_drop_pm: 1000, ..Faults::default() };
    stage.faults(stale.clone());
    for _ in 0..3 {
        let number = stage.there("POST", "issues", &json!({ "title": "Not for long" }))["number"].clone();
        stage.there("DELETE", &format!("issues/{number}"), &Value::Null);
    }
    let id = stage.create_here("Made here").expect("a row").id;
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..stale }), "an answer is lost");
    assert_eq!(made(&stage), 1);
    stage.live(20 * MINUTE_US).expect("it lives");
    assert_eq!(made(&stage), 1, "it was made twice");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked);
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

/// The restored database knows neither that it closed the issue nor that somebody opened it again.
#[test]
fn what_somebody_took_back_of_a_write_that_a_restore_forgot_is_unprovable() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.edit_here(id, Changes { state: Some(State::Closed(Reason::None)), ..Changes::default() }).expect("an edit");
    stage.world.back_up();
    stage.alone(Actor::Pusher(0));
    stage.wait(SECOND_US);
    stage.edit_there(1, &json!({ "state": "open" }));
    drop(stage.catch());
    assert!(stage.world.restore());
    stage.forget_marks();
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["state"], "closed");
    stage.lawful().expect("every law");
}

/// Labels as the mirror and as the tracker shows them.
fn labels(stage: &Stage, id: ItemId) -> (Vec<String>, Vec<String>) {
    let here = stage.item(id).expect("the row").local.elements(Field::Labels).into_iter().collect();
    let there = stage.shown(1)["labels"].as_array().cloned().unwrap_or_default();
    (here, there.iter().filter_map(|label| label["name"].as_str().map(str::to_owned)).collect())
}

/// A label is sent and its answer lost: it may have taken effect or not, and somebody may have undone it before anybody looked.
#[test]
fn a_label_that_was_taken_off_again_before_anybody_looked_stays_off() {
    for (landed, undone) in [(true, true), (true, false), (false, false)] {
        for adds in [true, false] {
            let mut stage = Stage::with_issue().expect("a stage");
            let id = stage.row(1).expect("a row").id;
            let bug = stage.there("GET", "labels", &Value::Null)[0].clone();
            let name = bug["name"].as_str().expect("a label").to_owned();
            let put_on =
                |stage: &Stage| drop(stage.there("POST", "issues/1/labels", &json!({ "labels": [bug["id"]] })));
            let take_off = |stage: &Stage| {
                stage.there("DELETE", &format!("issues/1/labels/{}", bug["id"]), &Value::Null);
            };
            if !adds {
                put_on(&stage);
                stage.settle().expect("rest");
            }
            stage.wait(MINUTE_US);
            let wanted: Vec<String> = if adds { vec![name.clone()] } else { Vec::new() };
            stage.edit_here(id, Changes { labels: Some(wanted), ..Changes::default() }).expect("an edit");
            let lost = if landed {
                Faults { lose_answer_pm: 1000, ..Faults::default() }
            } else {
                Faults { lose_request_pm: 1000, ..Faults::default() }
            };
            assert!(stage.strike(Actor::Pusher(0), lost));
            stage.wait(SECOND_US);
            if undone && adds {
                take_off(&stage);
            } else if undone {
                put_on(&stage);
            }
            drop(stage.catch());
            stage.settle().expect("rest");
            let shown: Vec<String> = if adds == undone { Vec::new() } else { vec![name] };
            assert_eq!(labels(&stage, id), (shown.clone(), shown), "landed {landed}, undone {undone}, adds {adds}");
            stage.lawful().expect("every law");
        }
    }
}

/// Told from outside by one delivery more, under an id of its own.
fn again(delivery: &Delivery, id: &str) -> Delivery {
    let is_id = |name: &str| name.to_lowercase().ends_with("-delivery");
    let headers = delivery.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), if is_id(name) { id.to_owned() } else { value.clone() }));
    Delivery { headers: headers.collect(), ..delivery.clone() }
}

fn keeps_what_was_replaced(stage: &Stage, id: ItemId, lost: &str) -> bool {
    let kept = |open: &Conflict| open.lost == Some(Text(lost.to_owned()));
    stage.item(id).expect("the row").conflicts.iter().any(kept)
}

#[test]
fn an_echo_that_is_told_twice_is_not_that_of_the_next_write() {
    for while_it_is_sent in [true, false] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        body_here(&stage, id, "Ours.");
        stage.alone(Actor::Pusher(0));
        let first = stage.catch();
        first.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        stage.alone(Actor::Worker(0));
        body_here(&stage, id, "Ours again.");
        assert!(stage.to_next_write(Actor::Pusher(0)));
        stage.edit_there(1, &json!({ "body": "Alice's." }));
        if !while_it_is_sent {
            stage.alone(Actor::Pusher(0));
        }
        for (n, delivery) in first.iter().enumerate() {
            stage.deliver(&again(delivery, &format!("again-{n}"))).expect("taken");
        }
        stage.alone(Actor::Worker(0));
        stage.alone(Actor::Pusher(0));
        stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        stage.settle().expect("rest");
        assert_eq!(stage.shown(1)["body"], "Ours again.");
        assert!(keeps_what_was_replaced(&stage, id, "Alice's."), "told while the second is sent: {while_it_is_sent}");
        stage.lawful().expect("every law");
    }
}

#[test]
fn an_echo_that_waits_behind_an_outage_is_heard() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    body_here(&stage, id, "Ours.");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "body": "Alice's." }));
    stage.alone(Actor::Pusher(0));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.faults(Faults { outage: true, ..Faults::default() });
    stage.live(60 * MINUTE_US).expect("an outage");
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    assert!(keeps_what_was_replaced(&stage, id, "Alice's."));
    stage.lawful().expect("every law");
}

#[test]
fn a_value_that_the_mirror_gave_up_is_somebodys_when_it_is_set_there() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() }));
    stage.wait(30 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.alone(Actor::Poller(0, false));
    // The history tells that it is not what the tracker made of ours.
    stage.alone(Actor::Checker);
    assert_eq!(stage.title(1), "Alice's", "the later edit does not win");
    stage.wait(5 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Ours" }));
    stage.settle().expect("rest");
    assert_eq!((stage.title(1), stage.shown(1)["title"].clone()), ("Ours".to_owned(), json!("Ours")));
    stage.lawful().expect("every law");
}

/// A replica shows the past under the very stamp of the present, and the mirror has something to send.
#[test]
fn a_replica_does_not_take_back_what_was_changed_within_its_second() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
    into_a_second(&stage);
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    stage.wait(300_000);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    assert_eq!(stage.title(1), "Alice's");
    let read = stage.now_us();
    body_here(&stage, id, "Ours.");
    // The replica stands between the two edits.
    stage.wait(2 * SECOND_US);
    let stale_get_ms = (stage.now_us() - read + 200_000) / 1000;
    stage.faults(Faults { stale_get_pm: 1000, stale_get_ms, ..Faults::default() });
    stage.alone(Actor::Pusher(0));
    assert_eq!(stage.title(1), "Alice's", "the replica's past is taken over");
    stage.faults(Faults::default());
    stage.settle().expect("rest");
    assert_eq!((stage.title(1), stage.shown(1)["body"].clone()), ("Alice's".to_owned(), json!("Ours.")));
    stage.lawful().expect("every law");
}

/// No notice tells the values of labels, but that they changed under this stamp.
#[test]
fn two_edits_of_one_second_both_arrive_soon() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    let bug = stage.there("GET", "labels", &Value::Null)[0].clone();
    into_a_second(&stage);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.round(None).expect("a round");
    stage.there("POST", "issues/1/labels", &json!({ "labels": [bug["id"]] }));
    stage.live(2 * SECOND_US).expect("an ordinary time");
    assert_eq!((stage.title(1), labels(&stage, id).0), ("Alice's".to_owned(), vec!["bug".to_owned()]));
    stage.lawful().expect("every law");
}

/// Two writes follow each other, the tracker rewrites both, and the first replaced an edit.
#[test]
fn what_a_value_became_is_remembered_beyond_the_next_write() {
    for told in [true, false] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.faults(Faults { rewrite: [("title".to_owned(), "upper".to_owned())].into(), ..Faults::default() });
        stage.title_here(id, "Ours").expect("an edit");
        assert!(stage.to_next_write(Actor::Pusher(0)));
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        stage.alone(Actor::Pusher(0));
        let echoes = stage.catch();
        stage.wait(SECOND_US);
        stage.title_here(id, "Ours again").expect("an edit");
        stage.alone(Actor::Pusher(0));
        assert_eq!(stage.shown(1)["title"], "OURS AGAIN", "nothing was rewritten");
        drop(stage.catch());
        if told {
            echoes.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        }
        stage.settle().expect("rest");
        assert!(keeps_what_was_replaced(&stage, id, "Alice's"), "told by its echo: {told}");
        stage.lawful().expect("every law");
    }
}

#[test]
fn a_delete_waits_for_the_echo_of_a_body() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    body_here(&stage, id, "Ours.");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "body": "Alice's." }));
    stage.alone(Actor::Pusher(0));
    let echoes = stage.catch();
    stage.wait(SECOND_US);
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.alone(Actor::Pusher(0));
    stage.wait(40 * SECOND_US);
    echoes.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.settle().expect("rest");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Deleted);
    assert_eq!(stage.logged(id, LogKind::LostUpdate), 1, "Alice's text went with the issue");
    stage.lawful().expect("every law");
}

/// The process dies just after it cancelled the delete.
#[test]
fn what_was_edited_before_a_delete_that_was_cancelled_is_sent() {
    let settings = Settings { delete_vs_update: DeletePolicy::UpdateWins, ..Settings::default() };
    let mut stage = Stage::of(Setup { settings, ..Setup::new(5) }).and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.title_here(id, "Ours").expect("an edit");
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.edit_there(1, &json!({ "body": "Alice's." }));
    drop(stage.catch());
    let is_cancelled = |world: &World| {
        let row = now(world.store.items(vec![id])).expect("a store").remove(0);
        !row.is_being_deleted()
    };
    assert!(stage.turn_until(Actor::Pusher(0), is_cancelled));
    stage.world.restart();
    stage.settle().expect("rest");
    let row = stage.item(id).expect("the row");
    assert_eq!(
        (row.lifecycle, row.local.text(Field::Body)),
        (Lifecycle::Linked, "Alice's."),
        "the delete was not cancelled"
    );
    assert_eq!(stage.shown(1)["title"], "Ours");
    stage.lawful().expect("every law");
}

//! Steps that fall asleep between what they read and what they do with it: a look over a local edit, a delete over an edit, an answer over a look;
//! and a delete that has to wait.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{SECOND_US, Stage};
use issuesync_dst::transport::lock;
use issuesync_dst::world::{World, now};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{Field, Lifecycle, LogKind, Reason, State};
use serde_json::{Value, json};

/// Lets the worker go on until it looked at the issue: what was shown is on its way to it.
fn worker_looked(stage: &mut Stage) -> bool {
    let before = stage.history("requests").len();
    stage.turn_until(Actor::Worker(0), |world: &World| {
        let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
        let looked = |row: &Value| row["path"].as_str().is_some_and(|path| path.ends_with("/issues/1"));
        requests.get(before..).is_some_and(|new| new.last().is_some_and(looked))
    })
}

fn deliver_all(stage: &Stage) {
    stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
}

#[test]
fn a_look_that_shows_by_chance_what_was_set_here_after_it_is_no_agreement() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(10 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Two" }));
    deliver_all(&stage);
    assert!(worker_looked(&mut stage), "no look was sent");
    stage.wait(2 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Three" }));
    drop(stage.catch());
    stage.wait(8 * SECOND_US);
    stage.title_here(id, "Two").expect("an edit");
    stage.alone(Actor::Worker(0));
    stage.settle().expect("rest");
    assert_eq!(
        (stage.title(1), stage.shown(1)["title"].clone()),
        ("Two".to_owned(), json!("Two")),
        "the older one won"
    );
    assert_eq!(stage.logged(id, LogKind::Superseded), 1, "nothing tells of Alice's title");
    stage.lawful().expect("every law");
}

#[test]
fn a_look_that_shows_by_chance_a_label_that_was_put_on_here_after_it_is_no_agreement() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    let label = stage.there("POST", "labels", &json!({ "name": "bug", "color": "#ededed" }))["id"].clone();
    stage.settle().expect("rest");
    stage.there("POST", "issues/1/labels", &json!({ "labels": [label] }));
    deliver_all(&stage);
    assert!(worker_looked(&mut stage), "no look was sent");
    stage.wait(2 * SECOND_US);
    stage.there("DELETE", &format!("issues/1/labels/{label}"), &Value::Null);
    drop(stage.catch());
    stage.wait(8 * SECOND_US);
    let labelled = Changes { add_labels: vec!["bug".to_owned()], ..Changes::default() };
    stage.edit_here(id, labelled).expect("an edit");
    stage.alone(Actor::Worker(0));
    stage.settle().expect("rest");
    assert!(stage.item(id).expect("the row").local.elements(Field::Labels).contains("bug"), "the later edit is gone");
    assert_eq!(stage.shown(1)["labels"][0]["name"], "bug");
    stage.lawful().expect("every law");
}

/// The issue was made by a write without an answer, and with its adoption nothing is left in the outbox that would make the pusher look.
#[test]
fn what_was_held_back_is_merged_by_the_next_look_though_it_shows_the_same() {
    let mut stage = Stage::new().expect("a stage");
    let made = |name: &str| stage.there("POST", "labels", &json!({ "name": name, "color": "#ededed" }))["id"].clone();
    let labels = [made("bug"), made("ui")];
    stage.settle().expect("rest");
    let id = stage.create_here("Made here").expect("a row").id;
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
    stage.there("POST", "issues/1/labels", &json!({ "labels": labels }));
    deliver_all(&stage);
    assert!(worker_looked(&mut stage), "no look was sent");
    let labelled = Changes { add_labels: vec!["bug".to_owned()], ..Changes::default() };
    stage.edit_here(id, labelled).expect("an edit");
    stage.alone(Actor::Worker(0));
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "the look adopts it");
    stage.settle().expect("rest");
    let here = stage.item(id).expect("the row").local.elements(Field::Labels);
    assert_eq!(here.into_iter().collect::<Vec<_>>(), ["bug", "ui"], "the two sides stay apart");
    assert_eq!(stage.shown(1)["labels"].as_array().map(Vec::len), Some(2));
    stage.lawful().expect("every law");
}

#[test]
fn a_delete_that_slept_over_its_read_reads_again() {
    for k in 1.. {
        let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
        let id = stage.row(1).expect("a row").id;
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        stage.world.start(Actor::Pusher(0));
        let ended = (0..k).any(|_| {
            stage.wait(500);
            !stage.world.exec.turn(Actor::Pusher(0))
        });
        if ended || lock(&stage.world.sim).issue_numbers(stage.world.repos[0]) == [2] {
            assert!(k > 20, "a delete has more than twenty turns");
            break;
        }
        stage.wait(37 * SECOND_US);
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        drop(stage.catch());
        stage.alone(Actor::Pusher(0));
        stage.settle().expect("rest");
        let row = stage.item(id).expect("the row");
        let kept = row.tombstone.map_or(row.local, |tombstone| tombstone.local);
        assert_eq!(kept.text(Field::Title), "Alice's", "asleep at turn {k}");
        stage.lawful().expect("every law");
    }
}

/// Alice takes our title back after it was written, and that is known before the answer comes.
#[test]
fn an_answer_that_comes_after_a_newer_look_tells_that_its_write_landed() {
    for echo_comes in [false, true] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        let before = stage.title(1);
        stage.wait(10 * SECOND_US);
        stage.title_here(id, "Ours").expect("an edit");
        assert!(stage.to_next_effect(Actor::Pusher(0)));
        stage.wait(3 * SECOND_US);
        let echoes = stage.catch();
        stage.edit_there(1, &json!({ "title": before }));
        deliver_all(&stage);
        stage.alone(Actor::Worker(0));
        stage.alone(Actor::Pusher(0));
        if echo_comes {
            echoes.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        }
        let again = stage.writes().len();
        stage.settle().expect("rest");
        assert_eq!(stage.shown(1)["title"], before, "what Alice took back is sent again, echo comes: {echo_comes}");
        assert_eq!(stage.title(1), before, "echo comes: {echo_comes}");
        assert_eq!(stage.writes().len(), again, "it was written once more, echo comes: {echo_comes}");
        stage.lawful().expect("every law");
    }
}

/// Both bodies bear one second of the tracker: a look within it may be a replica's, and is made again before it is believed.
#[test]
fn a_delete_waits_for_a_comment_that_was_passed_over() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(SECOND_US - stage.now_us() % SECOND_US);
    let comment = stage.there("POST", "issues/1/comments", &json!({ "body": "First." }))["id"].clone();
    deliver_all(&stage);
    stage.alone(Actor::Worker(0));
    let known =
        |stage: &Stage| stage.world.comments(&stage.row(1).expect("a row"))[0].local.text(Field::Body).to_owned();
    assert_eq!(known(&stage), "First.");
    stage.there("PATCH", &format!("issues/comments/{comment}"), &json!({ "body": "Second." }));
    drop(stage.catch());
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.wait(3 * SECOND_US);
    stage.live(120 * SECOND_US).expect("an ordinary time");
    let issue = stage.item(id).expect("the row");
    assert_eq!(issue.lifecycle, Lifecycle::Deleted);
    let comment = stage.world.comments(&issue).remove(0);
    let kept = comment.tombstone.expect("a tombstone").local;
    assert_eq!(kept.text(Field::Body), "Second.", "the edit of the comment went with its issue");
    stage.lawful().expect("every law");
}

/// Alice's comment comes after the comments were listed, and before the issue is read for the last time: it shows in their number.
#[test]
fn a_delete_waits_for_a_comment_that_came_since_they_were_listed() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    let listed = |world: &World| {
        let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
        requests.iter().any(|row| row["path"].as_str().is_some_and(|path| path.ends_with("/issues/1/comments")))
    };
    assert!(stage.turn_until(Actor::Pusher(0), listed), "no list was asked for");
    stage.there("POST", "issues/1/comments", &json!({ "body": "Wait!" }));
    drop(stage.catch());
    stage.alone(Actor::Pusher(0));
    stage.live(120 * SECOND_US).expect("an ordinary time");
    let issue = stage.item(id).expect("the row");
    assert_eq!(issue.lifecycle, Lifecycle::Deleted);
    let kept: Vec<String> =
        stage.world.comments(&issue).iter().map(|comment| comment.local.text(Field::Body).to_owned()).collect();
    assert_eq!(kept, ["Wait!"], "the comment went with its issue");
    stage.lawful().expect("every law");
}

/// Alice sets the very value that is on its way to her, and that the mirror has gone on from: our write changes nothing, and the next one
/// replaces hers.
#[test]
fn what_somebody_set_before_a_write_that_the_mirror_had_gone_on_from_is_kept() {
    let closed = Some(State::Closed(Reason::None));
    let cases = [
        (Field::State, Changes { state: closed, ..Changes::default() }),
        (Field::Labels, Changes { add_labels: vec!["shared".to_owned()], ..Changes::default() }),
    ];
    for (field, change) in cases {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        let label = stage.there("POST", "labels", &json!({ "name": "shared", "color": "#ededed" }))["id"].clone();
        stage.settle().expect("rest");
        stage.edit_here(id, change).expect("an edit");
        assert!(stage.to_next_write(Actor::Pusher(0)), "nothing was sent");
        let back = Changes { state: Some(State::Open), remove_labels: vec!["shared".to_owned()], ..Changes::default() };
        stage.edit_here(id, back).expect("an edit");
        stage.wait(10 * SECOND_US);
        match field {
            Field::State => stage.edit_there(1, &json!({ "state": "closed" })),
            _ => drop(stage.there("POST", "issues/1/labels", &json!({ "labels": [label] }))),
        }
        drop(stage.catch());
        stage.alone(Actor::Pusher(0));
        stage.settle().expect("rest");
        assert_eq!(stage.logged(id, LogKind::LostUpdate), 1, "nothing tells of Alice's {field}");
        stage.lawful().expect("every law");
    }
}

/// The same where nobody set it in between: it was ours, and went.
#[test]
fn what_our_own_write_set_after_the_mirror_had_gone_on_is_nobodys() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.edit_here(id, Changes { state: Some(State::Closed(Reason::None)), ..Changes::default() }).expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)), "nothing was sent");
    stage.edit_here(id, Changes { state: Some(State::Open), ..Changes::default() }).expect("an edit");
    stage.wait(10 * SECOND_US);
    stage.alone(Actor::Pusher(0));
    drop(stage.catch());
    stage.settle().expect("rest");
    assert_eq!((stage.logged(id, LogKind::LostUpdate), &stage.shown(1)["state"]), (0, &json!("open")));
    stage.lawful().expect("every law");
}

//! What the tracker shows of other times and places, forced one by one: a stranger's repository at our path while we search in it, a number made
//! while its clock stood elsewhere, a comment of an issue that is gone by the time it is committed.

use crate::props::{lives_beside_a_stranger, made};
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::transport::lock;
use issuesync_dst::world::{World, now};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::Lifecycle;
use serde_json::json;

#[test]
fn a_search_in_a_strangers_repository_proves_nothing_of_ours() {
    for k in 1.. {
        let mut stage = Stage::new().expect("a stage");
        let id = stage.create_here("Made here").expect("a row").id;
        assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
        assert_eq!(made(&stage), 1);
        drop(stage.catch());
        stage.wait(4 * MINUTE_US);
        let ended = lives_beside_a_stranger(&mut stage, Actor::Pusher(0), k);
        stage.settle().expect("rest");
        assert_eq!(made(&stage), 1, "given back at turn {k}");
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "given back at turn {k}");
        stage.lawful().expect("every law");
        if ended {
            assert!(k > 10, "a push has more than ten turns");
            break;
        }
    }
}

/// The database that comes back knows nothing of the POST, and the stamp of what it made is older than the row.
#[test]
fn what_was_made_while_the_trackers_clock_was_behind_is_ours_after_a_restore() {
    let mut stage = Stage::new().expect("a stage");
    stage.wait(20 * MINUTE_US);
    let id = stage.create_here("Made here").expect("a row").id;
    stage.world.back_up();
    stage.faults(Faults { clock_skew_ms: -503_000, ..Faults::default() });
    stage.alone(Actor::Pusher(0));
    assert_eq!(made(&stage), 1);
    drop(stage.catch());
    stage.faults(Faults::default());
    stage.wait(10 * MINUTE_US);
    assert!(stage.world.restore());
    stage.forget_marks();
    stage.settle().expect("rest");
    assert_eq!(made(&stage), 1, "it was made twice");
    let row = stage.item(id).expect("the row");
    assert_eq!((row.lifecycle, row.number), (Lifecycle::Linked, Some(1)));
    assert_eq!(stage.world.issues().len(), 1, "it has two rows");
    stage.edit_here(id, Changes { body: Some("Again.".to_owned()), ..Changes::default() }).expect("an edit");
    stage.settle().expect("rest");
    let body = stage.shown(1)["body"].as_str().unwrap_or_default().to_owned();
    assert!(body.starts_with("Again.") && body.contains(&row.marker), "our own write took the marker away: {body}");
    stage.lawful().expect("every law");
}

fn comments_listed(world: &World) -> bool {
    let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
    let path = requests.last().and_then(|row| row["path"].as_str().map(str::to_owned)).unwrap_or_default();
    path.contains("/issues/comments")
}

/// A pass reads the comment, our own delete takes its issue, the pass commits what it read, and only then the webhook tells of the comment, or
/// none ever does.
#[test]
fn a_comment_committed_after_its_issue_was_deleted_is_buried_with_it() {
    for told_of in [true, false] {
        let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
        let id = stage.row(1).expect("a row").id;
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        assert!(stage.to_next_write(Actor::Pusher(0)), "no delete was sent");
        stage.there("POST", "issues/1/comments", &json!({ "body": "Too late." }));
        let told = stage.catch();
        stage.wait(SECOND_US);
        assert!(stage.turn_until(Actor::Poller(0, false), comments_listed), "the comments were not listed");
        stage.alone(Actor::Pusher(0));
        assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Deleted);
        stage.alone(Actor::Poller(0, false));
        let comments = |stage: &Stage| -> Vec<Lifecycle> {
            let known = stage.world.comments(&stage.item(id).expect("the row"));
            known.iter().map(|comment| comment.lifecycle).collect()
        };
        assert_eq!(comments(&stage), [Lifecycle::Linked], "it was not committed after the delete");
        if told_of {
            told.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        }
        drop(stage.catch());
        stage.settle().expect("rest");
        assert_eq!(comments(&stage), [Lifecycle::Deleted], "a delivery tells of it: {told_of}");
        stage.lawful().expect("every law");
    }
}

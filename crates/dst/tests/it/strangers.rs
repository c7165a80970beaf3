//! What the tracker shows of other times and places, forced one by one: a stranger's repository at our path while we search in it, a number made
//! while its clock stood elsewhere, a comment of an issue that is gone by the time it is committed.

use crate::props::{give_path_back, lives_beside_a_stranger, made, take_path_with_a_comment};
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::transport::lock;
use issuesync_dst::world::{World, now};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::Value::Text;
use issuesync_model::{Field, Lifecycle, LogKind};
use serde_json::{Value, json};

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

/// He comes after our repository was seen and goes before it is seen again: the list tells it, for it does not show what ours does.
#[test]
fn a_stranger_who_comes_and_goes_within_a_search_proves_nothing_either() {
    for turns_before in 0..24 {
        for turns in 1..24 {
            let mut stage = Stage::with_issue().expect("a stage");
            stage.create_here("Made here").expect("a row");
            assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
            drop(stage.catch());
            stage.wait(4 * MINUTE_US);
            stage.world.start(Actor::Pusher(0));
            for _ in 0..turns_before {
                stage.wait(500);
                stage.world.exec.turn(Actor::Pusher(0));
            }
            lives_beside_a_stranger(&mut stage, Actor::Pusher(0), turns);
            assert_eq!(made(&stage), 1, "he came at turn {turns_before} and stayed for {turns}");
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

/// The tracker's clock stood far behind while the issue was made and alice changed its title, and the backup knows of neither. What differs
/// from what the issue was made with came after that, nobody knows when.
#[test]
fn what_was_changed_while_the_trackers_clock_was_behind_is_kept_after_a_restore() {
    let mut stage = Stage::with_issue().expect("a stage");
    stage.wait(20 * MINUTE_US);
    stage.settle().expect("rest");
    let id = stage.create_here("Made here").expect("a row").id;
    stage.world.back_up();
    stage.faults(Faults { clock_skew_ms: -900_000, ..Faults::default() });
    stage.alone(Actor::Pusher(0));
    assert_eq!(made(&stage), 1);
    stage.wait(SECOND_US);
    stage.edit_there(2, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    stage.faults(Faults::default());
    stage.wait(10 * MINUTE_US);
    assert!(stage.world.restore());
    stage.forget_marks();
    stage.alone(Actor::Poller(0, false));
    stage.alone(Actor::Pusher(0));
    assert_eq!(made(&stage), 1, "it was made twice");
    stage.settle().expect("rest");
    let row = stage.item(id).expect("the row");
    let kept = row.conflicts.iter().find(|open| open.field == Field::Title).map(|open| open.remote.clone());
    assert_eq!((row.number, kept), (Some(2), Some(Text("Alice's".to_owned()))), "nobody is asked");
    assert_eq!(stage.shown(2)["title"], "Alice's", "hers is overwritten");
    stage.lawful().expect("every law");
}

/// How often the comments of the repository were listed.
fn comment_lists(world: &World) -> usize {
    let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
    requests.iter().filter(|row| row["path"].as_str().is_some_and(|path| path.ends_with("/issues/comments"))).count()
}

/// What the mirror shows under `#1`.
fn remarks(stage: &Stage) -> Vec<String> {
    let known = stage.world.comments(&stage.row(1).expect("a row"));
    let shown = known.iter().filter(|comment| comment.lifecycle != Lifecycle::Deleted);
    let mut bodies: Vec<String> = shown.map(|comment| comment.local.text(Field::Body).to_owned()).collect();
    bodies.sort();
    bodies
}

/// One issue with a comment that the mirror knows, and one that nothing told of.
fn with_an_untold_comment() -> Stage {
    let mut stage = Stage::with_issue().expect("a stage");
    stage.there("POST", "issues/1/comments", &json!({ "body": "Known." }));
    stage.settle().expect("rest");
    stage.wait(5 * MINUTE_US);
    stage.there("POST", "issues/1/comments", &json!({ "body": "Untold." }));
    drop(stage.catch());
    stage
}

/// At whatever turn of the pass the stranger comes, and however long he stays.
#[test]
fn a_pass_takes_no_comment_of_a_stranger_and_passes_none_of_ours_by() {
    for arrival in 0.. {
        let mut ended = false;
        for stay in 1..12 {
            let mut stage = with_an_untold_comment();
            let poller = Actor::Poller(0, false);
            let turns = |stage: &mut Stage, count: u32| {
                (0..count).any(|_| {
                    stage.wait(500);
                    !stage.world.exec.turn(poller)
                })
            };
            stage.world.start(poller);
            ended |= turns(&mut stage, arrival);
            take_path_with_a_comment(&stage);
            turns(&mut stage, stay);
            give_path_back(&stage);
            stage.alone(poller);
            let shown = remarks(&stage);
            assert!(!shown.contains(&"Elsewhere.".to_owned()), "arrival {arrival}, stay {stay}: {shown:?}");
            // The next pass is no full one, which would find by its counts what this one passed by.
            while stage.world.connections()[0].parked.is_none() && remarks(&stage).len() < 2 {
                stage.wait(MINUTE_US);
                let before = stage.world.connections()[0].last_poll_us;
                stage.alone(poller);
                let passed = stage.world.connections()[0].last_poll_us > before;
                assert!(!passed || remarks(&stage).len() == 2, "arrival {arrival}, stay {stay}: it was passed by");
            }
            stage.settle().expect("rest");
            assert_eq!(remarks(&stage), ["Known.", "Untold."], "arrival {arrival}, stay {stay}");
            stage.lawful().expect("every law");
        }
        if ended {
            assert!(arrival > 10, "a pass has more than ten turns");
            break;
        }
    }
}

/// A delivery tells of a comment, and the stranger has none of that id, but an issue of that number.
#[test]
fn a_comment_that_a_stranger_does_not_have_is_not_gone() {
    for k in 1.. {
        let mut stage = Stage::with_issue().expect("a stage");
        let made = stage.there("POST", "issues/1/comments", &json!({ "body": "Known." }));
        stage.settle().expect("rest");
        stage.there("PATCH", &format!("issues/comments/{}", made["id"]), &json!({ "body": "Edited." }));
        stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        take_path_with_a_comment(&stage);
        stage.world.start(Actor::Worker(0));
        let ended = (0..k).any(|_| {
            stage.wait(500);
            !stage.world.exec.turn(Actor::Worker(0))
        });
        give_path_back(&stage);
        stage.alone(Actor::Worker(0));
        assert_eq!(remarks(&stage).len(), 1, "given back at turn {k}: it was buried");
        stage.settle().expect("rest");
        assert_eq!(remarks(&stage), ["Edited."], "given back at turn {k}");
        stage.lawful().expect("every law");
        if ended {
            assert!(k > 5, "a look has more than five turns");
            break;
        }
    }
}

/// The stranger gets our comment, and shows it to a pass that read our issues just before.
#[test]
fn a_comment_that_went_to_a_stranger_is_not_found_there() {
    let mut stage = with_an_untold_comment();
    let issue = stage.row(1).expect("a row").id;
    let id = now(stage.world.engine().create_comment(&stage.world.cx(), issue, "Ours.".to_owned(), None, "dora"));
    let id = id.expect("a row").id;
    assert!(stage.to_next_write(Actor::Pusher(0)), "no comment was sent");
    let lists = comment_lists(&stage.world);
    let asked = |world: &World| lock(&world.sim).requests();
    let before = asked(&stage.world);
    assert!(stage.turn_until(Actor::Poller(0, false), |world| asked(world) > before), "nothing was listed");
    take_path_with_a_comment(&stage);
    let before = asked(&stage.world);
    stage.faults(Faults { lose_answer_pm: 1000, ..Faults::default() });
    assert!(stage.turn_until(Actor::Pusher(0), |world| asked(world) > before), "nothing was sent");
    stage.faults(Faults::default());
    assert!(stage.turn_until(Actor::Poller(0, false), |world| comment_lists(world) > lists), "nothing was listed");
    give_path_back(&stage);
    stage.alone(Actor::Poller(0, false));
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Creating, "it was found at the stranger's");
    stage.alone(Actor::Pusher(0));
    stage.settle().expect("rest");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked);
    assert_eq!(remarks(&stage), ["Known.", "Ours.", "Untold."]);
    let there = stage.there("GET", "issues/1/comments", &Value::Null);
    assert_eq!(there.as_array().map(Vec::len), Some(3), "{there}");
    stage.lawful().expect("every law");
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
        // No comment of ours was known, so the list counts when it was read again beside the repository.
        let lists = comment_lists(&stage.world);
        let listed = |world: &World| comment_lists(world) == lists + 2;
        assert!(stage.turn_until(Actor::Poller(0, false), listed), "the comments were not listed twice");
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

/// The tracker answered our write, so its dated history has it: one that has not is another's.
#[test]
fn a_history_without_our_write_is_a_strangers() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(10 * SECOND_US);
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.alone(Actor::Pusher(0));
    drop(stage.catch());
    stage.wait(120 * SECOND_US);
    take_path_with_a_comment(&stage);
    stage.alone(Actor::Checker);
    give_path_back(&stage);
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["title"], "Ours");
    assert_eq!(stage.logged(id, LogKind::LostUpdate), 1, "nobody is told of what Alice wrote");
    stage.lawful().expect("every law");
}

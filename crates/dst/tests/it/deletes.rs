//! Deletes that are made here, forced one by one: accepted while the place is out of sight, held back by the fuse, taken back, failed, and met by
//! edits.

use crate::props::out_of_sight;
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::transport::lock;
use issuesync_dst::world::{BOT, World, now};
use issuesync_forge_sim::{Access, Faults};
use issuesync_model::{CheckKind, DeletePolicy, Field, Lifecycle, LogKind, OutboxKind, Settings, SyncStatus};
use serde_json::json;

#[test]
fn deletes_accepted_while_the_place_is_out_of_sight_stay_to_be_accepted() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let connection = stage.world.connections[0];
    let rows = [1, 2].map(|number| stage.row(number).expect("a row").id);
    for id in rows {
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        for _ in 0..3 {
            stage.round(None).expect("a round");
            stage.wait(10 * SECOND_US);
        }
    }
    assert_eq!(stage.item(rows[0]).expect("a row").lifecycle, Lifecycle::Deleted);
    assert!(stage.world.connections()[0].fuse_open, "the fuse held the second one back");
    out_of_sight(&stage, true);
    let accepted = now(stage.world.engine().accept_deletes(&stage.world.cx(), connection));
    let held = now(stage.world.store.checks(connection, CheckKind::Gone)).expect("checks");
    let held = held.iter().any(|check| check.evidence.held);
    assert_eq!(held, stage.world.connections()[0].fuse_open, "what is held is told by the fuse: {accepted:?}");
    out_of_sight(&stage, false);
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    now(stage.world.engine().accept_deletes(&stage.world.cx(), connection)).expect("accepted");
    stage.lawful().expect("every law");
}

/// Two issues are deleted here, and the fuse holds the second one back: `#2`.
pub(crate) fn held_back(setup: Setup) -> Stage {
    let mut stage = Stage::of(setup).and_then(Stage::and_issue).and_then(Stage::and_issue).expect("a stage");
    for number in [1, 2] {
        let id = stage.row(number).expect("a row").id;
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        stage.alone(Actor::Pusher(0));
        stage.wait(10 * SECOND_US);
    }
    let buried = [1, 2].map(|number| stage.row(number).expect("a row").lifecycle == Lifecycle::Deleted);
    assert_eq!((buried, stage.world.connections()[0].fuse_open), ([true, false], true), "the fuse held none back");
    stage
}

#[test]
fn what_was_edited_there_while_the_fuse_held_a_delete_back_is_kept() {
    let mut stage = held_back(Setup::new(1));
    stage.edit_there(2, &json!({ "title": "Alice's title" }));
    let connection = stage.world.connections[0];
    now(stage.world.engine().accept_deletes(&stage.world.cx(), connection)).expect("accepted");
    let tombstone = stage.row(2).expect("the row").tombstone.expect("a tombstone");
    assert_eq!(tombstone.local.text(Field::Title), "Alice's title", "what went with the issue is not told");
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

#[test]
fn where_edits_win_an_edit_made_there_cancels_a_delete_that_the_fuse_held_back() {
    let settings = Settings { delete_vs_update: DeletePolicy::UpdateWins, ..Settings::default() };
    let mut stage = held_back(Setup { settings, ..Setup::new(1) });
    stage.edit_there(2, &json!({ "title": "Alice's title" }));
    let connection = stage.world.connections[0];
    now(stage.world.engine().accept_deletes(&stage.world.cx(), connection)).expect("accepted");
    let row = stage.row(2).expect("the row");
    assert_eq!((row.lifecycle, row.local.text(Field::Title)), (Lifecycle::Linked, "Alice's title"));
    assert!(!stage.world.connections()[0].fuse_open, "nothing is held back any more");
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

#[test]
fn a_delete_that_is_taken_back_while_the_fuse_holds_it_is_not_made() {
    let mut stage = held_back(Setup::new(1));
    let id = stage.row(2).expect("the row").id;
    now(stage.world.engine().undo(&stage.world.cx(), id, "dora")).expect("taken back");
    let connection = stage.world.connections[0];
    now(stage.world.engine().accept_deletes(&stage.world.cx(), connection)).expect("accepted");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Linked, "buried, and on the tracker");
    assert!(!stage.world.connections()[0].fuse_open, "nothing is held back any more");
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

#[test]
fn of_two_deletes_made_at_one_moment_the_fuse_holds_the_last_issue_back() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    for id in [1, 2].map(|number| stage.row(number).expect("a row").id) {
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    }
    stage.live(MINUTE_US).expect("an ordinary time");
    let buried = [1, 2].map(|number| stage.row(number).expect("a row").lifecycle == Lifecycle::Deleted);
    assert_eq!(buried.into_iter().filter(|buried| *buried).count(), 1, "one goes, the other is held back");
    assert!(stage.world.connections()[0].fuse_open);
    let connection = stage.world.connections[0];
    now(stage.world.engine().accept_deletes(&stage.world.cx(), connection)).expect("accepted");
    stage.lawful().expect("every law");
}

#[test]
fn a_delete_that_failed_is_not_forgotten_by_a_look() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    lock(&stage.world.sim).set_access(stage.world.repos[0], BOT, Some(Access::Read));
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.alone(Actor::Pusher(0));
    assert_eq!(stage.item(id).expect("the row").sync_status(), SyncStatus::Error, "the tracker did not refuse it");
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    stage.settle().expect("rest");
    let row = stage.item(id).expect("the row");
    assert_eq!((row.sync_status(), row.outbox.kind), (SyncStatus::Error, OutboxKind::Delete), "{:?}", row.outbox);
    assert_eq!(row.local.text(Field::Body), "Alice's text.");
    lock(&stage.world.sim).set_access(stage.world.repos[0], BOT, Some(Access::Admin));
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.settle().expect("rest");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Deleted);
    stage.lawful().expect("every law");
}

#[test]
fn an_edit_made_while_the_comments_are_read_lives_in_the_tombstone() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    let read = |world: &World| {
        let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
        let last = requests.last().and_then(|row| row["path"].as_str().map(str::to_owned)).unwrap_or_default();
        last.ends_with("/issues/1/comments")
    };
    assert!(stage.turn_until(Actor::Pusher(0), read), "the comments were not read");
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    stage.settle().expect("rest");
    let tombstone = stage.item(id).expect("the row").tombstone.expect("a tombstone");
    assert_eq!(tombstone.local.text(Field::Title), "Alice's");
    stage.lawful().expect("every law");
}

/// A write that the tracker refused is in no history, and nothing waits to find it there.
#[test]
fn a_delete_does_not_wait_for_a_history_of_what_was_refused() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.faults(Faults { refuse: vec!["title".to_owned()], hook_drop_pm: 1000, ..Faults::default() });
    stage.title_here(id, "Refused").expect("an edit");
    stage.alone(Actor::Pusher(0));
    assert_eq!(stage.logged(id, LogKind::Refused), 1);
    // The next edit of the field ends the warning, which is not what tells.
    stage.title_here(id, "Another").expect("an edit");
    now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
    stage.live(5 * MINUTE_US).expect("an ordinary time");
    assert_eq!(stage.item(id).expect("the row").lifecycle, Lifecycle::Deleted);
    stage.faults(Faults::default());
    stage.lawful().expect("every law");
}

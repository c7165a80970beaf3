//! Writes that were answered by nothing, or by no more than that they came too often: what shows afterwards is ours or somebody's, and the mirror
//! tells the two apart.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::world::now;
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{Field, ItemId, Lifecycle, Reason, State};
use serde_json::json;

/// The answer is lost, the tracker rewrote the value, and somebody's edit of another field leads to a look before the echo comes.
#[test]
fn a_rewritten_value_that_is_seen_before_its_echo_is_no_clash() {
    for echo_comes in [true, false] {
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.wait(10 * SECOND_US);
        stage.title_here(id, "Ours").expect("an edit");
        let rewrite = [("title".to_owned(), "upper".to_owned())].into();
        let faults = Faults { rewrite, lose_answer_pm: 1000, ..Faults::default() };
        assert!(stage.strike(Actor::Pusher(0), faults));
        assert_eq!(stage.shown(1)["title"], "OURS", "nothing was rewritten");
        let echoes = stage.catch();
        stage.wait(2 * SECOND_US);
        stage.edit_there(1, &json!({ "body": "Alice's." }));
        stage.catch().iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        stage.alone(Actor::Worker(0));
        let open = stage.item(id).expect("the row").conflicts;
        assert!(open.is_empty(), "our own write was taken for somebody's edit: {open:?}");
        if echo_comes {
            echoes.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
        }
        stage.settle().expect("rest");
        let row = stage.item(id).expect("the row");
        assert!(row.conflicts.is_empty(), "a clash with ourselves, echo comes: {echo_comes}: {:?}", row.conflicts);
        assert_eq!((stage.title(1), stage.shown(1)["title"].clone()), ("OURS".to_owned(), json!("OURS")));
        stage.lawful().expect("every law");
    }
}

/// The mirror goes back to open, and somebody closes the issue there.
fn a_close_there_is_theirs(mut stage: Stage, id: ItemId) {
    stage.wait(5 * SECOND_US);
    stage.edit_here(id, Changes { state: Some(State::Open), ..Changes::default() }).expect("an edit");
    stage.wait(20 * SECOND_US);
    stage.edit_there(1, &json!({ "state": "closed" }));
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["state"], "closed", "Alice's close was taken for our own write");
    assert!(!stage.item(id).expect("the row").local.state().is_open());
    stage.lawful().expect("every law");
}

/// The PATCH never took effect, its author thought better of it, and somebody else sets the same value there.
#[test]
fn what_somebody_sets_after_our_write_of_it_was_turned_away_is_theirs() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(10 * SECOND_US);
    let closed = Some(State::Closed(Reason::None));
    stage.edit_here(id, Changes { state: closed, ..Changes::default() }).expect("an edit");
    let refused = Faults { rate_limit_pm: 1000, retry_after_s: 30, ..Faults::default() };
    assert!(stage.strike(Actor::Pusher(0), refused), "nothing was turned away");
    assert_eq!(stage.shown(1)["state"], "open");
    a_close_there_is_theirs(stage, id);
}

/// The title and the close are two calls; the first of them gets no answer, and the second is never sent.
#[test]
fn what_somebody_sets_that_an_attempt_never_came_to_send_is_theirs() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    stage.wait(10 * SECOND_US);
    let closed = Some(State::Closed(Reason::None));
    let both = Changes { title: Some("Ours".to_owned()), state: closed, ..Changes::default() };
    stage.edit_here(id, both).expect("an edit");
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
    assert_eq!((&stage.shown(1)["title"], &stage.shown(1)["state"]), (&json!("Ours"), &json!("open")));
    let attempts = stage.item(id).expect("the row").attempts;
    let fields = attempts.iter().flat_map(|attempt| &attempt.fields).filter(|part| !part.settled);
    assert_eq!(fields.map(|part| part.field).collect::<Vec<_>>(), [Field::Title], "what was never sent is looked for");
    a_close_there_is_theirs(stage, id);
}

/// An issue whose POST got no answer is still to be made when all that is there is deleted.
#[test]
fn what_is_still_to_be_made_there_is_nothing_that_a_delete_leaves_behind() {
    let mut stage = Stage::with_issue().and_then(Stage::and_issue).expect("a stage");
    let there = [1, 2].map(|number| stage.row(number).expect("a row").id);
    let draft = stage.create_here("Made here").expect("a row").id;
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() }));
    for id in there {
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        stage.alone(Actor::Pusher(0));
        stage.wait(5 * SECOND_US);
    }
    assert_eq!(stage.item(draft).expect("the row").lifecycle, Lifecycle::Creating, "it was made before the deletes");
    let buried = there.map(|id| stage.item(id).expect("the row").lifecycle == Lifecycle::Deleted);
    assert_eq!(buried, [true, false], "the last issue there is held back");
    assert!(stage.world.connections()[0].fuse_open);
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    now(stage.world.engine().accept_deletes(&stage.world.cx(), stage.world.connections[0])).expect("accepted");
    stage.lawful().expect("every law");
}

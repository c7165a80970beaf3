//! Writes that were answered by nothing, or by no more than that they came too often: what shows afterwards is ours or somebody's, and the mirror
//! tells the two apart.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{SECOND_US, Stage};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{Reason, State};
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

/// The PATCH never took effect, its author thought better of it, and somebody else sets the same value there.
#[test]
fn what_somebody_sets_after_our_write_of_it_was_turned_away_is_theirs() {
    let mut stage = Stage::with_issue().expect("a stage");
    let id = stage.row(1).expect("a row").id;
    let state_here = |stage: &Stage, state: State| {
        stage.edit_here(id, Changes { state: Some(state), ..Changes::default() }).expect("an edit");
    };
    stage.wait(10 * SECOND_US);
    state_here(&stage, State::Closed(Reason::None));
    let refused = Faults { rate_limit_pm: 1000, retry_after_s: 30, ..Faults::default() };
    assert!(stage.strike(Actor::Pusher(0), refused), "nothing was turned away");
    assert_eq!(stage.shown(1)["state"], "open");
    stage.wait(5 * SECOND_US);
    state_here(&stage, State::Open);
    stage.wait(20 * SECOND_US);
    stage.edit_there(1, &json!({ "state": "closed" }));
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["state"], "closed", "Alice's close was taken for our own write");
    assert!(!stage.item(id).expect("the row").local.state().is_open());
    stage.lawful().expect("every law");
}

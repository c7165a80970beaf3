//! A dated history that cannot be read, while the tracker is well otherwise: what waits for it does not wait for ever. And one that was read too
//! early to tell all.

use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_dst::transport::lock;
use issuesync_dst::twist::Twist;
use issuesync_dst::world::{World, now};
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{BoxFuture, Field, Lifecycle, LogKind, Reason, State};
use issuesync_provider::{Request, Response, Transport, TransportError};
use serde_json::json;
use std::sync::Arc;

/// What a tracker may answer instead of a history.
const ANSWERS: [(u16, &[u8]); 4] =
    [(500, br#"{"message":"nil"}"#), (403, br#"{"message":"no"}"#), (422, br#"{"message":"no"}"#), (200, b"{")];

/// A tracker that cannot read its dated history.
struct Unreadable(u16, &'static [u8]);

struct UnreadableWire(Arc<dyn Transport>, u16, &'static [u8]);

impl Twist for Unreadable {
    fn transport(&self, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(UnreadableWire(inner, self.0, self.1))
    }
}

impl Transport for UnreadableWire {
    fn send(&self, request: Request, timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let history = request.url.contains("/timeline?");
            let answer = self.0.send(request, timeout_us).await?;
            Ok(if history { Response { status: self.1, body: self.2.to_vec(), ..answer } } else { answer })
        })
    }
}

/// Whether the dated history of `#1`, empty as yet, was answered.
fn history_was_read(world: &World) -> bool {
    let requests = lock(&world.sim).history_json()["requests"].as_array().cloned().unwrap_or_default();
    requests.iter().any(|row| row["path"].as_str().is_some_and(|path| path.ends_with("/issues/1/timeline")))
}

#[test]
fn a_delete_does_not_fail_because_the_history_cannot_be_read() {
    for (status, body) in ANSWERS {
        let twist = Arc::new(Unreadable(status, body));
        let mut stage = Stage::of(Setup { twist, ..Setup::new(7) })
            .and_then(Stage::and_issue)
            .and_then(Stage::and_issue)
            .expect("a stage");
        let id = stage.row(1).expect("a row").id;
        stage.title_here(id, "Ours").expect("an edit");
        stage.alone(Actor::Pusher(0));
        drop(stage.catch());
        now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora")).expect("a delete");
        stage.live(100 * MINUTE_US).expect("an ordinary time");
        let row = stage.item(id).expect("the row");
        assert_eq!(row.lifecycle, Lifecycle::Deleted, "{status}: {:?}", row.outbox);
        stage.lawful().expect("every law");
    }
}

/// An edit whose answer was lost, and which somebody took back: whether it was there is told by nothing that can be read.
#[test]
fn an_edit_does_not_wait_for_ever_for_a_history_that_cannot_be_read() {
    for (status, body) in ANSWERS {
        let twist = Arc::new(Unreadable(status, body));
        let mut stage = Stage::of(Setup { twist, ..Setup::new(7) }).and_then(Stage::and_issue).expect("a stage");
        let id = stage.row(1).expect("a row").id;
        let before = stage.shown(1)["title"].clone();
        stage.wait(10 * SECOND_US);
        stage.title_here(id, "Ours").expect("an edit");
        assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
        stage.wait(10 * SECOND_US);
        stage.edit_there(1, &json!({ "title": before }));
        drop(stage.catch());
        stage.live(100 * MINUTE_US).expect("an ordinary time");
        assert_eq!(stage.shown(1)["title"], "Ours", "{status}: {:?}", stage.item(id).expect("the row").outbox);
        assert!(stage.item(id).expect("the row").attempts.is_empty(), "{status}: it is looked for again");
    }
}

/// Our write never came and the mirror has gone on from it; then Alice sets the same, before the history is read or between that and the look
/// beside it. Nothing else shows it before.
#[test]
fn what_somebody_set_is_not_taken_for_a_write_that_the_mirror_had_gone_on_from() {
    let shared = || vec!["shared".to_owned()];
    let closed = Some(State::Closed(Reason::None));
    for (field, told) in [Field::Labels, Field::State].into_iter().flat_map(|field| [(field, true), (field, false)]) {
        let (ours, back) = match field {
            Field::State => (
                Changes { state: closed, ..Changes::default() },
                Changes { state: Some(State::Open), ..Changes::default() },
            ),
            _ => (
                Changes { add_labels: shared(), ..Changes::default() },
                Changes { remove_labels: shared(), ..Changes::default() },
            ),
        };
        let mut stage = Stage::with_issue().expect("a stage");
        let id = stage.row(1).expect("a row").id;
        let label = stage.there("POST", "labels", &json!({ "name": "shared", "color": "#ededed" }))["id"].clone();
        stage.settle().expect("rest");
        stage.wait(10 * SECOND_US);
        let before = stage.item(id).expect("the row").local.value(field);
        stage.edit_here(id, ours).expect("an edit");
        assert!(stage.strike(Actor::Pusher(0), Faults { error_before_pm: 1000, ..Faults::default() }));
        stage.edit_here(id, back).expect("an edit");
        stage.wait(120 * SECOND_US);
        if !told {
            assert!(stage.turn_until(Actor::Checker, history_was_read), "no history was read");
        }
        match field {
            Field::State => stage.edit_there(1, &json!({ "state": "closed" })),
            _ => drop(stage.there("POST", "issues/1/labels", &json!({ "labels": [label] }))),
        }
        drop(stage.catch());
        stage.alone(Actor::Checker);
        stage.settle().expect("rest");
        let is_kept = stage.item(id).expect("the row").local.value(field) != before;
        let is_lost = stage.logged(id, LogKind::LostUpdate) == 1;
        assert_eq!((is_kept, is_lost), (told, !told), "nothing tells of Alice's {field}, read in time: {told}");
        stage.lawful().expect("every law");
    }
}

/// An issue is made with Alice assigned, Bob takes her place, we see it and put her on again, and that never arrives. The tracker's clock was set
/// meanwhile, so no time tells. The history shows that we put her on and Bob took her off, but that was before we read that he is there alone.
#[test]
fn what_was_taken_back_before_a_write_was_read_is_not_taken_back_from_it() {
    let mut stage = Stage::new().expect("a stage");
    stage.faults(Faults { clock_skew_ms: -60_000, ..Faults::default() });
    stage.settle().expect("rest");
    let id = stage.create_here("Made here").expect("a row").id;
    let alice = || Changes { add_assignees: vec!["alice".to_owned()], ..Changes::default() };
    stage.edit_here(id, alice()).expect("an edit");
    stage.alone(Actor::Pusher(0));
    stage.wait(2 * SECOND_US);
    stage.edit_there(1, &json!({ "assignees": ["bob"] }));
    drop(stage.catch());
    stage.alone(Actor::Poller(0, false));
    let assigned = |stage: &Stage| stage.item(id).expect("the row").local.elements(Field::Assignees).len();
    let bob = stage.item(id).expect("the row").local.elements(Field::Assignees);
    assert!(stage.shown(1)["assignees"][0]["login"] == "bob" && bob.len() == 1, "Bob was not seen");
    stage.faults(Faults::default());
    stage.alone(Actor::Poller(0, false));
    stage.edit_here(id, alice()).expect("an edit");
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() }));
    stage.settle().expect("rest");
    assert_eq!((assigned(&stage), stage.shown(1)["assignees"].as_array().map(Vec::len)), (2, Some(2)));
    stage.lawful().expect("every law");
}

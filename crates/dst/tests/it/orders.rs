//! Values of one field whose order they alone do not tell, forced one by one: what somebody went back to before it was sent, what an answer
//! brings along of fields that it does not answer, and what an earlier write had read.

use crate::props::into_a_second;
use issuesync_dst::exec::Actor;
use issuesync_dst::faults::stage::{MINUTE_US, SECOND_US, Stage};
use issuesync_dst::setup::Setup;
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::Value::Text;
use issuesync_model::{Field, ItemId, LogKind, Reason, Settings, State};
use serde_json::json;

/// A stage with one issue, and the conflict window that its tests need.
fn stage(window_us: i64) -> Stage {
    let settings = Settings { conflict_window_us: window_us, ..Settings::default() };
    Stage::of(Setup { settings, ..Setup::new(7) }).and_then(Stage::and_issue).expect("a stage")
}

fn title_of(stage: &Stage, id: ItemId) -> issuesync_model::Value {
    stage.item(id).expect("the row").local.value(Field::Title)
}

/// Dora changes a title and changes it back; `between` the two somebody writes another there, or only after both. Nobody looked meanwhile.
fn goes_back(stage: &mut Stage, between: bool, pause_us: i64) -> (ItemId, String) {
    let id = stage.row(1).expect("a row").id;
    let shared = stage.shown(1)["title"].as_str().expect("a title").to_owned();
    stage.wait(60 * SECOND_US);
    stage.title_here(id, "Dora's").expect("an edit");
    if between {
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        stage.wait(pause_us);
        stage.title_here(id, &shared).expect("an edit");
    } else {
        stage.title_here(id, &shared).expect("an edit");
        stage.wait(pause_us);
        stage.edit_there(1, &json!({ "title": "Alice's" }));
    }
    (id, shared)
}

#[test]
fn whoever_went_back_to_the_shared_value_later_wins() {
    let mut stage = stage(SECOND_US);
    let (id, shared) = goes_back(&mut stage, true, 20 * SECOND_US);
    stage.settle().expect("rest");
    assert_eq!((title_of(&stage, id), &stage.shown(1)["title"]), (Text(shared.clone()), &json!(shared)));
    assert_eq!(stage.logged(id, LogKind::Superseded), 1, "what lost is in the log");
    stage.lawful().expect("every law");
}

#[test]
fn whoever_went_back_to_the_shared_value_earlier_loses() {
    let mut stage = stage(SECOND_US);
    let (id, _) = goes_back(&mut stage, false, 20 * SECOND_US);
    stage.settle().expect("rest");
    assert_eq!((title_of(&stage, id), &stage.shown(1)["title"]), (Text("Alice's".to_owned()), &json!("Alice's")));
    stage.lawful().expect("every law");
}

#[test]
fn going_back_to_the_shared_value_beside_a_change_there_is_a_clash() {
    let mut stage = stage(60 * SECOND_US);
    let (id, _) = goes_back(&mut stage, true, 20 * SECOND_US);
    stage.alone(Actor::Poller(0, false));
    let conflicts = stage.item(id).expect("the row").conflicts;
    assert_eq!(conflicts.iter().map(|open| open.field).collect::<Vec<_>>(), [Field::Title]);
    stage.settle().expect("rest");
    stage.lawful().expect("every law");
}

/// What was gone back to was sent, or pulled over: from then on a change on the tracker is the later one, however close.
#[test]
fn a_choice_that_nothing_shows_any_more_is_none() {
    let mut stage = stage(60 * SECOND_US);
    let (id, shared) = goes_back(&mut stage, false, 200 * SECOND_US);
    stage.alone(Actor::Poller(0, false));
    assert_eq!(title_of(&stage, id), Text("Alice's".to_owned()), "later than {shared}");
    stage.edit_there(1, &json!({ "title": "Alice's second" }));
    stage.settle().expect("rest");
    assert_eq!(stage.shown(1)["title"], "Alice's second");
    assert!(stage.item(id).expect("the row").conflicts.is_empty());
    stage.lawful().expect("every law");
}

/// Where every two changes count as concurrent: a look from after the choice showed the same, so what follows is a change there alone.
#[test]
fn a_choice_that_was_seen_there_since_is_agreement() {
    let mut stage = stage(i64::MAX);
    let id = stage.row(1).expect("a row").id;
    let shared = stage.shown(1)["title"].as_str().expect("a title").to_owned();
    stage.wait(60 * SECOND_US);
    stage.title_here(id, "Dora's").expect("an edit");
    stage.title_here(id, &shared).expect("an edit");
    stage.live(20 * MINUTE_US).expect("an ordinary time");
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    stage.settle().expect("rest");
    assert_eq!(title_of(&stage, id), Text("Alice's".to_owned()));
    stage.lawful().expect("every law");
}

/// What an issue is made with is empty but for what was sent; going back to that is a choice too.
#[test]
fn whoever_went_back_while_the_answer_of_the_post_was_missing_wins_too() {
    let mut stage = stage(SECOND_US);
    let id = stage.create_here("Made here").expect("a row").id;
    let day = |day| jiff::civil::date(2027, 2, day);
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
    drop(stage.catch());
    stage.edit_here(id, Changes { due_date: Some(Some(day(2))), ..Changes::default() }).expect("an edit");
    stage.wait(20 * SECOND_US);
    stage.edit_there(2, &json!({ "due_date": "2027-02-03T00:00:00Z" }));
    assert!(stage.shown(2)["due_date"].is_string());
    stage.wait(20 * SECOND_US);
    stage.edit_here(id, Changes { due_date: Some(None), ..Changes::default() }).expect("an edit");
    stage.settle().expect("rest");
    assert_eq!(stage.item(id).expect("the row").local.value(Field::DueDate), Field::DueDate.empty());
    assert!(stage.shown(2)["due_date"].is_null());
    stage.lawful().expect("every law");
}

/// Our write landed unanswered and Alice replaced it. What it set is the base only once the history tells, and Dora chose it again since.
#[test]
fn whoever_went_back_to_what_had_been_sent_before_wins() {
    let mut stage = stage(SECOND_US);
    let id = stage.row(1).expect("a row").id;
    let shared = stage.shown(1)["title"].as_str().expect("a title").to_owned();
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }));
    stage.wait(20 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    stage.wait(20 * SECOND_US);
    stage.title_here(id, &shared).expect("an edit");
    stage.title_here(id, "Ours").expect("an edit");
    stage.settle().expect("rest");
    assert_eq!((title_of(&stage, id), &stage.shown(1)["title"]), (Text("Ours".to_owned()), &json!("Ours")));
    stage.lawful().expect("every law");
}

/// Two requests of one push: the second answers for the state alone, and the title that it brings along is of before Alice's.
#[test]
fn an_answer_tells_of_what_it_answers() {
    let mut stage = stage(SECOND_US);
    let id = stage.row(1).expect("a row").id;
    let changes =
        Changes { title: Some("Ours".to_owned()), state: Some(State::Closed(Reason::None)), ..Changes::default() };
    stage.edit_here(id, changes).expect("an edit");
    // After an error nobody can read, fields are sent one by one.
    assert!(stage.strike(Actor::Pusher(0), Faults { error_before_pm: 1000, ..Faults::default() }));
    let mut retries = 0..10;
    let is_sent = retries.any(|_| {
        stage.wait(60 * SECOND_US);
        stage.alone(Actor::Checker);
        stage.to_next_effect(Actor::Pusher(0))
    });
    assert!(is_sent, "a first request");
    assert!(stage.to_next_write(Actor::Pusher(0)), "a second request");
    into_a_second(&stage);
    assert!(stage.to_effect(Actor::Pusher(0)), "which takes effect");
    assert_eq!((&stage.shown(1)["title"], &stage.shown(1)["state"]), (&json!("Ours"), &json!("closed")));
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    stage.alone(Actor::Poller(0, false));
    let shown = title_of(&stage, id);
    stage.alone(Actor::Pusher(0));
    assert_eq!(title_of(&stage, id), shown, "it went back");
    stage.settle().expect("rest");
    assert_eq!((title_of(&stage, id), &stage.shown(1)["title"]), (Text("Alice's".to_owned()), &json!("Alice's")));
    stage.lawful().expect("every law");
}

/// Our first write replaced an empty milestone; Alice empties it again, and our second write replaces that unseen.
#[test]
fn what_an_earlier_write_had_read_can_be_somebodys_again() {
    let mut stage = stage(SECOND_US);
    let id = stage.row(1).expect("a row").id;
    let milestones = stage.there("GET", "milestones", &serde_json::Value::Null);
    let named = |n: usize| milestones[n]["title"].as_str().map(str::to_owned);
    for n in 0..2 {
        // The echo of the body is awaited for longer than the dated history, and the write remembered for as long.
        let body = (n == 0).then(|| "Ours.".to_owned());
        stage.edit_here(id, Changes { milestone: Some(named(n)), body, ..Changes::default() }).expect("an edit");
        assert!(stage.to_next_write(Actor::Pusher(0)));
        if n == 1 {
            stage.edit_there(1, &json!({ "milestone": 0 }));
        }
        stage.alone(Actor::Pusher(0));
        drop(stage.catch());
    }
    stage.settle().expect("rest");
    assert_eq!(stage.logged(id, LogKind::LostUpdate), 1, "nobody is told of what Alice emptied");
    stage.lawful().expect("every law");
}

/// We write the same title twice. The echo of the first comes after the second, which replaced Bob's unseen: it tells of another time.
#[test]
fn a_late_echo_is_not_that_of_a_later_write() {
    let mut stage = stage(SECOND_US);
    let id = stage.row(1).expect("a row").id;
    stage.title_here(id, "Ours").expect("an edit");
    stage.alone(Actor::Pusher(0));
    let late = stage.catch();
    stage.wait(200 * SECOND_US);
    stage.alone(Actor::Checker);
    assert!(stage.item(id).expect("the row").attempts.is_empty(), "the audit is over");
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    stage.alone(Actor::Poller(0, false));
    stage.wait(20 * SECOND_US);
    stage.title_here(id, "Ours").expect("an edit");
    assert!(stage.to_next_write(Actor::Pusher(0)));
    stage.edit_there(1, &json!({ "title": "Bob's" }));
    stage.alone(Actor::Pusher(0));
    drop(stage.catch());
    late.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.settle().expect("rest");
    let lost: Vec<_> = stage.item(id).expect("the row").conflicts.into_iter().filter_map(|open| open.lost).collect();
    assert_eq!(lost, [Text("Bob's".to_owned())]);
    stage.lawful().expect("every law");
}

/// Our first write never came, and the echo of our second comes when Alice has already replaced it: it is not she whom it tells of.
#[test]
fn an_echo_of_another_value_says_nothing_of_what_shows() {
    let mut stage = stage(SECOND_US);
    let id = stage.row(1).expect("a row").id;
    stage.title_here(id, "First").expect("an edit");
    assert!(stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() }));
    stage.title_here(id, "Second").expect("an edit");
    let mut retries = 0..10;
    let is_sent = retries.any(|_| {
        stage.wait(60 * SECOND_US);
        stage.alone(Actor::Pusher(0));
        stage.shown(1)["title"] == "Second"
    });
    assert!(is_sent, "it is not sent");
    let echoes = stage.catch();
    stage.wait(20 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "Alice's" }));
    drop(stage.catch());
    echoes.iter().for_each(|delivery| drop(stage.deliver(delivery).expect("taken")));
    stage.alone(Actor::Worker(0));
    assert_eq!(stage.logged(id, LogKind::Rewritten), 0, "Alice's is taken for what became of ours");
    stage.settle().expect("rest");
    assert_eq!((title_of(&stage, id), &stage.shown(1)["title"]), (Text("Alice's".to_owned()), &json!("Alice's")));
    stage.lawful().expect("every law");
}

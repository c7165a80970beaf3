//! Every switch does what it says, to those it is aimed at, and the same again from the same seed.

use std::collections::BTreeMap;

use issuesync_forge_sim::{Faults, Flavour};
use serde_json::{Value, json};

use crate::stage::{REPO, Stage};

fn with(faults: Faults) -> Stage {
    let mut stage = Stage::hooked(Flavour::Gitea);
    stage.issue("One");
    stage.due();
    stage.sim.set_faults(faults);
    stage
}

#[test]
fn webhooks_are_dropped_doubled_replayed_and_delayed() {
    let mut stage = with(Faults { hook_drop_pm: 1000, ..Faults::default() });
    stage.issue("Two");
    assert!(stage.due().is_empty());
    stage.sim.set_faults(Faults { hook_duplicate_pm: 1000, ..Faults::default() });
    stage.issue("Three");
    let due = stage.due();
    assert!(due.len() == 2 && due[0].id == due[1].id);
    stage.sim.set_faults(Faults {
        hook_replay_pm: 1000,
        hook_delay_min_ms: 90_000,
        hook_delay_max_ms: 90_000,
        ..Faults::default()
    });
    stage.issue("Four");
    assert!(stage.due().is_empty() && stage.sim.next_due_ms() == Some(stage.now_ms + 90_000));
    stage.now_ms += 200_000;
    let due = stage.due();
    assert!(due.len() == 2 && due[0].id != due[1].id && due[0].body == due[1].body);
}

#[test]
fn webhooks_can_overtake_each_other() {
    let mut stage = with(Faults { hook_reorder_pm: 500, hook_reorder_ms: 60_000, ..Faults::default() });
    for index in 0..30 {
        stage.patch(1, &json!({ "title": format!("t{index}") }));
    }
    stage.now_ms += 100_000;
    let titles: Vec<Value> = stage.heard().iter().map(|(_, value)| value["issue"]["title"].clone()).collect();
    let sorted: Vec<Value> = (0..30).map(|index| json!(format!("t{index}"))).collect();
    assert!(titles.len() == 30 && titles != sorted);
}

#[test]
fn a_lost_request_has_no_effect_and_a_lost_answer_has() {
    let mut stage = with(Faults { lose_request_pm: 1000, ..Faults::default() });
    let lost = stage.raw("bob", "PATCH", &format!("{REPO}/issues/1"), &json!({ "title": "Two" }));
    assert_eq!((lost.lost, lost.status), (true, 0));
    stage.sim.set_faults(Faults::default());
    assert_eq!(stage.get("/issues/1")["title"], "One");
    stage.sim.set_faults(Faults { lose_answer_pm: 1000, ..Faults::default() });
    assert!(stage.raw("bob", "PATCH", &format!("{REPO}/issues/1"), &json!({ "title": "Two" })).lost);
    stage.sim.set_faults(Faults::default());
    assert_eq!(stage.get("/issues/1")["title"], "Two");
}

#[test]
fn errors_limits_and_outages() {
    let mut stage = with(Faults { error_after_pm: 1000, error_html_pm: 1000, ..Faults::default() });
    let answer = stage.raw("bob", "PATCH", &format!("{REPO}/issues/1"), &json!({ "title": "Two" }));
    assert!(answer.status == 502 && answer.body.starts_with(b"<html>"));
    stage.sim.set_faults(Faults { error_before_pm: 1000, ..Faults::default() });
    assert_eq!(stage.patch(1, &json!({ "title": "Three" })).0, 500);
    stage.sim.set_faults(Faults { rate_limit_pm: 1000, retry_after_s: 7, ..Faults::default() });
    let answer = stage.raw("bob", "GET", REPO, &Value::Null);
    assert_eq!((answer.status, answer.header("Retry-After")), (429, Some("7")));
    stage.sim.set_faults(Faults { outage: true, ..Faults::default() });
    assert_eq!(stage.raw("bob", "GET", REPO, &Value::Null).status, 502);
    stage.sim.set_faults(Faults::default());
    assert_eq!(stage.get("/issues/1")["title"], "Two");
}

#[test]
fn faults_strike_only_whom_they_are_aimed_at() {
    let mut stage = with(Faults { outage: true, only_user: Some("bob".to_owned()), ..Faults::default() });
    assert_eq!(stage.call("bob", "GET", "", &Value::Null).0, 502);
    assert_eq!(stage.call("alice", "GET", "", &Value::Null).0, 200);
}

#[test]
fn stale_replicas_show_the_past() {
    let mut stage =
        with(Faults { stale_list_ms: 60_000, stale_get_pm: 1000, stale_get_ms: 60_000, ..Faults::default() });
    stage.now_ms += 100_000;
    stage.patch(1, &json!({ "title": "Two" }));
    stage.issue("New");
    assert_eq!(stage.get("/issues/1")["title"], "One");
    assert_eq!(stage.call("bob", "GET", "/issues/2", &Value::Null).0, 404);
    let list = stage.get("/issues");
    assert_eq!((list.as_array().map(Vec::len), &list[0]["title"]), (Some(1), &json!("One")));
    stage.call("alice", "DELETE", "/issues/1", &Value::Null);
    assert_eq!(stage.get("/issues").as_array().map(Vec::len), Some(1), "a deleted issue lives on in the list");
    stage.now_ms += 100_000;
    assert_eq!(stage.get("/issues")[0]["title"], "New");
}

#[test]
fn the_clock_can_be_wrong_and_step() {
    let mut stage = with(Faults { clock_skew_ms: -3_600_000, ..Faults::default() });
    let before = stage.get("/issues/1")["updated_at"].clone();
    let after = stage.patch(1, &json!({ "title": "Two" })).1["updated_at"].clone();
    assert!(after.as_str() < before.as_str(), "{after} is before {before}");
}

#[test]
fn fields_are_rewritten_or_refused() {
    let rewrite = BTreeMap::from([("title".to_owned(), "trim".to_owned()), ("body".to_owned(), "upper".to_owned())]);
    let mut stage = with(Faults { rewrite, refuse: vec!["state".to_owned()], ..Faults::default() });
    let (status, issue) = stage.patch(1, &json!({ "title": " x ", "body": "loud", "state": "closed" }));
    assert_eq!(
        (status, &issue["title"], &issue["body"], &issue["state"]),
        (201, &json!("x"), &json!("LOUD"), &json!("open"))
    );
}

#[test]
fn a_touch_moves_the_time_alone() {
    let mut stage = with(Faults { bump_pm: 1000, ..Faults::default() });
    let first = stage.get("/issues/1");
    let second = stage.get("/issues/1");
    assert_ne!(first["updated_at"], second["updated_at"]);
    assert_eq!(first["title"], second["title"]);
    assert!(stage.due().is_empty());
}

#[test]
fn one_seed_is_one_story() {
    let story = || {
        let mut stage = with(Faults {
            hook_drop_pm: 300,
            lose_answer_pm: 200,
            hook_reorder_pm: 300,
            hook_reorder_ms: 5000,
            ..Faults::default()
        });
        for index in 0..50 {
            stage.patch(1, &json!({ "title": format!("t{index}") }));
        }
        stage.now_ms += 100_000;
        let ids: Vec<String> = stage.due().into_iter().map(|delivery| delivery.id).collect();
        (ids, stage.sim.history_json())
    };
    let first = story();
    assert!(first.0.len() > 20 && first == story());
}

//! The record that a judge reads: requests, edits, objects, and the present truth.

use issuesync_forge_sim::{Faults, Flavour, Request};
use serde_json::{Value, json};

use crate::stage::{REPO, Stage};

#[test]
fn an_edit_is_one_row_per_changed_field() {
    let mut stage = Stage::new(Flavour::Gitea);
    let number = stage.issue("One");
    let (label, milestone) = (stage.label("bug"), stage.milestone("1.0"));
    stage.call("bob", "POST", &format!("/issues/{number}/labels"), &json!({ "labels": [label] }));
    stage.patch(
        number,
        &json!({ "title": "Two", "body": "text", "state": "closed", "assignees": ["bob"],
        "milestone": milestone, "due_date": "2026-12-25T00:00:00Z" }),
    );
    let history = stage.sim.history_json();
    let rows: Vec<(&str, &Value, &Value)> = history["edits"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (row["field"].as_str().unwrap_or_default(), &row["before"], &row["after"]))
        .collect();
    let expected = [
        ("labels", json!([]), json!(["bug"])),
        ("title", json!("One"), json!("Two")),
        ("due_date", Value::Null, json!("2026-12-25")),
        ("assignees", json!([]), json!(["2"])),
        ("milestone", Value::Null, json!(milestone)),
        ("state", json!("open"), json!("closed")),
    ];
    assert_eq!(
        rows,
        expected.iter().map(|(field, a, b)| (*field, a, b)).collect::<Vec<_>>(),
        "the equal body is no edit"
    );
    let row = &history["edits"][1];
    assert_eq!(
        (&row["user"], &row["number"], &row["repo_id"], &row["comment_id"]),
        (&json!("bob"), &json!(1), &json!(11), &Value::Null)
    );
    assert_eq!(row["at_ms"], json!(stage.now_ms));
    let created = &history["objects"][0];
    assert_eq!(
        (&created["action"], &created["kind"], &created["value"]["title"]),
        (&json!("create"), &json!("issue"), &json!("One"))
    );
}

#[test]
fn lost_requests_and_answers_are_on_record() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    stage.sim.set_faults(Faults { lose_answer_pm: 1000, ..Faults::default() });
    stage.patch(1, &json!({ "title": "Two" }));
    stage.sim.set_faults(Faults { lose_request_pm: 1000, ..Faults::default() });
    stage.patch(1, &json!({ "title": "Three" }));
    let history = stage.sim.history_json();
    let last: Vec<&Value> = history["requests"].as_array().into_iter().flatten().rev().take(2).collect();
    assert_eq!(
        (&last[0]["lost"], &last[0]["status"], &last[0]["changed"]),
        (&json!("request"), &Value::Null, &json!(0))
    );
    assert_eq!((&last[1]["lost"], &last[1]["status"], &last[1]["changed"]), (&json!("answer"), &json!(201), &json!(1)));
}

#[test]
fn the_controls_show_and_switch() {
    let mut stage = Stage::hooked(Flavour::Gitea);
    stage.issue("One");
    stage.call("carol", "POST", "/issues/1/comments", &json!({ "body": "hi" }));
    let state = stage.raw("", "GET", "/_sim/state", &Value::Null).json();
    let issue = &state["repos"][0]["issues"][0];
    assert_eq!((&issue["title"], &issue["comments"][0]["body"]), (&json!("One"), &json!("hi")));
    assert_eq!(state, stage.sim.state_json());
    let set = stage.raw("", "POST", "/_sim/faults", &json!({ "hook_drop_pm": 5 })).json();
    assert_eq!((&set["hook_drop_pm"], stage.sim.faults().hook_drop_pm), (&json!(5), 5));
    assert_eq!(stage.raw("", "POST", "/_sim/faults", &json!({ "nonsense": 5 })).status, 422);
    stage.raw("", "POST", "/_sim/drop", &Value::Null);
    assert!(stage.due().is_empty());
    stage.raw("", "POST", "/_sim/outage", &json!({ "on": true }));
    assert_eq!(stage.call("bob", "GET", "", &Value::Null).0, 502);
    stage.raw("", "POST", "/_sim/outage", &json!({ "on": false }));
    stage.raw("", "POST", "/_sim/repo", &json!({ "repo": "acme/web", "name": "renamed" }));
    assert_eq!(stage.call("bob", "GET", "", &Value::Null).0, 301);
    stage.raw("", "POST", "/_sim/token", &json!({ "token": "bob", "revoke": true }));
    assert_eq!(stage.call("bob", "GET", "", &Value::Null).0, 401);
}

#[test]
fn ten_thousand_issues_are_listed_without_going_through_all_their_texts() {
    let mut stage = Stage::new(Flavour::Gitea);
    let body = json!({ "title": "One", "body": "x".repeat(500) });
    let request = Request::new("POST", &format!("{REPO}/issues")).token("bob").json(&body);
    for step in 0..10_000 {
        assert_eq!(stage.sim.handle(stage.now_ms + step, &request).status, 201);
    }
    let page = stage.raw("bob", "GET", &format!("{REPO}/issues?state=all&limit=50&page=100"), &Value::Null);
    assert_eq!(page.header("X-Total-Count"), Some("10000"));
    assert_eq!(page.json().as_array().map(Vec::len), Some(50));
}

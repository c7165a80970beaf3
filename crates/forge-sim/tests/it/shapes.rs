//! The simulator's answers have the keys, the types and the status of answers recorded from running servers.
//!
//! A recording that no step of the story below answers is left out; a change of either side that makes the story
//! miss most of them fails.

use std::collections::BTreeMap;
use std::path::PathBuf;

use issuesync_forge_sim::{Flavour, Response};
use serde_json::{Value, json};

use crate::stage::{BOTH, REPO, Stage};

/// What a recording is compared by: status and body, a string when it is no JSON.
type Answer = (u16, Value);

fn folder(flavour: Flavour) -> PathBuf {
    let name = if flavour == Flavour::Gitea { "gitea" } else { "forgejo" };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/gitea").join(name)
}

fn recordings(flavour: Flavour) -> BTreeMap<String, Value> {
    let entries = std::fs::read_dir(folder(flavour)).expect("the recorded fixtures are part of the repository");
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    let files = entries.map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|end| end == "json")).map(read).collect()
}

/// Every way in which two values differ in shape; null goes with anything, lists are judged by their first element.
fn differences(at: &str, recorded: &Value, ours: &Value, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().filter(|key| !b.contains_key(*key)) {
                found.push(format!("{at}.{key} is missing"));
            }
            for key in b.keys().filter(|key| !a.contains_key(*key)) {
                found.push(format!("{at}.{key} was never recorded"));
            }
            for (key, value) in a {
                differences(&format!("{at}.{key}"), value, b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if let (Some(a), Some(b)) = (a.first(), b.first()) {
                differences(&format!("{at}[]"), a, b, found);
            }
        }
        _ if std::mem::discriminant(recorded) == std::mem::discriminant(ours) => {}
        _ => found.push(format!("{at} is {ours}, recorded as {recorded}")),
    }
}

/// The story, told to the simulator: answers by the names of the recordings.
struct Story {
    stage: Stage,
    answers: BTreeMap<&'static str, Answer>,
}

#[allow(clippy::needless_pass_by_value, reason = "bodies are written as literals")]
impl Story {
    fn step(&mut self, name: &'static str, token: &str, method: &str, path: &str, body: Value) {
        let target = if path.starts_with("/api") { path.to_owned() } else { format!("{REPO}{path}") };
        let response = self.stage.raw(token, method, &target, &body);
        self.answers.insert(name, of(&response));
    }

    fn get(&mut self, name: &'static str, path: &str) {
        self.step(name, "alice", "GET", path, Value::Null);
    }
}

fn of(response: &Response) -> Answer {
    let text = String::from_utf8_lossy(&response.body);
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or_else(|_| json!(text)) };
    (response.status, body)
}

#[allow(clippy::too_many_lines, reason = "one line per recording")]
fn tell(flavour: Flavour) -> Story {
    let stage = Stage::hooked(flavour);
    let mut story = Story { stage, answers: BTreeMap::new() };
    let s = &mut story;
    let (bug, docs) = (s.stage.label("bug"), s.stage.label("docs"));
    let milestone = s.stage.milestone("1.0");
    s.get("version_get", "/api/v1/version");
    s.get("forgejo_version_get", "/api/forgejo/v1/version");
    s.get("settings_api_get", "/api/v1/settings/api");
    s.step("issue_lock_probe", "alice", "PUT", "/issues/0/lock", json!({}));
    s.get("user_get", "/api/v1/user");
    s.get("repo_get", "");
    s.get("repository_get", "/api/v1/repositories/11");
    s.get("repository_get_404", "/api/v1/repositories/999");
    s.step("repo_edit_403", "bob", "PATCH", "", json!({ "name": "x" }));
    s.step("issue_create_plain", "bob", "POST", "/issues", json!({ "title": "First", "body": "<b>\r\n" }));
    let full = json!({ "title": "Second", "assignees": ["alice", "bob"], "labels": [bug, docs], "milestone": milestone,
        "due_date": "2031-02-03T04:05:06Z" });
    s.step("issue_create", "bob", "POST", "/issues", full);
    s.step("issue_create_422", "bob", "POST", "/issues", json!({ "body": "no title" }));
    s.step("issue_create_unknown_assignee", "bob", "POST", "/issues", json!({ "title": "x", "assignees": ["nobody"] }));
    s.step("issue_edit_title", "bob", "PATCH", "/issues/1", json!({ "title": "First, renamed" }));
    s.step("issue_edit_body", "bob", "PATCH", "/issues/1", json!({ "body": "Another" }));
    s.step("issue_edit_body_equal", "bob", "PATCH", "/issues/1", json!({ "body": "Another" }));
    s.step("issue_edit_close", "bob", "PATCH", "/issues/1", json!({ "state": "closed" }));
    s.get("issue_get_closed", "/issues/1");
    s.step("issue_edit_reopen", "bob", "PATCH", "/issues/1", json!({ "state": "open" }));
    s.step("issue_edit_assign", "bob", "PATCH", "/issues/1", json!({ "assignees": ["alice"] }));
    s.step("issue_edit_unassign", "bob", "PATCH", "/issues/1", json!({ "assignees": [] }));
    s.step("issue_edit_milestone", "bob", "PATCH", "/issues/1", json!({ "milestone": milestone }));
    s.step("issue_edit_milestone_clear", "bob", "PATCH", "/issues/1", json!({ "milestone": 0 }));
    s.step("issue_edit_due_date", "bob", "PATCH", "/issues/1", json!({ "due_date": "2031-12-24T00:00:00Z" }));
    s.step("issue_edit_unset_due_date", "bob", "PATCH", "/issues/1", json!({ "unset_due_date": true }));
    s.step("issue_deadline_set", "bob", "POST", "/issues/1/deadline", json!({ "due_date": "2031-12-24T00:00:00Z" }));
    s.step("issue_deadline_null", "bob", "POST", "/issues/1/deadline", json!({ "due_date": null }));
    s.step(
        "issue_edit_unknown_assignee",
        "bob",
        "PATCH",
        "/issues/2",
        json!({ "assignees": ["nobody"], "title": "Half" }),
    );
    s.step("issue_edit_unknown_milestone", "bob", "PATCH", "/issues/2", json!({ "milestone": 9999 }));
    s.step("issue_edit_unknown_state", "bob", "PATCH", "/issues/2", json!({ "state": "sleeping" }));
    s.step("issue_edit_long_title", "bob", "PATCH", "/issues/2", json!({ "title": "long ".repeat(60) }));
    s.step("issue_labels_add", "bob", "POST", "/issues/1/labels", json!({ "labels": [bug] }));
    s.step("issue_labels_add_again", "bob", "POST", "/issues/1/labels", json!({ "labels": [bug] }));
    s.step("issue_labels_add_by_name", "bob", "POST", "/issues/1/labels", json!({ "labels": ["docs"] }));
    s.step("issue_labels_put", "bob", "PUT", "/issues/1/labels", json!({ "labels": [bug, docs] }));
    s.step("issue_label_delete", "bob", "DELETE", &format!("/issues/1/labels/{bug}"), Value::Null);
    s.step("issue_label_delete_not_on_issue", "bob", "DELETE", &format!("/issues/1/labels/{bug}"), Value::Null);
    s.step("issue_label_delete_unknown", "bob", "DELETE", "/issues/1/labels/99999", Value::Null);
    s.get("issue_labels_list", "/issues/1/labels");
    s.step("issue_labels_clear", "bob", "DELETE", "/issues/1/labels", Value::Null);
    s.step("issue_comment_create", "bob", "POST", "/issues/1/comments", json!({ "body": "A comment" }));
    s.step("issue_comment_create_422", "bob", "POST", "/issues/1/comments", json!({ "body": "" }));
    let comment = format!("/issues/comments/{}", s.answers["issue_comment_create"].1["id"]);
    s.step("comment_edit", "bob", "PATCH", &comment, json!({ "body": "Edited" }));
    s.get("comment_get", &comment);
    s.get("issue_comments_list", "/issues/1/comments");
    s.get("issues_comments_list", "/issues/comments");
    s.get("issues_comments_list_page_1_of_1", "/issues/comments?page=1&limit=1");
    s.get("issue_comments_list_missing_issue", "/issues/999/comments");
    s.get("issue_get", "/issues/1");
    s.get("issue_get_404", "/issues/999");
    s.step("issue_get_401", "wrong", "GET", "/issues/1", Value::Null);
    s.get("issues_list", "/issues?state=all");
    s.get("issues_list_page_1_of_1", "/issues?state=all&page=1&limit=1");
    s.get("issues_list_past_the_end", "/issues?page=99");
    s.get("issues_list_bad_since", "/issues?since=yesterday");
    s.get("issues_list_leastupdate", "/issues?state=all&sort=leastupdate");
    s.step("issue_lock_put", "alice", "PUT", "/issues/1/lock", json!({ "lock_reason": "Resolved" }));
    s.get("issue_get_locked", "/issues/1");
    s.step("issue_lock_delete", "alice", "DELETE", "/issues/1/lock", Value::Null);
    s.get("issue_timeline_list", "/issues/1/timeline");
    s.step("comment_delete", "bob", "DELETE", &comment, Value::Null);
    s.step("comment_delete_404", "bob", "DELETE", &comment, Value::Null);
    s.step("comment_edit_404", "bob", "PATCH", &comment, json!({ "body": "late" }));
    s.get("comment_get_404", &comment);
    s.step("labels_create", "alice", "POST", "/labels", json!({ "name": "new", "color": "#ee0701" }));
    s.step("label_edit", "alice", "PATCH", &format!("/labels/{docs}"), json!({ "name": "docs, renamed" }));
    s.get("labels_list", "/labels");
    s.get("labels_list_page_2", "/labels?page=2");
    s.step("label_delete", "alice", "DELETE", &format!("/labels/{docs}"), Value::Null);
    let dated = json!({ "title": "3.0", "due_on": "2031-03-01T00:00:00Z" });
    s.step("milestones_create", "alice", "POST", "/milestones", dated);
    s.get("milestone_get", &format!("/milestones/{milestone}"));
    s.get("milestones_list", "/milestones");
    s.get("milestones_list_page_2", "/milestones?page=2");
    s.get("assignees_list", "/assignees");
    let hook = json!({ "type": "gitea", "active": true, "config": { "url": "http://m.test", "content_type": "json", "secret": "s" },
        "events": ["issues", "pull_request", "repository"] });
    s.step("hooks_create", "alice", "POST", "/hooks", hook);
    let hook = format!("/hooks/{}", s.answers["hooks_create"].1["id"]);
    s.get("hook_get", &hook);
    s.get("hooks_list", "/hooks");
    s.step("hooks_list_403", "bob", "GET", "/hooks", Value::Null);
    s.step("hook_edit", "alice", "PATCH", &hook, json!({ "active": true, "events": ["issues"] }));
    s.step("hook_delete", "alice", "DELETE", &hook, Value::Null);
    s.get("hook_get_404", &hook);
    s.step("issue_delete_403", "bob", "DELETE", "/issues/1", Value::Null);
    s.step("issue_delete", "alice", "DELETE", "/issues/2", Value::Null);
    s.step("issue_delete_404", "alice", "DELETE", "/issues/2", Value::Null);
    s.get("issue_get_deleted", "/issues/2");
    s.step("issue_edit_deleted", "bob", "PATCH", "/issues/2", json!({ "title": "x" }));
    s.stage.call("alice", "PATCH", "", &json!({ "has_issues": false }));
    s.get("repo_get_issues_off", "");
    s.get("issue_get_issues_off", "/issues/1");
    s.get("issues_list_issues_off", "/issues");
    s.stage.call("alice", "PATCH", "", &json!({ "has_issues": true, "name": "renamed" }));
    s.step("repo_get_renamed", "alice", "GET", "", Value::Null);
    s.step("issue_get_renamed", "alice", "GET", "/issues/1", Value::Null);
    s.step("issue_edit_renamed", "bob", "PATCH", "/issues/1", json!({ "title": "Not written" }));
    story
}

#[test]
fn answers_have_the_recorded_status_and_shape() {
    for flavour in BOTH {
        let story = tell(flavour);
        let (mut found, mut compared) = (Vec::new(), 0);
        for (name, recording) in recordings(flavour) {
            let Some((status, body)) = story.answers.get(name.as_str()) else { continue };
            let recorded = &recording["response"];
            compared += 1;
            if recorded["status"] != json!(status) {
                found.push(format!("{name}: status {status}, recorded as {}", recorded["status"]));
            }
            differences(&name, &recorded["body"], body, &mut found);
        }
        assert_eq!(found, Vec::<String>::new(), "{flavour:?}");
        assert!(compared >= 80, "only {compared} recordings of {flavour:?} were compared");
    }
}

#[test]
fn deliveries_have_the_recorded_shape_and_headers() {
    for flavour in BOTH {
        let mut story = tell(flavour);
        let mut ours: BTreeMap<String, (Vec<String>, Value)> = BTreeMap::new();
        for delivery in story.stage.due() {
            let value: Value = serde_json::from_slice(&delivery.body).expect("JSON");
            let names = delivery.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
            ours.entry(delivery.label.replace('/', "_")).or_insert((names, value));
        }
        let (mut found, mut compared) = (Vec::new(), 0);
        for (name, recording) in recordings(flavour) {
            let Some(kind) = name.strip_prefix("delivery_").filter(|kind| !kind.contains("pull")) else { continue };
            let mine =
                ours.iter().filter(|(label, _)| kind.starts_with(label.as_str())).max_by_key(|(label, _)| label.len());
            let Some((_, (headers, payload))) = mine else {
                found.push(format!("{name} is never sent"));
                continue;
            };
            compared += 1;
            let text = recording["delivery"]["body_text"].as_str().expect("a body");
            let mut recorded: Value = serde_json::from_str(text).expect("JSON");
            let mut payload = payload.clone();
            for value in [&mut recorded, &mut payload] {
                value["changes"] = Value::Null;
            }
            differences(&name, &recorded, &payload, &mut found);
            let names = recording["delivery"]["headers"].as_object().expect("headers");
            for header in names.keys().filter(|header| !headers.contains(header)) {
                found.push(format!("{name} has the header {header}"));
            }
        }
        assert_eq!(found, Vec::<String>::new(), "{flavour:?}");
        assert!(compared >= 25, "only {compared} deliveries of {flavour:?} were compared");
    }
}

#[test]
fn timeline_entries_have_the_recorded_shape() {
    for flavour in BOTH {
        let story = tell(flavour);
        let rows = &story.answers["issue_timeline_list"].1;
        let mut found = Vec::new();
        let kinds = recordings(flavour).remove("issue_timeline_kinds").expect("recorded kinds");
        for row in rows.as_array().into_iter().flatten() {
            let kind = row["type"].as_str().unwrap_or_default();
            match kinds["kinds"].get(kind) {
                Some(recorded) => differences(kind, recorded, row, &mut found),
                None => found.push(format!("{kind} was never recorded")),
            }
        }
        assert_eq!(found, Vec::<String>::new(), "{flavour:?}");
        assert!(rows.as_array().is_some_and(|rows| rows.len() > 10));
    }
}

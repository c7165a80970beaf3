//! The issue API as clients meet it.

use issuesync_forge_sim::{Flavour, Request};
use serde_json::{Value, json};

use crate::stage::{BOTH, REPO, Stage, config, names};

#[test]
fn an_issue_starts_with_the_trackers_defaults() {
    for flavour in BOTH {
        let mut stage = Stage::new(flavour);
        let (status, issue) =
            stage.call("bob", "POST", "/issues", &json!({ "title": "  One  ", "body": "a\r\nb  \n" }));
        assert_eq!((status, &issue["title"], &issue["body"]), (201, &json!("One"), &json!("a\r\nb  \n")));
        assert_eq!(
            (&issue["assignees"], &issue["assignee"], &issue["labels"]),
            (&Value::Null, &Value::Null, &json!([]))
        );
        assert_eq!((issue["state"].as_str(), issue["user"]["login"].as_str()), (Some("open"), Some("bob")));
        assert_eq!(stage.call("bob", "POST", "/issues", &json!({ "body": "x" })).0, 422);
        assert_eq!(stage.call("bob", "POST", "/issues", &json!({ "title": "x", "assignees": ["nobody"] })).0, 422);
    }
}

#[test]
fn a_reader_writes_texts_and_the_rest_is_dropped() {
    let mut stage = Stage::new(Flavour::Gitea);
    let (label, milestone) = (stage.label("bug"), stage.milestone("1.0"));
    let body = json!({ "title": "One", "labels": [label], "milestone": milestone, "assignees": ["bob"], "due_date": "2026-12-25T00:00:00Z" });
    let (status, issue) = stage.call("carol", "POST", "/issues", &body);
    assert_eq!(status, 201);
    assert_eq!((&issue["labels"], &issue["milestone"], &issue["due_date"]), (&json!([]), &Value::Null, &Value::Null));
    let path = format!("/issues/{}", issue["number"]);
    let (status, issue) = stage.call("carol", "PATCH", &path, &json!({ "title": "Mine", "milestone": milestone }));
    assert_eq!((status, &issue["title"], &issue["milestone"]), (201, &json!("Mine"), &Value::Null));
    let number = stage.issue("Of bob");
    let refused = stage.raw("carol", "PATCH", &format!("{REPO}/issues/{number}"), &json!({ "title": "x" }));
    assert_eq!((refused.status, refused.body.len()), (403, 0), "an empty refusal");
}

#[test]
fn a_half_wrong_edit_is_half_applied_on_gitea_alone() {
    for (flavour, title) in [(Flavour::Gitea, "Two"), (Flavour::Forgejo, "One")] {
        let mut stage = Stage::hooked(flavour);
        let number = stage.issue("One");
        stage.due();
        assert_eq!(stage.patch(number, &json!({ "title": "Two", "assignees": ["nobody"] })).0, 500);
        assert_eq!(stage.get(&format!("/issues/{number}"))["title"], title);
        assert_eq!(stage.due().len(), usize::from(flavour == Flavour::Gitea));
        assert_eq!(stage.patch(number, &json!({ "milestone": 99_999 })).0, 500);
    }
}

#[test]
fn an_unknown_state_is_refused_or_reopens() {
    for (flavour, status, state) in [(Flavour::Gitea, 412, "closed"), (Flavour::Forgejo, 201, "open")] {
        let mut stage = Stage::new(flavour);
        let number = stage.issue("One");
        stage.patch(number, &json!({ "state": "closed" }));
        assert_eq!(stage.patch(number, &json!({ "state": "sleeping" })).0, status);
        assert_eq!(stage.get(&format!("/issues/{number}"))["state"], state);
    }
}

#[test]
fn titles_are_odd() {
    let long = "x".repeat(300);
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let number = stage.issue("One");
        assert_eq!(stage.patch(number, &json!({ "title": "" })).1["title"], "One");
        assert_eq!(stage.patch(number, &json!({ "title": " padded " })).1["title"], " padded ");
        stage.patch(number, &json!({ "title": long }));
        stage.due();
        let stored =
            stage.patch(number, &json!({ "title": long })).1["title"].as_str().map(|title| title.chars().count());
        let (length, events) = if flavour == Flavour::Gitea { (253, 1) } else { (300, 0) };
        assert_eq!((stored, stage.due().len()), (Some(length), events));
    }
}

#[test]
fn due_dates_depend_on_the_door() {
    let mut stage = Stage::new(Flavour::Gitea);
    let exact = json!({ "title": "One", "due_date": "2026-12-25T10:00:00Z" });
    let (_, issue) = stage.call("bob", "POST", "/issues", &exact);
    assert_eq!(issue["due_date"], "2026-12-25T10:00:00Z");
    assert_eq!(
        stage.patch(1, &json!({ "due_date": "2026-12-25T00:00:00+09:00" })).1["due_date"],
        "2026-12-25T14:59:59Z"
    );
    assert_eq!(stage.patch(1, &json!({ "unset_due_date": true })).1["due_date"], Value::Null);
    let (status, due) =
        stage.call("bob", "POST", "/issues/1/deadline", &json!({ "due_date": "2026-12-26T00:00:00+09:00" }));
    assert_eq!((status, &due["due_date"]), (201, &json!("2026-12-26T23:59:59Z")));
}

#[test]
fn labels_by_name_and_by_twin_definitions() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    let (status, _) = stage.call("alice", "POST", "/labels", &json!({ "name": "bug", "color": "#abc" }));
    assert_eq!(status, 201, "names are not unique");
    let (status, labels) = stage.call("bob", "POST", "/issues/1/labels", &json!({ "labels": ["bug", "unknown"] }));
    assert_eq!((status, labels.as_array().map(Vec::len)), (200, Some(2)), "both definitions, the unknown dropped");
    assert_eq!(stage.call("bob", "POST", "/issues/1/labels", &json!({ "labels": ["docs", 1] })).0, 400);
    assert_eq!(stage.call("bob", "DELETE", "/issues/1/labels/9999", &Value::Null).0, 422);
    let mut stage = Stage::new(Flavour::Forgejo);
    stage.issue("One");
    assert_eq!(stage.call("bob", "POST", "/issues/1/labels", &json!({ "labels": ["bug"] })).0, 422);
}

#[test]
fn an_exclusive_label_drives_out_its_scope() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    for name in ["kind/bug", "kind/idea"] {
        stage.call("alice", "POST", "/labels", &json!({ "name": name, "color": "aabbcc", "exclusive": true }));
        stage.call("bob", "POST", "/issues/1/labels", &json!({ "labels": [name] }));
    }
    assert_eq!(names(&stage.get("/issues/1")), ["kind/idea"]);
}

#[test]
fn a_deleted_definition_leaves_the_issues_silently() {
    let mut stage = Stage::new(Flavour::Gitea);
    let (label, milestone) = (stage.label("bug"), stage.milestone("1.0"));
    stage.call("bob", "POST", "/issues", &json!({ "title": "One", "labels": [label], "milestone": milestone }));
    let before = stage.get("/issues/1")["updated_at"].clone();
    stage.call("alice", "PATCH", &format!("/labels/{label}"), &json!({ "name": "defect" }));
    assert_eq!(names(&stage.get("/issues/1")), ["defect"]);
    stage.call("alice", "DELETE", &format!("/labels/{label}"), &Value::Null);
    stage.call("alice", "DELETE", &format!("/milestones/{milestone}"), &Value::Null);
    let issue = stage.get("/issues/1");
    assert_eq!((&issue["labels"], &issue["milestone"], &issue["updated_at"]), (&json!([]), &Value::Null, &before));
}

#[test]
fn what_moves_an_issue() {
    for flavour in BOTH {
        let mut stage = Stage::new(flavour);
        stage.issue("One");
        let mut moved = |token: &str, method: &str, path: &str, body: Value| {
            let before = stage.get("/issues/1")["updated_at"].clone();
            let (status, answer) = stage.call(token, method, path, &body);
            assert!(status < 300, "{path} {answer}");
            (stage.get("/issues/1")["updated_at"] != before, answer)
        };
        let (created, comment) = moved("bob", "POST", "/issues/1/comments", json!({ "body": "hi" }));
        let path = format!("/issues/comments/{}", comment["id"]);
        assert!(created);
        assert!(!moved("bob", "PATCH", &path, json!({ "body": "ho" })).0);
        assert_eq!(moved("bob", "DELETE", &path, Value::Null).0, flavour == Flavour::Forgejo);
        assert!(moved("bob", "PATCH", "/issues/1", json!({ "body": "text" })).0, "an equal body too");
        assert!(!moved("bob", "PATCH", "/issues/1", json!({ "title": "One", "state": "open" })).0);
        assert!(moved("bob", "PATCH", "/issues/1", json!({ "due_date": "2026-12-25T00:00:00Z" })).0);
    }
}

#[test]
fn lists_are_newest_first_clamped_and_counted() {
    let mut stage = Stage::new(Flavour::Gitea);
    for index in 0..60 {
        stage.issue(&format!("Issue {index}"));
    }
    let repo = stage.sim.repo_id("acme/web").expect("the repository");
    let pull = stage.sim.add_pull(stage.now_ms, repo, "A change");
    let all = stage.raw("bob", "GET", &format!("{REPO}/issues?state=all&limit=500"), &Value::Null);
    assert_eq!((all.json().as_array().map(Vec::len), all.header("X-Total-Count")), (Some(50), Some("61")));
    assert_eq!(all.json()[0]["number"], json!(pull), "pull requests are in the list");
    let link = all.header("Link").expect("a next page").to_owned();
    assert!(link.starts_with("<http://tracker.test/api/v1/") && link.contains("page=2>; rel=\"next\",<"), "{link}");
    let issues = stage.raw("bob", "GET", &format!("{REPO}/issues?type=issues&sort=leastupdate"), &Value::Null).json();
    assert_eq!((issues.as_array().map(Vec::len), &issues[0]["number"]), (Some(30), &json!(60)), "sort is ignored");
    assert_eq!(stage.get("/issues?page=9"), json!([]));
    let since = issues[0]["updated_at"].as_str().expect("a time").to_owned();
    let found = stage.get(&format!("/issues?type=issues&state=all&since={since}"));
    assert_eq!(found.as_array().map(Vec::len), Some(1), "since is inclusive");
    assert_eq!(stage.call("bob", "GET", "/issues?since=yesterday", &Value::Null).0, 422);
}

#[test]
fn list_filters_vanish_when_no_name_is_known() {
    let mut stage = Stage::new(Flavour::Gitea);
    let label = stage.label("bug");
    stage.call("bob", "POST", "/issues", &json!({ "title": "One", "labels": [label] }));
    stage.issue("Two");
    let count = |value: Value| value.as_array().map(Vec::len);
    assert_eq!(count(stage.get("/issues?labels=bug")), Some(1));
    assert_eq!(count(stage.get("/issues?labels=nonsense")), Some(2));
    assert_eq!(count(stage.get("/issues?state=closed")), Some(0));
    assert_eq!(stage.call("bob", "GET", "/issues?created_by=nobody", &Value::Null).0, 404);
}

#[test]
fn comments_are_paged_only_when_asked() {
    for flavour in BOTH {
        let mut stage = Stage::new(flavour);
        stage.issue("One");
        for index in 0..40 {
            stage.call("bob", "POST", "/issues/1/comments", &json!({ "body": format!("c{index}") }));
        }
        let count = |value: Value| value.as_array().map(Vec::len);
        assert_eq!(count(stage.get("/issues/1/comments")), Some(40));
        assert_eq!(count(stage.get("/issues/comments?limit=10")), Some(40));
        let page = stage.get("/issues/comments?page=2&limit=30");
        assert_eq!((count(page.clone()), &page[0]["body"]), (Some(10), &json!("c30")));
        assert!(page[0].get("number").is_none());
        assert!(page[0]["issue_url"].as_str().is_some_and(|url| url.ends_with("/acme/web/issues/1")));
        assert_eq!(stage.call("bob", "GET", "/issues/99/comments", &Value::Null).0, 500, "a missing issue");
        assert_eq!(stage.call("bob", "POST", "/issues/99/comments", &json!({ "body": "x" })).0, 500);
        assert_eq!(stage.call("bob", "POST", "/issues/1/comments", &json!({ "body": "" })).0, 422);
    }
}

#[test]
fn numbers_are_shared_with_pulls_and_never_reused() {
    let mut stage = Stage::new(Flavour::Gitea);
    let first = stage.issue("One");
    let repo = stage.sim.repo_id("acme/web").expect("the repository");
    stage.sim.add_pull(stage.now_ms, repo, "A change");
    let third = stage.issue("Three");
    assert_eq!((first, third), (1, 3));
    assert_eq!(stage.call("bob", "DELETE", "/issues/3", &Value::Null).0, 403, "a writer is no administrator");
    assert_eq!(stage.call("alice", "DELETE", "/issues/3", &Value::Null).0, 204);
    assert_eq!(stage.call("alice", "GET", "/issues/3", &Value::Null).0, 404);
    assert_eq!(stage.issue("Four"), 4);
    assert!(stage.get("/issues/2")["pull_request"].is_object());
}

#[test]
fn locks_are_giteas_alone_and_stop_readers() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    assert_eq!(stage.call("alice", "PUT", "/issues/1/lock", &json!({ "lock_reason": "Resolved" })).0, 204);
    assert_eq!(stage.get("/issues/1")["is_locked"], true);
    assert_eq!(stage.call("carol", "POST", "/issues/1/comments", &json!({ "body": "x" })).0, 403);
    assert_eq!(stage.call("bob", "POST", "/issues/1/comments", &json!({ "body": "x" })).0, 201);
    let mut stage = Stage::new(Flavour::Forgejo);
    stage.issue("One");
    assert_eq!(stage.call("alice", "PUT", "/issues/1/lock", &json!({})).0, 404);
}

#[test]
fn milestones_lose_their_date_on_gitea() {
    for flavour in BOTH {
        let mut stage = Stage::new(flavour);
        let body = json!({ "title": "3.0", "due_on": "2031-03-01T00:00:00Z" });
        let (_, row) = stage.call("alice", "POST", "/milestones", &body);
        let (_, row) =
            stage.call("alice", "PATCH", &format!("/milestones/{}", row["id"]), &json!({ "state": "closed" }));
        assert_eq!((&row["state"], row["due_on"].is_null()), (&json!("closed"), flavour == Flavour::Gitea));
    }
}

#[test]
fn the_timeline_tells_titles_labels_and_state_but_no_bodies() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    let label = stage.label("bug");
    stage.patch(1, &json!({ "title": "Two", "body": "new", "state": "closed", "assignees": ["bob"] }));
    stage.call("bob", "POST", "/issues/1/labels", &json!({ "labels": [label] }));
    stage.call("bob", "POST", "/issues/1/comments", &json!({ "body": "hi" }));
    let rows = stage.get("/issues/1/timeline");
    let kinds: Vec<&str> = rows.as_array().into_iter().flatten().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(kinds, ["change_title", "assignees", "close", "label", "comment"]);
    assert_eq!((&rows[0]["old_title"], &rows[0]["new_title"]), (&json!("One"), &json!("Two")));
    assert_eq!(rows[3]["body"], "1");
}

#[test]
fn a_stale_content_version_is_a_conflict_when_the_tracker_knows_it() {
    let mut config = config(Flavour::Gitea);
    config.content_version = true;
    let mut stage = Stage::of(config);
    stage.issue("One");
    let version = stage.get("/issues/1")["content_version"].clone();
    assert_eq!(stage.patch(1, &json!({ "body": "a", "content_version": version })).0, 201);
    assert_eq!(stage.patch(1, &json!({ "body": "b", "title": "x", "content_version": version })).0, 409);
    assert_eq!(stage.get("/issues/1")["title"], "One");
}

#[test]
fn a_body_without_its_content_type_is_refused() {
    let mut stage = Stage::new(Flavour::Gitea);
    let mut request = Request::new("POST", &format!("{REPO}/issues")).token("bob").json(&json!({ "title": "One" }));
    request.headers.retain(|(name, _)| name != "Content-Type");
    assert_eq!(stage.sim.handle(stage.now_ms, &request).status, 422);
}

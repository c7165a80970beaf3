//! Issues are made, edited, deleted and taken back.

use crate::app::App;
use crate::fixtures;
use http::Method;
use issuesync_model::ItemKind;
use serde_json::json;

#[tokio::test]
async fn a_made_issue_shows_what_was_asked_and_is_pending() {
    let app = App::new().await;
    let body = json!({"project": "acme", "title": "Crash", "body": "It crashes.", "labels": ["bug"],
        "assignees": ["ALICE", "bob"], "milestone": "1.0", "due_date": "2026-12-25", "state": "open", "locked": true});
    let reply = app.post("/issues", &body).await;
    assert_eq!(reply.headers["etag"], "\"1\"");
    let made = reply.expect(201);
    let id = made["id"].as_str().expect("id");
    for (field, value) in [
        ("project", json!("acme")),
        ("connection", json!("web")),
        ("provider", json!("gitea")),
        ("external_number", json!(null)),
        ("title", json!("Crash")),
        ("labels", json!(["bug"])),
        ("assignees", json!(["alice", "Bob"])),
        ("milestone", json!("1.0")),
        ("due_date", json!("2026-12-25")),
        ("locked", json!(true)),
        ("lifecycle", json!("creating")),
        ("sync_status", json!("pending")),
        ("connection_state", json!(null)),
        ("comment_count", json!(0)),
        ("tombstone", json!(null)),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!((&made["outbox"]["kind"], &made["outbox"]["status"]), (&json!("create"), &json!("pending")));
    assert_eq!(app.get(&format!("/issues/{id}")).await.expect(200), made);
}

#[tokio::test]
async fn the_connection_may_be_left_out_when_there_is_one() {
    let app = App::new().await;
    assert_eq!(app.post("/issues", &json!({"title": "a"})).await.expect(201)["connection"], "web");
    let other = fixtures::connection("other");
    app.connect(&other).await;
    let problem = app.post("/issues", &json!({"title": "a"})).await.invalid("connection");
    assert!(problem["detail"].as_str().expect("text").contains("other, web"), "{problem}");
    app.post("/issues", &json!({"title": "a", "project": "acme"})).await.invalid("connection");
    app.post("/issues", &json!({"title": "a", "project": "nope"})).await.problem(404, "not_found");
    let by_id = json!({"title": "a", "connection": other.id.to_string()});
    assert_eq!(app.post("/issues", &by_id).await.expect(201)["connection"], "other");
}

#[tokio::test]
async fn the_same_key_of_the_same_token_makes_one_row() {
    let app = App::new().await;
    let (one, two) = (app.token("write").await, app.token("write").await);
    let make = async |token: &str, body: serde_json::Value| {
        app.call_with(token, Method::POST, "/issues", Some(&body), &[("idempotency-key", "k1")]).await
    };
    let first = make(&one, json!({"title": "First"})).await.expect(201);
    let again = make(&one, json!({"title": "Another"})).await.expect(201);
    assert_eq!(again, first);
    let whatever = make(&one, json!({"colour": "red"})).await.expect(201);
    assert_eq!(whatever["id"], first["id"]);
    let other = make(&two, json!({"title": "First"})).await.expect(201);
    assert_ne!(other["id"], first["id"]);
    let path = format!("/issues/{}/comments", first["id"].as_str().expect("id"));
    let body = json!({"body": "a"});
    let key = [("idempotency-key", "k1")];
    app.call_with(&one, Method::POST, &path, Some(&body), &key).await.problem(409, "idempotency_key_reused");
    let key = [("idempotency-key", "k2")];
    let made = app.call_with(&one, Method::POST, &path, Some(&body), &key).await.expect(201);
    let again = app.call_with(&one, Method::POST, &path, Some(&body), &key).await.expect(201);
    assert_eq!(made, again);
}

#[tokio::test]
async fn every_field_can_be_edited() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    let body = json!({"title": "T", "body": "B", "state": "closed", "labels": ["a", "b"], "assignees": ["alice"],
        "milestone": "1.0", "due_date": "2026-12-25", "locked": true});
    let edited = app.patch(&path, &body).await.expect(200);
    for (field, value) in body.as_object().expect("object") {
        assert_eq!(&edited[field], value, "{field}");
    }
    assert_eq!((&edited["version"], &edited["sync_status"]), (&json!(2), &json!("pending")));
    let body = json!({"add_labels": ["c"], "remove_labels": ["a"], "add_assignees": ["bob"],
        "remove_assignees": ["alice"], "milestone": null, "due_date": null, "state": "open", "locked": false});
    let edited = app.patch(&path, &body).await.expect(200);
    assert_eq!((&edited["labels"], &edited["assignees"]), (&json!(["b", "c"]), &json!(["Bob"])));
    assert_eq!((&edited["milestone"], &edited["due_date"]), (&json!(null), &json!(null)));
    assert_eq!((&edited["state"], &edited["locked"]), (&json!("open"), &json!(false)));
}

#[tokio::test]
async fn a_deleted_issue_is_hidden_until_it_is_undone() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    let token = app.token("write").await;
    let deleted = app.call(&token, Method::DELETE, &path, None).await.expect(200);
    assert_eq!((&deleted["sync_status"], &deleted["outbox"]["kind"]), (&json!("pending"), &json!("delete")));
    let gone = app.patch(&path, &json!({"title": "No"})).await.problem(409, "gone");
    assert!(gone["detail"].as_str().expect("text").contains("undo"), "{gone}");
    assert_eq!(app.get("/issues").await.expect(200)["items"], json!([]));
    let all = app.get("/issues?include_deleted=true").await.expect(200);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1));
    let back = app.post(&format!("{path}/undo"), &json!({})).await.expect(200);
    assert_eq!(back["sync_status"], "synced");
    assert_eq!(app.get("/issues").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_wait_ends_when_everything_was_sent_or_time_is_over() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    assert_eq!(app.get(&format!("{path}/wait")).await.expect(200)["result"], "reached");
    app.patch(&path, &json!({"title": "New"})).await.expect(200);
    let waited = app.get(&format!("{path}/wait?version=2&timeout_ms=1")).await.expect(200);
    assert_eq!((&waited["result"], &waited["item"]["title"]), (&json!("timeout"), &json!("New")));
    app.get(&format!("{path}/wait?timeout_ms=-1")).await.invalid("timeout_ms");
    app.get(&format!("{path}/wait?timeout_ms=300001")).await.invalid("timeout_ms");
}

#[tokio::test]
async fn a_refresh_shows_what_the_tracker_has() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let user = json!({"id": 11, "login": "alice"});
    let shown = json!({"number": 1, "html_url": "http://tracker.test/acme/web/issues/1", "user": user,
        "title": "From there", "body": "", "labels": [], "state": "open", "comments": 0,
        "created_at": "2026-11-24T10:00:00Z", "updated_at": "2026-11-24T10:05:00Z"});
    app.tracker.answer("/repos/acme/web/issues/1", shown);
    let refreshed = app.post(&format!("/issues/{}/refresh", issue.id), &json!({})).await.expect(200);
    assert_eq!((&refreshed["title"], &refreshed["sync_status"]), (&json!("From there"), &json!("synced")));
    assert_eq!(issue.kind(), ItemKind::Issue);
}

#[tokio::test]
async fn an_edit_that_the_store_does_not_take_is_503_and_changes_nothing() {
    let app = App::new().await;
    let made = app.post("/issues", &json!({"project": "acme", "title": "Before"})).await.expect(201);
    let path = format!("/issues/{}", made["id"].as_str().expect("id"));
    app.outage.set(true);
    let reply = app.patch(&path, &json!({"title": "After"})).await;
    assert!(reply.headers.contains_key("retry-after"), "{:?}", reply.headers);
    reply.problem(503, "unavailable");
    app.outage.set(false);
    assert_eq!(app.get(&path).await.expect(200), made);
    assert_eq!(app.patch(&path, &json!({"title": "After"})).await.expect(200)["title"], "After");
}

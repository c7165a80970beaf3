//! The rows of the bad-input table that live at the API. After each refusal nothing has changed.

use crate::app::App;
use crate::fixtures;
use axum::body::Body;
use http::{Method, Request};
use issuesync_store::{Connections, Items};
use serde_json::{Value, json};

async fn raw(app: &App, content_type: &str, body: impl Into<Body>) -> crate::app::Reply {
    let token = app.token("write").await;
    let request = Request::post("/api/v1/issues")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", content_type)
        .body(body.into())
        .expect("request");
    app.send(request).await
}

/// A tracker that knows what the catalog says and no more.
fn tell_catalog(app: &App) {
    app.tracker.answer("/repos/acme/web/labels", json!([{"id": 1, "name": "bug", "color": "ededed"}]));
    app.tracker.answer("/repos/acme/web/milestones", json!([{"id": 4, "title": "1.0", "state": "open"}]));
    app.tracker.answer("/repos/acme/web/assignees", json!([{"id": 11, "login": "alice"}, {"id": 12, "login": "Bob"}]));
}

#[tokio::test]
async fn wrong_fields_are_422_and_named() {
    let app = App::new().await;
    tell_catalog(&app);
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    let cases = [
        ("colour", json!({"colour": "red"})),
        ("title", json!({"title": ""})),
        ("title", json!({"title": "   "})),
        ("title", json!({"title": "ä".repeat(256)})),
        ("title", json!({"title": 5})),
        ("title", json!({"title": null})),
        ("state", json!({"state": "reopened"})),
        ("milestone", json!({"milestone": "9.9"})),
        ("assignees", json!({"assignees": ["nobody"]})),
        ("assignees", json!({"add_assignees": ["mallory"]})),
        ("labels", json!({"labels": [5]})),
        ("labels", json!({"labels": [""]})),
        ("due_date", json!({"due_date": "tomorrow"})),
        ("due_date", json!({"due_date": "2026-02-30"})),
        ("locked", json!({"locked": "yes"})),
    ];
    for (field, body) in cases {
        app.patch(&path, &body).await.invalid(field);
    }
    let limit = app.patch(&path, &json!({"title": "x".repeat(256)})).await.invalid("title");
    assert!(limit["detail"].as_str().expect("text").contains("255"), "{limit}");
    assert_eq!(app.store.items(vec![issue.id]).await.expect("items"), [issue]);
}

#[tokio::test]
async fn a_field_that_is_only_pulled_is_422() {
    let app = App::new().await;
    let mut pulled = fixtures::connection("pulled");
    pulled.settings.directions.insert(issuesync_model::Field::Title, issuesync_model::FieldDirection::Pull);
    app.connect(&pulled).await;
    let issue = fixtures::issue_of(&pulled, 1);
    app.put(&issue).await;
    app.patch(&format!("/issues/{}", issue.id), &json!({"title": "Mine"})).await.invalid("title");
    app.patch(&format!("/issues/{}", issue.id), &json!({"body": "Mine"})).await.expect(200);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_with_a_reason() {
    let app = App::new().await;
    raw(&app, "application/json", "{").await.problem(400, "malformed_json");
    raw(&app, "application/json", "").await.problem(400, "malformed_json");
    raw(&app, "application/json", "[]").await.problem(400, "malformed_json");
    raw(&app, "application/json", r#"{"title":"\ud800"}"#).await.problem(400, "malformed_json");
    raw(&app, "application/json", b"{\"title\":\"\xff\"}".to_vec()).await.problem(400, "malformed_json");
    raw(&app, "application/json", "[".repeat(65)).await.problem(400, "json_too_deep");
    raw(&app, "application/x-www-form-urlencoded", "title=a").await.problem(415, "unsupported_media_type");
    raw(&app, "text/plain", r#"{"title":"a"}"#).await.problem(415, "unsupported_media_type");
    raw(&app, "application/json", vec![b' '; 5 * 1024 * 1024 + 1]).await.problem(413, "body_too_large");
    let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
    raw(&app, "application/json", Body::from_stream(chunks)).await.problem(413, "body_too_large");
    assert_eq!(app.get("/issues").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn nul_is_stored_as_the_replacement_character() {
    let app = App::new().await;
    let made =
        raw(&app, "application/json; charset=utf-8", r#"{"title":"a\u0000b","body":"\u0000"}"#).await.expect(201);
    assert_eq!((&made["title"], &made["body"]), (&json!("a\u{fffd}b"), &json!("\u{fffd}")));
}

#[tokio::test]
async fn stale_edits_are_412_with_the_current_version() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    let token = app.token("write").await;
    let edit = async |version: &str, title: &str| {
        let headers = [("if-match", version)];
        app.call_with(&token, Method::PATCH, &path, Some(&json!({"title": title})), &headers).await
    };
    let edited = edit("\"1\"", "Two").await;
    assert_eq!(edited.headers["etag"], "\"2\"");
    assert_eq!(edited.expect(200)["version"], 2);
    let stale = edit("\"1\"", "Three").await.problem(412, "stale_version");
    assert_eq!(stale["version"], 2);
    edit("seven", "Three").await.problem(400, "bad_if_match");
    edit("*", "Three").await.expect(200);
    let deleted = app.call_with(&token, Method::DELETE, &path, None, &[("if-match", "\"1\"")]).await;
    deleted.problem(412, "stale_version");
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    for path in [
        "/issues/7",
        "/issues/00000000-0000-0000-0000-000000000007",
        "/comments/nothing",
        "/issues/%00",
        "/connections/nowhere",
        "/nothing",
        "/issues?connection=nowhere",
        "/issues?project=nowhere",
    ] {
        app.get(path).await.problem(404, "not_found");
    }
    app.get(&format!("/comments/{}", issue.id)).await.problem(404, "not_found");
    app.post("/deliveries/nothing/replay", &json!({})).await.problem(404, "not_found");
    let token = app.token("write").await;
    app.call(&token, Method::PUT, "/issues", None).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn unknown_query_parameters_are_422() {
    let app = App::new().await;
    app.get("/issues?label=bug&lable=bug").await.invalid("lable");
    app.get("/issues?limit=many").await.invalid("limit");
    app.get("/issues?state=half").await.problem(422, "invalid_field");
    app.get("/issues?cursor=zzz").await.invalid("cursor");
    app.get("/issues?updated_since=yesterday").await.invalid("updated_since");
    app.get("/log?cursor=zzz").await.invalid("cursor");
}

#[tokio::test]
async fn an_unknown_label_is_422_where_labels_are_not_created() {
    let app = App::new().await;
    tell_catalog(&app);
    let mut strict = fixtures::connection("strict");
    strict.settings.create_labels = false;
    app.connect(&strict).await;
    for list in ["labels", "milestones", "assignees"] {
        app.tracker.answer(&format!("/repos/acme/strict/{list}"), json!([]));
    }
    let made = app.post("/issues", &json!({"connection": "web", "title": "a", "labels": ["new"]})).await.expect(201);
    assert_eq!(made["labels"], json!(["new"]));
    app.post("/issues", &json!({"connection": "strict", "title": "a", "labels": ["new"]})).await.invalid("labels");
    let strict = app.store.connection(strict.id).await.expect("store").expect("there");
    assert_eq!(app.store.counts(strict.id).await.expect("counts").issues, 0);
}

#[tokio::test]
async fn a_tracker_that_must_be_asked_and_is_down_is_502() {
    let app = App::new().await;
    app.tracker.stop();
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    app.patch(&format!("/issues/{}", issue.id), &json!({"milestone": "2.0"})).await.problem(502, "tracker");
    app.post(&format!("/issues/{}/refresh", issue.id), &Value::Null).await;
    app.patch(&format!("/issues/{}", issue.id), &json!({"title": "Edits need no tracker"})).await.expect(200);
}

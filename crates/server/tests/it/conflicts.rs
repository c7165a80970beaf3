//! The conflict inbox: both sides are shown, a decision names the state it was made on.

use crate::app::App;
use crate::fixtures;
use issuesync_model::{Conflict, ConflictKind, Field, Value};
use serde_json::json;

#[tokio::test]
async fn a_clash_shows_both_sides_and_is_decided_once() {
    let app = App::new().await;
    let issue = fixtures::clashing(fixtures::issue(1));
    app.put(&issue).await;
    let row = app.get("/conflicts").await.expect(200)["items"][0].clone();
    for (key, value) in [
        ("id", json!(issue.id.to_string())),
        ("item", json!("issue")),
        ("field", json!("title")),
        ("kind", json!("clash")),
        ("base", json!("Issue 1")),
        ("local", json!("Here")),
        ("remote", json!("There")),
        ("rev", json!(1)),
        ("connection", json!("web")),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    assert_eq!(app.get("/issues?sync_status=conflict").await.expect(200)["items"][0]["conflicts"][0]["local"], "Here");

    let path = format!("/issues/{}/conflicts/title", issue.id);
    let stale = app.post(&path, &json!({"keep": "local", "rev": 7})).await.problem(412, "stale_rev");
    assert_eq!(stale["rev"], 1);
    let decided = app.post(&path, &json!({"keep": "remote", "rev": 1})).await.expect(200);
    assert_eq!((&decided["title"], &decided["conflicts"]), (&json!("There"), &json!([])));
    assert_eq!(app.get("/conflicts").await.expect(200)["items"], json!([]));
    app.post(&path, &json!({"keep": "remote"})).await.invalid("title");
}

#[tokio::test]
async fn a_clash_can_end_in_another_value() {
    let app = App::new().await;
    let issue = fixtures::clashing(fixtures::issue(1));
    app.put(&issue).await;
    let path = format!("/issues/{}/conflicts/title", issue.id);
    let decided = app.post(&path, &json!({"edit": "Everywhere", "rev": 1})).await.expect(200);
    assert_eq!((&decided["title"], &decided["sync_status"]), (&json!("Everywhere"), &json!("pending")));
}

#[tokio::test]
async fn a_lost_update_of_a_comment_is_restored() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let mut comment = fixtures::comment(&issue, 7);
    let value = comment.local.value(Field::Body);
    comment.conflicts.push(Conflict {
        field: Field::Body,
        kind: ConflictKind::LostUpdate,
        base: value.clone(),
        local: value.clone(),
        remote: value,
        lost: Some(Value::Text("Theirs".to_owned())),
        suggestion: None,
        at_us: 0,
        change: None,
        opened_us: 0,
    });
    app.put(&comment).await;
    let row = app.get("/conflicts?connection=web").await.expect(200)["items"][0].clone();
    assert_eq!(
        (&row["kind"], &row["lost"], &row["title"]),
        (&json!("lost_update"), &json!("Theirs"), &json!("Issue 1"))
    );
    let path = format!("/issues/{}/conflicts/body", comment.id);
    let restored = app.post(&path, &json!({"action": "restore", "rev": 1})).await.expect(200);
    assert_eq!((&restored["body"], &restored["issue_id"]), (&json!("Theirs"), &json!(issue.id.to_string())));
}

#[tokio::test]
async fn decisions_that_say_nothing_or_too_much_are_refused() {
    let app = App::new().await;
    let issue = fixtures::clashing(fixtures::issue(1));
    app.put(&issue).await;
    let path = format!("/issues/{}/conflicts/title", issue.id);
    app.post(&path, &json!({})).await.invalid("keep");
    app.post(&path, &json!({"keep": "local", "edit": "x"})).await.invalid("keep");
    app.post(&path, &json!({"keep": "mine"})).await.invalid("keep");
    app.post(&path, &json!({"edit": 5})).await.invalid("edit");
    app.post(&path, &json!({"keep": "local", "why": "x"})).await.invalid("why");
    app.post(&format!("/issues/{}/conflicts/colour", issue.id), &json!({"keep": "local"}))
        .await
        .problem(404, "not_found");
}

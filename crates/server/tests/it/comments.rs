//! Comments are made, edited, deleted and listed in order.

use crate::app::App;
use crate::fixtures;
use http::Method;
use serde_json::json;

#[tokio::test]
async fn comments_live_under_their_issue() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    app.put(&fixtures::comment(&issue, 7)).await;
    let path = format!("/issues/{}/comments", issue.id);
    let made = app.post(&path, &json!({"body": "Second"})).await.expect(201);
    assert_eq!((&made["issue_id"], &made["sync_status"]), (&json!(issue.id.to_string()), &json!("pending")));
    let list = app.get(&path).await.expect(200);
    let bodies: Vec<_> = list["items"].as_array().expect("items").iter().map(|comment| &comment["body"]).collect();
    assert_eq!(bodies, [&json!("Comment 7"), &json!("Second")]);
    assert_eq!(app.get(&format!("/issues/{}", issue.id)).await.expect(200)["comment_count"], 2);

    let one = format!("/comments/{}", list["items"][0]["id"].as_str().expect("id"));
    let edited = app.patch(&one, &json!({"body": "First"})).await;
    assert_eq!(edited.headers["etag"], "\"2\"");
    assert_eq!(edited.expect(200)["body"], "First");
    let token = app.token("write").await;
    let stale = [("if-match", "\"1\"")];
    app.call_with(&token, Method::PATCH, &one, Some(&json!({"body": "x"})), &stale).await.problem(412, "stale_version");
    app.call(&token, Method::DELETE, &one, None).await.expect(200);
    app.patch(&one, &json!({"body": "x"})).await.problem(409, "gone");
    let undo = format!("/issues/{}/undo", list["items"][0]["id"].as_str().expect("id"));
    assert_eq!(app.post(&undo, &json!({})).await.expect(200)["body"], "First");
}

#[tokio::test]
async fn wrong_comments_are_refused() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let comment = fixtures::comment(&issue, 7);
    app.put(&comment).await;
    let path = format!("/issues/{}/comments", issue.id);
    app.post(&path, &json!({"body": ""})).await.invalid("body");
    app.post(&path, &json!({})).await.invalid("body");
    app.post(&path, &json!({"body": "a", "author": "b"})).await.invalid("author");
    app.post(&format!("/issues/{}/comments", comment.id), &json!({"body": "a"})).await.problem(404, "not_found");
    let wrong_kind = app.get(&format!("/issues/{}", comment.id)).await.problem(404, "not_found");
    assert!(wrong_kind["detail"].as_str().expect("text").contains("/comments/"), "{wrong_kind}");
}

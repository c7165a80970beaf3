//! The audit log: in order, in pages, and checked from end to end.

use crate::app::App;
use crate::fixtures;
use issuesync_model::log::{Entry, append};
use issuesync_model::{Direction, LogId, LogKind, ProviderKind};
use issuesync_store::{Batch, ChangeSet, Items, Write};
use serde_json::json;

#[tokio::test]
async fn edits_are_in_the_log_field_by_field() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    for title in ["One", "Two", "Three"] {
        app.patch(&path, &json!({"title": title})).await.expect(200);
    }
    let history = app.get(&format!("{path}/history")).await.expect(200);
    let row = &history["items"][0];
    for (key, value) in [
        ("issue_id", json!(issue.id.to_string())),
        ("comment_id", json!(null)),
        ("seq", json!(1)),
        ("direction", json!("local")),
        ("action", json!("update")),
        ("kind", json!("edit")),
        ("field", json!("title")),
        ("before", json!({"title": "Issue 1"})),
        ("after", json!({"title": "One"})),
        ("provider", json!("gitea")),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    let first = app.get("/log?limit=2").await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("more");
    let rest = app.get(&format!("/log?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((&rest["items"][0]["after"]["title"], &rest["next_cursor"]), (&json!("Three"), &json!(null)));
    let seq = first["items"][0]["seq"].as_i64().expect("position");
    let behind = app.get(&format!("/log?after_seq={seq}")).await.expect(200);
    assert_eq!(behind["items"].as_array().map(Vec::len), Some(2));
    let verified = app.get("/log/verify").await.expect(200);
    assert_eq!(verified, json!({"rows": 3, "items": 1, "intact": true, "fault_count": 0, "faults": []}));
}

#[tokio::test]
async fn a_changed_row_is_found() {
    let app = App::new().await;
    let mut issue = fixtures::issue(1);
    let id = issue.id.0;
    let mut row = append(&mut issue, Entry::new(Direction::Local, LogKind::Edit), LogId(id), ProviderKind::Gitea, 5);
    row.cause = Some("somebody else".to_owned());
    let write = Write { item: issue.clone(), expected: None };
    let set = ChangeSet { writes: vec![write], log: vec![row], ..ChangeSet::default() };
    app.store.commit(Batch { sets: vec![set], tail: None }).await.expect("commit");
    let verified = app.get("/log/verify").await.expect(200);
    assert_eq!((&verified["intact"], &verified["fault_count"]), (&json!(false), &json!(1)));
    assert_eq!(verified["faults"][0]["item_id"], issue.id.to_string());
}

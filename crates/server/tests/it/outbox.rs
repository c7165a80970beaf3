//! The outbox and the stored deliveries: shown, tried again, given up.

use crate::app::App;
use crate::fixtures;
use issuesync_model::{Delivery, DeliveryKey, DeliveryState, OutboxStatus};
use issuesync_store::Deliveries;
use serde_json::json;

#[tokio::test]
async fn a_failed_row_is_sent_again_or_discarded() {
    let app = App::new().await;
    let mut issue = fixtures::clashing(fixtures::issue(1));
    issue.conflicts.clear();
    issue.remote.as_mut().expect("remote").fields = issue.base.clone();
    issue.outbox.status = OutboxStatus::Failed;
    issue.outbox.last_error = Some("the token may not".to_owned());
    app.put(&issue).await;
    let row = app.get("/outbox").await.expect(200)["items"][0].clone();
    assert_eq!((&row["status"], &row["last_error"]), (&json!("failed"), &json!("the token may not")));
    assert_eq!((&row["id"], &row["next_retry"]), (&json!(issue.id.to_string()), &json!(null)));
    let retried = app.post(&format!("/outbox/{}/retry", issue.id), &json!({})).await.expect(200);
    assert_eq!(retried["sync_status"], "pending");
    assert_eq!(app.get("/outbox?status=failed").await.expect(200)["items"], json!([]));
    assert_eq!(app.get("/outbox?status=pending").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    let discarded = app.post(&format!("/outbox/{}/discard", issue.id), &json!({})).await.expect(200);
    assert_eq!((&discarded["title"], &discarded["sync_status"]), (&json!("Issue 1"), &json!("synced")));
    app.get("/outbox?status=lost").await.problem(422, "invalid_field");
}

#[tokio::test]
async fn a_stored_delivery_is_shown_without_its_body_and_replayed() {
    let app = App::new().await;
    let key = DeliveryKey { connection: fixtures::connection("web").id, id: "d-1".to_owned() };
    let delivery = Delivery {
        key: key.clone(),
        received_us: app.now_us(),
        headers: vec![("x-gitea-event".to_owned(), "issues".to_owned())],
        body: b"private words".to_vec(),
        state: DeliveryState::Queued,
        tries: 0,
        lease_until_us: 0,
        error: None,
    };
    app.store.append(vec![delivery]).await.expect("append");
    app.store.finish_deliveries(vec![key]).await.expect("finish");
    let reply = app.get("/deliveries?connection=web&state=done").await;
    assert!(!reply.text.contains("private words"));
    let row = reply.expect(200)["items"][0].clone();
    assert_eq!((&row["event"], &row["size"], &row["delivery_id"]), (&json!("issues"), &json!(13), &json!("d-1")));
    let path = format!("/deliveries/{}/replay", row["id"].as_str().expect("id"));
    assert_eq!(app.post(&path, &json!({})).await.expect(200), json!({"status": "queued"}));
    assert_eq!(app.get("/deliveries?state=queued").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
}

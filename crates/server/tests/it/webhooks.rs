//! Webhook intake: one row of the security list or of the bad-input table each.

use crate::app::{App, Reply};
use crate::fixtures::{self, HOOK_SECRET, SHORT_SECRET};
use axum::body::Body;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use issuesync_model::log::hex;
use issuesync_server::Limits;
use issuesync_store::{Connections, Deliveries};
use serde_json::{Value, json};
use sha2::Sha256;

const LONG: &str = "/webhooks/gitea/web";
const SHORT: &str = "/webhooks/gitea";

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(body);
    hex(&mac.finalize().into_bytes())
}

fn payload(repo_id: i64) -> Value {
    let user = json!({"id": 11, "login": "alice"});
    let issue = json!({"number": 7, "title": "T", "state": "open", "user": user, "created_at": "2026-11-24T10:00:00Z",
        "updated_at": "2026-11-24T10:00:00Z"});
    json!({"action": "edited", "number": 7, "issue": issue, "sender": user,
        "repository": {"id": repo_id, "full_name": "acme/web"}})
}

async fn post(app: &App, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body)).expect("request")).await
}

async fn deliver(app: &App, path: &str, secret: &str, event: &str, body: Vec<u8>) -> Reply {
    let signature = sign(secret, &body);
    let headers = [("x-gitea-signature", signature.as_str()), ("x-gitea-event", event), ("x-gitea-delivery", "d-1")];
    post(app, path, &headers, body).await
}

fn web_body() -> Vec<u8> {
    payload(fixtures::connection("web").repo_id).to_string().into_bytes()
}

#[tokio::test]
async fn a_signed_delivery_is_durable_before_the_answer() {
    let app = App::new().await;
    let reply = deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, r#"{"status":"queued"}"#));
    assert_eq!(app.store.queued().await.expect("queued"), 1);
    let again = deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await;
    assert_eq!(again.text, r#"{"status":"queued"}"#);
    assert_eq!(app.store.queued().await.expect("queued"), 1, "a repeat is kept once");
}

#[tokio::test]
async fn a_delivery_that_the_store_does_not_take_is_503_and_taken_when_it_is_back() {
    let app = App::new().await;
    for path in [LONG, SHORT] {
        app.outage.set(true);
        let secret = if path == LONG { HOOK_SECRET } else { SHORT_SECRET };
        let reply = deliver(&app, path, secret, "issues", web_body()).await;
        assert!(reply.headers.contains_key("retry-after"), "{:?}", reply.headers);
        reply.problem(503, "unavailable");
        assert_eq!(app.store.queued().await.expect("queued"), 0, "nothing was acknowledged");
        app.outage.set(false);
    }
    deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await.expect(200);
    assert_eq!(app.store.queued().await.expect("queued"), 1);
}

#[tokio::test]
async fn the_short_address_finds_its_connection_in_the_verified_body() {
    let app = App::new().await;
    let reply = deliver(&app, SHORT, SHORT_SECRET, "issues", web_body()).await;
    assert_eq!(reply.text, r#"{"status":"queued"}"#);
    let stranger = deliver(&app, SHORT, SHORT_SECRET, "issues", payload(999).to_string().into_bytes()).await;
    assert_eq!(stranger.text, r#"{"status":"ignored","reason":"repository not connected"}"#);
    deliver(&app, SHORT, HOOK_SECRET, "issues", web_body()).await.problem(401, "unverified");
}

#[tokio::test]
async fn every_cause_of_401_reads_the_same_and_stores_nothing() {
    let app = App::new().await;
    let body = web_body();
    let good = sign(HOOK_SECRET, &body);
    let other = sign("another secret", &body);
    let (short, odd) = (&good[..62], &good[..63]);
    let event = ("x-gitea-event", "issues");
    let mut texts = std::collections::BTreeSet::new();
    let cases: Vec<Vec<(&str, &str)>> = vec![
        vec![event],
        vec![event, ("x-gitea-signature", "")],
        vec![event, ("x-gitea-signature", short)],
        vec![event, ("x-gitea-signature", odd)],
        vec![event, ("x-gitea-signature", "zz")],
        vec![event, ("x-gitea-signature", &other)],
        vec![event, ("x-gitea-signature", &good), ("x-gitea-signature", &good)],
        vec![event, ("x-gitea-signature", &good), ("x-gogs-signature", &other)],
        vec![event, ("x-hub-signature", &good)],
    ];
    for headers in cases {
        let reply = post(&app, LONG, &headers, body.clone()).await;
        texts.insert(reply.text.clone());
        reply.problem(401, "unverified");
    }
    let mut tampered = body.clone();
    tampered[0] = b' ';
    let reply = post(&app, LONG, &[event, ("x-gitea-signature", &good)], tampered).await;
    texts.insert(reply.text.clone());
    reply.problem(401, "unverified");
    let reply = post(&app, LONG, &[event, ("x-gitea-signature", &good)], b"{".to_vec()).await;
    texts.insert(reply.text.clone());
    reply.problem(401, "unverified");
    assert_eq!(texts.len(), 1);
    assert_eq!(app.store.queued().await.expect("queued"), 0);
    assert_eq!(app.engine.counters().unverified, 11);
    post(&app, LONG, &[event, ("x-gitea-signature", &good)], body).await.expect(200);
}

#[tokio::test]
async fn events_that_do_not_matter_are_ignored_with_a_reason() {
    let app = App::new().await;
    let body = json!({"ref": "refs/heads/main"}).to_string().into_bytes();
    let reply = deliver(&app, LONG, HOOK_SECRET, "push", body).await.expect(200);
    assert_eq!(reply["status"], "ignored");
    assert!(reply["reason"].as_str().is_some_and(|reason| reason.contains("push")), "{reply}");
    assert_eq!(app.store.queued().await.expect("queued"), 0);
}

#[tokio::test]
async fn addresses_of_nothing_are_404() {
    let app = App::new().await;
    for path in ["/webhooks/jira", "/webhooks/jira/web", "/webhooks/gitea/nowhere", "/webhooks/github/web"] {
        deliver(&app, path, HOOK_SECRET, "issues", web_body()).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_payload_of_another_repository_is_refused() {
    let app = App::new().await;
    let body = payload(999).to_string().into_bytes();
    deliver(&app, LONG, HOOK_SECRET, "issues", body).await.problem(403, "wrong_repository");
    assert_eq!(app.store.queued().await.expect("queued"), 0);
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_marks_the_connection_dirty() {
    let app = App::new().await;
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65)).into_bytes();
    for body in [b"{".to_vec(), b"{}".to_vec(), deep] {
        let before = app.store.connections().await.expect("connections")[0].dirty_gen;
        deliver(&app, LONG, HOOK_SECRET, "issues", body).await.problem(400, "malformed_payload");
        let after = app.store.connections().await.expect("connections")[0].dirty_gen;
        assert_eq!(after, before + 1);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let app = App::with(Limits { webhook_body_bytes_max: 1_000, ..Limits::default() }).await;
    deliver(&app, LONG, HOOK_SECRET, "issues", vec![b' '; 1_001]).await.problem(413, "body_too_large");
    let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 100]));
    let request = Request::post(LONG).body(Body::from_stream(chunks)).expect("request");
    app.send(request).await.problem(413, "body_too_large");
    deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await.expect(200);
}

#[tokio::test]
async fn an_address_that_sends_too_much_is_429_and_others_are_not() {
    let app = App::with(Limits { hook_rate_per_s: 1, hook_burst: 2, ..Limits::default() }).await;
    for _ in 0..2 {
        deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await.expect(200);
    }
    let reply = deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await;
    assert_eq!(reply.headers["retry-after"], "1");
    reply.problem(429, "too_many_requests");
    deliver(&app, SHORT, SHORT_SECRET, "issues", web_body()).await.expect(200);
    app.advance(1_000_000);
    let dirty = async || app.store.connections().await.expect("connections")[0].dirty_gen;
    post(&app, LONG, &[], web_body()).await.problem(401, "unverified");
    assert_eq!(dirty().await, 0, "an unverified request causes no write");
    app.advance(1_000_000);
    deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await.expect(200);
    assert_eq!(dirty().await, 1, "what was refused is looked for");
    app.advance(1_000_000);
    deliver(&app, LONG, HOOK_SECRET, "issues", web_body()).await.expect(200);
    assert_eq!(dirty().await, 1);
}

#[tokio::test]
async fn form_bodies_are_verified_over_the_decoded_payload() {
    let app = App::new().await;
    let json = web_body();
    let encoded: String = json.iter().map(|byte| format!("%{byte:02X}")).collect();
    let signature = sign(HOOK_SECRET, &json);
    let request = Request::post(LONG)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-gitea-signature", signature)
        .header("x-gitea-event", "issues")
        .body(Body::from(format!("payload={encoded}")))
        .expect("request");
    assert_eq!(app.send(request).await.text, r#"{"status":"queued"}"#);
}

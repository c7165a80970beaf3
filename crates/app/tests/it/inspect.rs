//! `webhook inspect` on deliveries made by hand: signed, forged, ignored and malformed.

use crate::program::{Program, Ran};
use hmac::{Hmac, KeyInit, Mac};
use issuesync_model::log::hex;
use sha2::Sha256;

const BODY: &str = r#"{"action":"edited","number":7,"changes":{"title":{"from":"before"}},
"issue":{"id":70,"number":7,"title":"after","body":"","state":"open","user":{"id":2,"login":"alice"},"labels":[],
"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:06Z","closed_at":null,"comments":0,
"url":"http://h/api/v1/repos/acme/web/issues/7","html_url":"http://h/acme/web/issues/7",
"repository":{"id":5,"name":"web","owner":"acme","full_name":"acme/web"}},
"repository":{"id":5,"name":"web","full_name":"acme/web","owner":{"id":3,"login":"acme"}},
"sender":{"id":2,"login":"alice"}}"#;

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"canary-secret").expect("any length");
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn inspect(event: &str, body: &str, signature: &str, secret: &[&str]) -> Ran {
    let program = Program::bare().with("HOOK", "canary-secret");
    let headers = format!(
        "POST /webhooks/gitea HTTP/1.1\nX-Gitea-Event: {event}\nX-Gitea-Event-Type: {event}\nX-Gitea-Delivery: d-1\nX-Gitea-Signature: {signature}\nContent-Type: application/json\n"
    );
    std::fs::write(program.path().join("headers"), headers).expect("written");
    std::fs::write(program.path().join("body"), body).expect("written");
    let args = ["webhook", "inspect", "--provider", "gitea", "--headers", "headers", "--body", "body", "--json"];
    program.run(&[&args, secret].concat())
}

fn json(ran: &Ran) -> serde_json::Value {
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).expect("JSON")
}

#[test]
fn a_signed_edit_is_read() {
    let seen = json(&inspect("issues", BODY, &signature(BODY), &["--secret", "env:HOOK"]));
    assert_eq!(seen["provider"], "gitea");
    assert_eq!(seen["signature"], "valid");
    assert_eq!(seen["event"], "issues");
    assert_eq!(seen["action"], "edited");
    assert_eq!(seen["repository"], "acme/web");
    assert_eq!(seen["number"], 7);
    assert_eq!(seen["kind"], "issue");
    assert_eq!(seen["delivery_id"], "d-1");
    assert_eq!(seen["ignored"], serde_json::Value::Null);
    assert!(seen["snapshot"].is_boolean());
}

#[test]
fn a_forged_or_unchecked_signature_is_told() {
    let forged = json(&inspect("issues", BODY, &signature("other"), &["--secret", "env:HOOK"]));
    assert_eq!(forged["signature"], "invalid");
    let unchecked = json(&inspect("issues", BODY, &signature(BODY), &[]));
    assert_eq!(unchecked["signature"], "unchecked");
}

#[test]
fn an_event_that_does_not_matter_is_ignored_with_its_reason() {
    let body = r#"{"ref":"refs/heads/main","repository":{"id":5,"full_name":"acme/web"}}"#;
    let seen = json(&inspect("push", body, &signature(body), &["--secret", "env:HOOK"]));
    assert!(seen["ignored"].as_str().is_some_and(|reason| !reason.is_empty()), "{seen}");
}

#[test]
fn a_malformed_body_is_exit_code_2() {
    for body in ["{", "[]", &"[".repeat(100_000)] {
        let ran = inspect("issues", body, &signature(body), &["--secret", "env:HOOK"]);
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("malformed"), "{}", ran.err);
    }
}

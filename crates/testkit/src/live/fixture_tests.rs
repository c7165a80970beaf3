//! Fixture names follow the path, and a scrubbed delivery still verifies.

use super::*;

fn name(method: &str, path: &str, status: u16) -> String {
    let none = Headers::new();
    let exchange = Exchange {
        method,
        path,
        query: "",
        request_headers: &none,
        request_body: "",
        status,
        response_headers: &none,
        response_body: "",
    };
    exchange.name()
}

#[test]
fn names_follow_method_and_path() {
    assert_eq!(name("GET", "/api/v1/repos/o/r", 200), "repo_get");
    assert_eq!(name("GET", "/api/v1/repos/o/r/issues", 200), "issues_list");
    assert_eq!(name("GET", "/api/v1/repos/o/r/issues/7", 404), "issue_get_404");
    assert_eq!(name("GET", "/api/v1/repos/o/r/issues/7/comments", 200), "issue_comments_list");
    assert_eq!(name("PATCH", "/api/v1/repos/o/r/issues/comments/9", 200), "issues_comment_edit");
    assert_eq!(name("DELETE", "/api/v1/repos/o/r/issues/7/labels/2", 204), "issue_label_delete");
    assert_eq!(name("GET", "/api/v1/repositories/3", 200), "repository_get");
    assert_eq!(name("GET", "/api/v1/settings/api", 200), "settings_api_get");
    assert_eq!(name("GET", "/api/forgejo/v1/version", 200), "forgejo_v1_version_get");
}

#[test]
fn the_signature_of_a_fixture_is_that_of_its_scrubbed_text() {
    let mut scrub = Scrub::default();
    scrub.hide("127.0.0.1:4711", "forge.example");
    let headers: Headers =
        [("x-gitea-event", "issues"), ("x-gitea-signature", "00"), ("x-hub-signature", "sha1=00"), ("host", "h")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let body =
        "{\n  \"action\": \"edited\",\n  \"changes\": {\"title\": {}},\n  \"u\": \"http://127.0.0.1:4711/\\u003c\"\n}";
    let name = delivery_name(&headers, body, "late");
    assert_eq!(name, "delivery_issues_edited_title_late");
    let file = delivery_file(&scrub, &name, &headers, body);
    let text = file["delivery"]["body_text"].as_str().unwrap();
    assert_eq!(text, body.replace("127.0.0.1:4711", "forge.example"));
    assert_eq!(file["delivery"]["headers"]["x-gitea-signature"], sign(SECRET, text.as_bytes()).as_str());
    assert_eq!(file["delivery"]["headers"].as_object().unwrap().len(), 2, "no host, no SHA-1");
}

#[test]
fn the_signature_is_the_published_test_vector() {
    // RFC 4231, test case 2.
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(sign("Jefe", b"what do ya want for nothing?"), expected);
}

#[test]
fn hook_secrets_are_replaced_and_events_ordered() {
    let hook = serde_json::json!({"config": {"secret": "s3cret"}, "events": ["push", "issues"]});
    let settled = settled(serde_json::json!([hook.clone(), hook.clone(), hook.clone(), hook]));
    assert_eq!(settled.as_array().unwrap().len(), LIST_MAX);
    assert_eq!(settled[0], serde_json::json!({"config": {"secret": SECRET}, "events": ["issues", "push"]}));
}

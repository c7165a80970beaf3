//! API tokens: shown once, listed without their text, revoked at once.

use crate::app::App;
use http::Method;
use issuesync_server::token;
use issuesync_store::Tokens;
use serde_json::{Value, json};

async fn admin(app: &App, method: Method, path: &str, body: Option<&Value>) -> crate::app::Reply {
    app.call(&app.token("admin").await, method, path, body).await
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let app = App::new().await;
    let body = json!({"name": "agent", "scopes": ["write", "read", "read"], "expires_in": "1h"});
    let made = admin(&app, Method::POST, "/tokens", Some(&body)).await.expect(201);
    let (text, id) = (made["token"].as_str().expect("text"), made["id"].as_str().expect("id"));
    assert!(token::is_well_formed(text));
    assert_eq!((&made["scopes"], &made["revoked_at"]), (&json!(["read", "write"]), &json!(null)));
    app.call(text, Method::POST, "/issues", Some(&json!({"title": "a"}))).await.expect(201);
    let history = app.call(text, Method::GET, "/log", None).await.expect(200);
    assert!(history["items"][0]["cause"].as_str().is_some_and(|cause| cause.contains("agent")), "{history}");

    let list = admin(&app, Method::GET, "/tokens", None).await;
    assert!(!list.text.contains(text) && !list.text.contains(&token::hash(text)));
    assert!(app.store.tokens().await.expect("tokens").iter().all(|stored| !format!("{stored:?}").contains(text)));
    admin(&app, Method::DELETE, &format!("/tokens/{id}"), None).await.expect(204);
    app.call(text, Method::GET, "/issues", None).await.problem(401, "unauthorized");
    admin(&app, Method::DELETE, &format!("/tokens/{id}"), None).await.problem(404, "not_found");
}

#[tokio::test]
async fn wrong_tokens_are_not_made() {
    let app = App::new().await;
    let make = async |body: Value| admin(&app, Method::POST, "/tokens", Some(&body)).await;
    make(json!({"name": "a", "scopes": ["root"]})).await.invalid("scopes");
    make(json!({"name": "a", "scopes": []})).await.invalid("scopes");
    make(json!({"name": "", "scopes": ["read"]})).await.invalid("name");
    make(json!({"name": "a\nb", "scopes": ["read"]})).await.invalid("name");
    make(json!({"name": "a", "scopes": ["read"], "expires_in": "0s"})).await.invalid("expires_in");
    make(json!({"name": "a", "scopes": ["read"], "expires_in": "soon"})).await.invalid("expires_in");
    make(json!({"name": "a"})).await.invalid("scopes");
}

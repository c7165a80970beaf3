//! Who may do what: each cause of refusal, for every route that there is.

use crate::app::App;
use axum::body::Body;
use http::{Method, Request};
use issuesync_server::token;
use issuesync_store::Tokens;

fn request(authorization: Option<&str>) -> Request<Body> {
    let request = Request::get("/api/v1/issues");
    let request = if let Some(value) = authorization { request.header("authorization", value) } else { request };
    request.body(Body::empty()).expect("request")
}

#[tokio::test]
async fn every_cause_of_401_reads_the_same() {
    let app = App::new().await;
    let good = app.token("read").await;
    let expired = app.token_with(|token| (token.scopes, token.expires_us) = (vec!["read".to_owned()], Some(1))).await;
    let revoked = app.token_with(|token| (token.scopes, token.revoked_us) = (vec!["read".to_owned()], Some(1))).await;
    let stranger = token::create([200; 32]).text.reveal().to_owned();
    let causes = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer isy_1".to_owned()),
        Some(format!("Basic {good}")),
        Some(format!("Bearer {good}0")),
        Some(format!("Bearer {stranger}")),
        Some(format!("Bearer {expired}")),
        Some(format!("Bearer {revoked}")),
    ];
    let mut texts = std::collections::BTreeSet::new();
    for cause in causes {
        let reply = app.send(request(cause.as_deref())).await;
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        texts.insert(reply.text.clone());
        reply.problem(401, "unauthorized");
    }
    assert_eq!(texts.len(), 1);
    app.send(request(Some(&format!("Bearer {good}")))).await.expect(200);
}

#[tokio::test]
async fn a_revoked_or_expired_token_ends_at_once() {
    let app = App::new().await;
    let token = app.token("read").await;
    app.call(&token, Method::GET, "/issues", None).await.expect(200);
    let id = app.store.tokens().await.expect("tokens")[0].id;
    app.store.revoke_token(id, app.now_us()).await.expect("revoked");
    app.call(&token, Method::GET, "/issues", None).await.problem(401, "unauthorized");

    let end_us = app.now_us() + 1_000;
    let token =
        app.token_with(|token| (token.scopes, token.expires_us) = (vec!["read".to_owned()], Some(end_us))).await;
    app.call(&token, Method::GET, "/issues", None).await.expect(200);
    app.advance(1_000);
    app.call(&token, Method::GET, "/issues", None).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn no_route_of_the_api_is_open_and_each_keeps_its_scope() {
    let app = App::new().await;
    let document = app.send(Request::get("/openapi.json").body(Body::empty()).expect("request")).await.expect(200);
    let (none, read, write) = (app.token_with(|_| ()).await, app.token("read").await, app.token("write").await);
    let mut swept = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(route) = path.strip_prefix("/api/v1") else { continue };
        let route = route.replace("{id}", "web").replace("{field}", "title");
        for method in operations.as_object().expect("operations").keys() {
            let method: Method = method.to_uppercase().parse().expect("method");
            swept += 1;
            let bare = Request::builder().method(&method).uri(format!("/api/v1{route}"));
            app.send(bare.body(Body::empty()).expect("request")).await.problem(401, "unauthorized");
            app.call(&none, method.clone(), &route, None).await.problem(403, "forbidden");
            if method != Method::GET {
                app.call(&read, method.clone(), &route, None).await.problem(403, "forbidden");
            }
            let for_admins = route.starts_with("/tokens")
                || (method != Method::GET && route.starts_with("/connections") && !route.ends_with("/sync"));
            if for_admins {
                app.call(&write, method.clone(), &route, None).await.problem(403, "forbidden");
            }
        }
    }
    assert!(swept > 35, "only {swept} operations were found");
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let app = App::new().await;
    let token = app.token("read").await;
    let used = async || app.store.tokens().await.expect("tokens")[0].last_used_us;
    assert_eq!(used().await, None);
    app.call(&token, Method::GET, "/issues", None).await.expect(200);
    let first = used().await.expect("used");
    assert_eq!(first % 60_000_000, 0);
    app.advance(1_000_000);
    app.call(&token, Method::GET, "/issues", None).await.expect(200);
    assert_eq!(used().await, Some(first));
    app.advance(60_000_000);
    app.call(&token, Method::GET, "/issues", None).await.expect(200);
    assert_eq!(used().await, Some(first + 60_000_000));
}

#[tokio::test]
async fn health_needs_no_token_and_names_nothing() {
    let app = App::new().await;
    for path in ["/healthz", "/readyz"] {
        let reply = app.send(Request::get(path).body(Body::empty()).expect("request")).await;
        assert!(!reply.text.contains("web") && !reply.text.contains("acme"));
        reply.expect(200);
    }
}

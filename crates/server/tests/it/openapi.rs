//! The OpenAPI document says what there is, and the front page says where.

use crate::app::App;
use axum::body::Body;
use http::Request;
use std::collections::BTreeSet;

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("request")
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_whole() {
    let app = App::new().await;
    let document = app.send(get("/openapi.json")).await.expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    assert_eq!(document["info"]["title"], "issuesync");
    let paths: BTreeSet<_> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    for path in [
        "/api/v1/issues",
        "/api/v1/issues/{id}",
        "/api/v1/issues/{id}/wait",
        "/api/v1/issues/{id}/conflicts/{field}",
        "/api/v1/connections/{id}/accept-deletes",
        "/api/v1/deliveries/{id}/replay",
        "/api/v1/events",
        "/webhooks/{provider}/{connection}",
        "/healthz",
    ] {
        assert!(paths.contains(path), "{path} is missing");
    }
    let mut names = BTreeSet::new();
    for operation in
        document["paths"].as_object().expect("paths").values().flat_map(|path| path.as_object().expect("path"))
    {
        let summary = operation.1["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{operation:?} has no summary");
        assert!(operation.1["responses"]["default"].is_object());
        names.insert(operation.1["operationId"].to_string());
    }
    for reference in references(&document) {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn references(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(entries) => {
            let own = entries.get("$ref").and_then(|target| target.as_str()).map(str::to_owned);
            own.into_iter().chain(entries.values().flat_map(references)).collect()
        }
        serde_json::Value::Array(elements) => elements.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_front_page_points_at_the_api() {
    let app = App::new().await;
    assert_eq!(app.send(get("/")).await.expect(200)["api"], "/api/v1");
    app.send(get("/nothing")).await.problem(404, "not_found");
    app.send(get("/metrics")).await.problem(404, "not_found");
}

#[tokio::test]
async fn metrics_are_for_the_administrator_alone() {
    let app = App::new().await;
    let reply = app.admin("/metrics").await;
    assert!(
        reply.text.contains("# TYPE issuesync_deliveries_total counter\nissuesync_deliveries_total 0\n"),
        "{}",
        reply.text
    );
    assert!(reply.text.contains("issuesync_deliveries_queued 0"), "{}", reply.text);
    app.admin("/healthz").await.expect(200);
}

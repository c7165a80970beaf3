//! The routes: webhooks, the API behind its guard, health, and the place where pages will be.

use crate::api::{
    actions, comments, conflicts, connections, deliveries, events, health, issue_list, issues, log, outbox, projects,
    tokens,
};
use crate::problem::Problem;
use crate::state::AppState;
use crate::{auth, metrics, openapi, webhooks};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Everything that the service answers, but for the metrics.
pub fn router(state: AppState) -> Router {
    let timed = middleware::from_fn_with_state(state.clone(), in_time);
    let guarded = middleware::from_fn_with_state(state.clone(), auth::guard);
    let api = quick().layer(timed).merge(slow()).layer(guarded);
    let open = OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(webhooks::short))
        .routes(routes!(webhooks::of_connection))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz));
    let (routes, document) = open.merge(api).split_for_parts();
    let document = serde_json::to_vec(&openapi::complete(document)).expect("the document is representable as JSON");
    let document = Bytes::from(document);
    let routes = routes
        .route("/", get(front))
        .route("/openapi.json", get(|| std::future::ready(([(header::CONTENT_TYPE, "application/json")], document))))
        .fallback(|| {
            std::future::ready(Problem::not_found(
                "There is nothing at this address; see /openapi.json for what there is.",
            ))
        })
        .method_not_allowed_fallback(|| {
            let detail = "This address does not take this method; see /openapi.json for those it takes.";
            std::future::ready(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail))
        });
    dressed(routes.with_state(state))
}

/// What only an administrator's listener answers.
pub fn admin_router(state: AppState) -> Router {
    let routes = Router::new()
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    dressed(routes.with_state(state))
}

/// Operations that are answered from the store.
fn quick() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(connections::show, connections::edit))
        .routes(routes!(connections::accept_deletes))
        .routes(routes!(issue_list::list, issues::create))
        .routes(routes!(issues::show, issues::edit, issues::delete))
        .routes(routes!(actions::undo))
        .routes(routes!(actions::history))
        .routes(routes!(comments::list, comments::create))
        .routes(routes!(comments::show, comments::edit, comments::delete))
        .routes(routes!(conflicts::list))
        .routes(routes!(conflicts::resolve))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(outbox::discard))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::replay))
        .routes(routes!(log::list))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
}

/// Operations that wait for a tracker, for time or for a client: they have limits of their own.
fn slow() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::delete))
        .routes(routes!(connections::sync))
        .routes(routes!(connections::doctor))
        .routes(routes!(actions::refresh))
        .routes(routes!(actions::wait))
        .routes(routes!(log::verify))
        .routes(routes!(events::events))
}

/// The front page until there are pages.
async fn front() -> Json<serde_json::Value> {
    Json(
        serde_json::json!({"service": "issuesync", "api": "/api/v1", "openapi": "/openapi.json", "health": "/healthz"}),
    )
}

/// Ends ordinary requests that take too long.
async fn in_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let limit = Duration::from_millis(state.limits().request_timeout_ms);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long; look whether it took effect and try again.")
            .into_response(),
    }
}

/// Security headers on every answer, and an answer even when a handler panics.
fn dressed(routes: Router) -> Router {
    let on_panic = |_: Box<dyn std::any::Any + Send>| {
        tracing::error!("a handler panicked");
        Problem::internal().into_response()
    };
    routes.layer(CatchPanicLayer::custom(on_panic)).layer(middleware::map_response(secured))
}

async fn secured(mut response: Response) -> Response {
    const POLICY: &str =
        "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

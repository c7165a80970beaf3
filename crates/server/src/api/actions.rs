//! What can be done with an issue or comment besides editing it: undo, refresh, wait, and its history.

use super::{Answer, AppState, Caller, Extension, Json, Params, Path, Problem, State, item};
use crate::views::Items;
use crate::views::issue::IssueView;
use crate::views::log::{LogRowView, log_row};
use axum::response::Response;
use http::StatusCode;
use issuesync_engine::Waited;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const WAIT_DEFAULT_MS: i64 = 30_000;
const WAIT_MAX_MS: i64 = 300_000;

/// What to wait for, and how long.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Until {
    /// Every edit up to this version; the present one when left out.
    version: Option<i64>,
    /// 30,000 unless told, 300,000 at most.
    timeout_ms: Option<i64>,
}

/// How a wait ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaitedView {
    /// `reached` the tracker, `failed` for good, in `conflict`, or `timeout`.
    result: &'static str,
    /// The issue or comment as it is then.
    #[schema(value_type = IssueView)]
    item: serde_json::Value,
}

/// Takes back a delete that the tracker has not confirmed.
#[utoipa::path(post, path = "/api/v1/issues/{id}/undo", tag = "issues",
    params(("id" = String, Path, description = "An issue or a comment")), responses((status = 200, body = IssueView)))]
pub(crate) async fn undo(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let found = item::load(&state, &id).await?;
    let item = state.engine().undo(state.cx(), found.id, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &item).await
}

/// Reads it from the tracker now.
#[utoipa::path(post, path = "/api/v1/issues/{id}/refresh", tag = "issues",
    params(("id" = String, Path, description = "An issue or a comment")), responses((status = 200, body = IssueView)))]
pub(crate) async fn refresh(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Response> {
    let found = item::load(&state, &id).await?;
    let item = state.engine().refresh(state.cx(), found.id).await?;
    item::answer(&state, StatusCode::OK, &item).await
}

/// Waits until every edit up to a version has reached the tracker, has failed or is in conflict.
#[utoipa::path(get, path = "/api/v1/issues/{id}/wait", tag = "issues",
    params(("id" = String, Path, description = "An issue or a comment"), Until),
    responses((status = 200, body = WaitedView)))]
pub(crate) async fn wait(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Params(until): Params<Until>,
) -> Answer<Json<WaitedView>> {
    let found = item::load(&state, &id).await?;
    let timeout_ms = until.timeout_ms.unwrap_or(WAIT_DEFAULT_MS);
    if !(0..=WAIT_MAX_MS).contains(&timeout_ms) {
        return Err(Problem::invalid("timeout_ms", format!("timeout_ms must be 0 to {WAIT_MAX_MS}.")));
    }
    let version = until.version.unwrap_or(found.version);
    let waited = state.engine().wait(state.cx(), found.id, version, timeout_ms * 1_000).await?;
    let (result, item) = match waited {
        Waited::Reached(item) => ("reached", item),
        Waited::Failed(item) => ("failed", item),
        Waited::Conflict(item) => ("conflict", item),
        Waited::TimedOut(item) => ("timeout", item),
    };
    Ok(Json(WaitedView { result, item: item::view(&state, &item).await? }))
}

/// The audit log of an issue and its comments, in order.
#[utoipa::path(get, path = "/api/v1/issues/{id}/history", tag = "issues",
    params(("id" = String, Path, description = "An issue or a comment")), responses((status = 200, body = Items<LogRowView>)))]
pub(crate) async fn history(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Json<Items<LogRowView>>> {
    let found = item::load(&state, &id).await?;
    let rows = state.store().history(found.issue()).await?;
    let of_comment = |row: &&issuesync_model::LogRow| found.parent.is_none() || row.comment == Some(found.id);
    Ok(Json(Items { items: rows.iter().filter(of_comment).map(|row| log_row(row.seq, row)).collect() }))
}

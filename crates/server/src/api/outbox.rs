//! The outbox: what waits to be sent or was given up, and what to do about it.

use super::{Answer, AppState, Caller, Extension, Json, Params, Path, State, conflicts, item};
use crate::paging;
use crate::views::Items;
use crate::views::conflict::{OutboxRow, outbox};
use crate::views::issue::IssueView;
use crate::views::names::Names;
use axum::response::Response;
use http::StatusCode;
use issuesync_model::OutboxStatus;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which rows to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// `pending`, `failed` or `completed`; pending and failed ones unless told.
    #[param(value_type = Option<String>)]
    status: Option<OutboxStatus>,
    /// Rows at most, 50 unless told, 200 at most.
    limit: Option<usize>,
}

/// Rows of the outbox, those due first first.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "outbox", params(Filters),
    responses((status = 200, body = Items<OutboxRow>)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(filters): Params<Filters>,
) -> Answer<Json<Items<OutboxRow>>> {
    let items = state.store().outbox(filters.status, paging::limit(filters.limit)).await?;
    let names = Names::of(state.store(), &items).await?;
    let titles = conflicts::titles(&state, &items).await?;
    Ok(Json(Items { items: items.iter().map(|item| outbox(item, &titles, &names)).collect() }))
}

/// Sends a row of an issue or comment again, at once.
#[utoipa::path(post, path = "/api/v1/outbox/{id}/retry", tag = "outbox",
    params(("id" = String, Path, description = "An issue or a comment")), responses((status = 200, body = IssueView)))]
pub(crate) async fn retry(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Response> {
    let found = item::load(&state, &id).await?;
    let item = state.engine().retry(state.cx(), found.id).await?;
    item::answer(&state, StatusCode::OK, &item).await
}

/// Gives up what was not sent: the tracker's values stand, the discarded ones stay in the log.
#[utoipa::path(post, path = "/api/v1/outbox/{id}/discard", tag = "outbox",
    params(("id" = String, Path, description = "An issue or a comment")), responses((status = 200, body = IssueView)))]
pub(crate) async fn discard(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let found = item::load(&state, &id).await?;
    let item = state.engine().discard(state.cx(), found.id, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &item).await
}

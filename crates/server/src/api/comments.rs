//! Comments of an issue.

use super::{Answer, AppState, Caller, Extension, Json, Params, Path, State, issue_edit, item};
use crate::json::JsonBody;
use crate::precondition;
use crate::views::Items;
use crate::views::comment::{CommentView, comment};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use issuesync_model::ItemKind;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which comments to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Also deleted comments.
    include_deleted: Option<bool>,
}

/// A comment's text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CommentText)]
pub(crate) struct TextBody {
    body: String,
}

/// The comments of an issue, oldest first.
#[utoipa::path(get, path = "/api/v1/issues/{id}/comments", tag = "comments", params(("id" = String, Path), Filters),
    responses((status = 200, body = Items<CommentView>)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Params(filters): Params<Filters>,
) -> Answer<Json<Items<CommentView>>> {
    let issue = item::load_kind(&state, &id, ItemKind::Issue).await?;
    let comments = state.store().comments_of(issue.id, filters.include_deleted.unwrap_or(false)).await?;
    Ok(Json(Items { items: comments.iter().map(comment).collect() }))
}

/// Writes a comment.
#[utoipa::path(post, path = "/api/v1/issues/{id}/comments", tag = "comments", request_body = TextBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key of the same token answers with the same row")),
    responses((status = 201, body = CommentView)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: JsonBody,
) -> Answer<Response> {
    let key = precondition::client_key(&headers, &caller)?;
    if let Some(known) = issue_edit::keyed(&state, key.as_deref(), ItemKind::Comment).await? {
        return item::answer(&state, StatusCode::CREATED, &known).await;
    }
    let issue = item::load_kind(&state, &id, ItemKind::Issue).await?;
    let text: TextBody = body.read()?;
    let created = state.engine().create_comment(state.cx(), issue.id, text.body, key, &caller.name).await?;
    item::answer(&state, StatusCode::CREATED, &created).await
}

/// A comment.
#[utoipa::path(get, path = "/api/v1/comments/{id}", tag = "comments", params(("id" = String, Path)),
    responses((status = 200, body = CommentView)))]
pub(crate) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Response> {
    let found = item::load_kind(&state, &id, ItemKind::Comment).await?;
    item::answer(&state, StatusCode::OK, &found).await
}

/// Changes a comment's text.
#[utoipa::path(patch, path = "/api/v1/comments/{id}", tag = "comments", request_body = TextBody,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = CommentView)))]
pub(crate) async fn edit(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: JsonBody,
) -> Answer<Response> {
    let expected = precondition::expected_version(&headers)?;
    let found = item::load_kind(&state, &id, ItemKind::Comment).await?;
    let text: TextBody = body.read()?;
    let edited = state.engine().edit_comment(state.cx(), found.id, text.body, expected, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &edited).await
}

/// Deletes a comment.
#[utoipa::path(delete, path = "/api/v1/comments/{id}", tag = "comments",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = CommentView)))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let expected = precondition::expected_version(&headers)?;
    let found = item::load_kind(&state, &id, ItemKind::Comment).await?;
    let deleted = state.engine().delete(state.cx(), found.id, expected, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &deleted).await
}

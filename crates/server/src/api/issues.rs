//! One issue: look, make, edit, delete.

use super::issue_edit::{self, EditBody, NewIssue};
use super::{Answer, AppState, Caller, Extension, Path, State, item};
use crate::json::JsonBody;
use crate::precondition;
use crate::views::issue::IssueView;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use issuesync_model::ItemKind;

/// An issue.
#[utoipa::path(get, path = "/api/v1/issues/{id}", tag = "issues", params(("id" = String, Path)),
    responses((status = 200, body = IssueView, headers(("ETag" = String, description = "The version")))))]
pub(crate) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Response> {
    let issue = item::load_kind(&state, &id, ItemKind::Issue).await?;
    item::answer(&state, StatusCode::OK, &issue).await
}

/// Makes an issue; it is sent to the tracker of its connection.
///
/// The connection may be left out when the project, or the whole service, has exactly one.
#[utoipa::path(post, path = "/api/v1/issues", tag = "issues", request_body = NewIssue,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key of the same token answers with the same row")),
    responses((status = 201, body = IssueView)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody,
) -> Answer<Response> {
    let key = precondition::client_key(&headers, &caller)?;
    if let Some(known) = issue_edit::keyed(&state, key.as_deref(), ItemKind::Issue).await? {
        return item::answer(&state, StatusCode::CREATED, &known).await;
    }
    let new: NewIssue = body.read()?;
    let connection = issue_edit::connection_for(&state, &new).await?;
    let created = state.engine().create_issue(state.cx(), connection, new.changes()?, key, &caller.name).await?;
    item::answer(&state, StatusCode::CREATED, &created).await
}

/// Edits an issue. With `If-Match` only if it still has that version.
#[utoipa::path(patch, path = "/api/v1/issues/{id}", tag = "issues", request_body = EditBody,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = IssueView)))]
pub(crate) async fn edit(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: JsonBody,
) -> Answer<Response> {
    let expected = precondition::expected_version(&headers)?;
    let issue = item::load_kind(&state, &id, ItemKind::Issue).await?;
    let changes = body.read::<EditBody>()?.changes()?;
    let edited = state.engine().edit_issue(state.cx(), issue.id, changes, expected, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &edited).await
}

/// Deletes an issue, here at once and on the tracker as soon as it can be told.
#[utoipa::path(delete, path = "/api/v1/issues/{id}", tag = "issues",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was read")),
    responses((status = 200, body = IssueView)))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let expected = precondition::expected_version(&headers)?;
    let issue = item::load_kind(&state, &id, ItemKind::Issue).await?;
    let deleted = state.engine().delete(state.cx(), issue.id, expected, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &deleted).await
}

//! What issues and comments share: loading one, and answering with it.

use super::{Answer, AppState, Problem};
use crate::params;
use crate::precondition;
use crate::views::comment::comment;
use crate::views::issue::issue;
use crate::views::names::Names;
use axum::response::Response;
use http::StatusCode;
use issuesync_model::{Item, ItemId, ItemKind};
use serde_json::Value;

/// The item of an id in a path, an issue or a comment.
pub(crate) async fn load(state: &AppState, id: &str) -> Answer<Item> {
    let id: ItemId = params::id(id, "issue or comment")?;
    let found = state.store().items(vec![id]).await?.pop();
    found.ok_or_else(|| {
        Problem::not_found("There is no issue or comment with this id; list them to see which there are.")
    })
}

/// The id of a kind of item in a path; 404 when it is of the other kind.
pub(crate) async fn load_kind(state: &AppState, id: &str, kind: ItemKind) -> Answer<Item> {
    let item = load(state, id).await?;
    if item.kind() == kind {
        return Ok(item);
    }
    let (path, what) = match item.kind() {
        ItemKind::Issue => ("issues", "an issue"),
        ItemKind::Comment => ("comments", "a comment"),
    };
    Err(Problem::not_found(format!("This id belongs to {what}; use /{path}/ with it.")))
}

/// The JSON of an issue or comment.
pub(crate) async fn view(state: &AppState, item: &Item) -> Answer<Value> {
    let view = match item.kind() {
        ItemKind::Comment => serde_json::to_value(comment(item)),
        ItemKind::Issue => {
            let names = Names::of(state.store(), [item]).await?;
            let counts = state.store().comment_counts(vec![item.id]).await?;
            serde_json::to_value(issue(item, counts.get(&item.id).copied().unwrap_or(0), &names))
        }
    };
    Ok(view.expect("a view is always representable as JSON"))
}

/// An issue or comment as an answer, with its version as `ETag`.
pub(crate) async fn answer(state: &AppState, status: StatusCode, item: &Item) -> Answer<Response> {
    Ok(precondition::tagged(status, item.version, view(state, item).await?))
}

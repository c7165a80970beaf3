//! The conflict inbox: what waits for a person, and their decision.

use super::{Answer, AppState, Caller, Extension, Json, Params, Path, Problem, State, item};
use crate::api::issue_list::named;
use crate::error::no_connection;
use crate::json::JsonBody;
use crate::paging;
use crate::views::Items;
use crate::views::conflict::{InboxRow, Titles, inbox};
use crate::views::issue::IssueView;
use crate::views::names::Names;
use axum::response::Response;
use http::StatusCode;
use issuesync_engine::Resolution;
use issuesync_model::{Field, Item};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which conflicts to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Of this connection, by id or name.
    connection: Option<String>,
    /// Items at most, 50 unless told, 200 at most.
    limit: Option<usize>,
}

/// A decision: exactly one of `keep`, `edit` and `action`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Decision)]
pub(crate) struct DecisionBody {
    /// Which value to keep of a clash or loop.
    keep: Option<Keep>,
    /// Another value instead, in canonical form.
    #[serde(default, deserialize_with = "crate::json::present")]
    #[schema(value_type = Option<Object>)]
    edit: Option<serde_json::Value>,
    /// What to do about a lost update.
    action: Option<LostAction>,
    /// The `rev` that was shown; 412 when a side moved since.
    rev: Option<i64>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Keep {
    Local,
    Remote,
    Merged,
    Base,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LostAction {
    Restore,
    Dismiss,
}

/// Open conflicts, those longest open first.
#[utoipa::path(get, path = "/api/v1/conflicts", tag = "conflicts", params(Filters),
    responses((status = 200, body = Items<InboxRow>)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(filters): Params<Filters>,
) -> Answer<Json<Items<InboxRow>>> {
    let connection = match &filters.connection {
        None => None,
        Some(text) => Some(named(&state.store().connections().await?, text).ok_or_else(no_connection)?.id),
    };
    let items = state.store().conflicted(connection, paging::limit(filters.limit)).await?;
    let names = Names::of(state.store(), &items).await?;
    let titles = titles(&state, &items).await?;
    Ok(Json(Items { items: items.iter().flat_map(|item| inbox(item, &titles, &names)).collect() }))
}

/// Decides an open conflict of an issue or comment. Answers with the issue or comment as it is then.
#[utoipa::path(post, path = "/api/v1/issues/{id}/conflicts/{field}", tag = "conflicts", request_body = DecisionBody,
    params(("id" = String, Path, description = "An issue or a comment"), ("field" = String, Path)),
    responses((status = 200, body = IssueView)))]
pub(crate) async fn resolve(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path((id, field)): Path<(String, String)>,
    body: JsonBody,
) -> Answer<Response> {
    let found = item::load(&state, &id).await?;
    let unknown = || {
        Problem::not_found(format!(
            "There is no field \"{field}\"; use one of title, body, state, milestone, due_date."
        ))
    };
    let field = Field::from_name(&field).ok_or_else(unknown)?;
    let decision: DecisionBody = body.read()?;
    let rev = decision.rev;
    let resolution = decision.resolution(field)?;
    let item = state.engine().resolve(state.cx(), found.id, field, resolution, rev, &caller.name).await?;
    item::answer(&state, StatusCode::OK, &item).await
}

impl DecisionBody {
    fn resolution(self, field: Field) -> Answer<Resolution> {
        match (self.keep, self.edit, self.action) {
            (Some(keep), None, None) => Ok(match keep {
                Keep::Local => Resolution::KeepLocal,
                Keep::Remote => Resolution::KeepRemote,
                Keep::Merged => Resolution::KeepMerged,
                Keep::Base => Resolution::KeepBase,
            }),
            (None, Some(value), None) => {
                field.value_from_json(&value).map(Resolution::Edit).map_err(|message| Problem::invalid("edit", message))
            }
            (None, None, Some(LostAction::Restore)) => Ok(Resolution::Restore),
            (None, None, Some(LostAction::Dismiss)) => Ok(Resolution::Dismiss),
            _ => Err(Problem::invalid("keep", "Send exactly one of \"keep\", \"edit\" and \"action\".")),
        }
    }
}

/// The titles of the issues that comments among these items belong to.
pub(crate) async fn titles(state: &AppState, items: &[Item]) -> Answer<Titles> {
    let parents: std::collections::BTreeSet<_> = items.iter().filter_map(|item| item.parent).collect();
    if parents.is_empty() {
        return Ok(Titles::new());
    }
    let issues = state.store().items(parents.into_iter().collect()).await?;
    Ok(issues.into_iter().map(|issue| (issue.id, issue.local.text(Field::Title).to_owned())).collect())
}

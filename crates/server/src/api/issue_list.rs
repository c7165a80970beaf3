//! Lists of issues: filters, full-text search, pages.

use super::{Answer, AppState, Json, Params, Problem, State};
use crate::error::no_connection;
use crate::paging;
use crate::views::Paged;
use crate::views::issue::{IssueView, issue};
use crate::views::names::Names;
use issuesync_model::{Connection, SyncStatus};
use issuesync_store::{IssueQuery, Page};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which issues to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Of this project, by name.
    project: Option<String>,
    /// Of this connection, by id or name.
    connection: Option<String>,
    /// `open`, `closed` or `all`.
    #[param(inline)]
    state: Option<StateFilter>,
    /// With this label.
    label: Option<String>,
    /// Assigned to this login.
    assignee: Option<String>,
    /// With every one of these words in title and body together.
    q: Option<String>,
    /// With this status.
    #[param(value_type = Option<String>)]
    sync_status: Option<SyncStatus>,
    /// Changed at or after this time, RFC 3339.
    updated_since: Option<String>,
    /// Also deleted issues and those being deleted.
    include_deleted: Option<bool>,
    /// Issues per page, 50 unless told, 200 at most.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The states that a list can be about.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateFilter {
    Open,
    Closed,
    All,
}

/// Issues, newest change first.
#[utoipa::path(get, path = "/api/v1/issues", tag = "issues", params(Filters),
    responses((status = 200, body = Paged<IssueView>)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(filters): Params<Filters>,
) -> Answer<Json<Paged<IssueView>>> {
    let page = find(&state, &filters).await?.unwrap_or_default();
    let names = Names::of(state.store(), &page.items).await?;
    let counts = state.store().comment_counts(page.items.iter().map(|item| item.id).collect()).await?;
    let view = |item| issue(item, counts.get(&item.id).copied().unwrap_or(0), &names);
    Ok(Json(Paged { items: page.items.iter().map(view).collect(), next_cursor: page.next.map(paging::cursor) }))
}

/// The page, or `None` when a filter names something that no issue can have.
async fn find(state: &AppState, filters: &Filters) -> Answer<Option<Page>> {
    let mut query = query(filters)?;
    if let Some(name) = &filters.project {
        let projects = state.store().projects().await?;
        let found = projects.into_iter().find(|project| project.name == *name);
        query.project = Some(found.ok_or_else(|| unknown_project(name))?.id);
    }
    let connections = state.store().connections().await?;
    if let Some(text) = &filters.connection {
        query.connection = Some(named(&connections, text).ok_or_else(no_connection)?.id);
    }
    if filters.assignee.is_none() && filters.label.is_none() {
        return one(state, filters, query).await.map(Some);
    }
    let in_scope = |connection: &&Connection| {
        query.connection.is_none_or(|id| id == connection.id) && query.project.is_none_or(|id| id == connection.project)
    };
    let mut pages = Vec::new();
    for connection in connections.iter().map(Arc::as_ref).filter(in_scope) {
        if let Some(query) = canonical(state, filters, &query, connection).await? {
            pages.push(one(state, filters, query).await?);
        }
    }
    Ok(merged(pages, query.limit))
}

fn query(filters: &Filters) -> Answer<IssueQuery> {
    Ok(IssueQuery {
        open: match filters.state {
            None | Some(StateFilter::All) => None,
            Some(StateFilter::Open) => Some(true),
            Some(StateFilter::Closed) => Some(false),
        },
        sync_status: filters.sync_status,
        updated_since_us: filters.updated_since.as_deref().map(since).transpose()?,
        deleted: filters.include_deleted.unwrap_or(false) || filters.sync_status == Some(SyncStatus::Deleted),
        after: filters.cursor.as_deref().map(paging::position).transpose()?,
        limit: paging::limit(filters.limit),
        ..IssueQuery::default()
    })
}

fn since(text: &str) -> Answer<i64> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    let detail = format!("\"{text}\" is no time; write it as RFC 3339, such as 2026-11-24T10:00:00Z");
    time.map(jiff::Timestamp::as_microsecond).map_err(|_| Problem::invalid("updated_since", detail))
}

/// The query of one connection, with label and login as its tracker spells them; `None` when nobody there has that login.
async fn canonical(
    state: &AppState,
    filters: &Filters,
    query: &IssueQuery,
    connection: &Connection,
) -> Answer<Option<IssueQuery>> {
    let mut query = IssueQuery { connection: Some(connection.id), ..query.clone() };
    let fold = connection.capabilities.canon.label_fold;
    query.label = filters.label.as_ref().map(|label| if fold { label.to_lowercase() } else { label.clone() });
    if let Some(login) = &filters.assignee {
        let catalog = state.store().catalog(connection.id).await?;
        let Some(user) = catalog.user_named(login) else { return Ok(None) };
        query.assignee = Some(user.id.to_string());
    }
    Ok(Some(query))
}

async fn one(state: &AppState, filters: &Filters, query: IssueQuery) -> Answer<Page> {
    let words = filters.q.as_deref().map(str::trim).filter(|words| !words.is_empty());
    Ok(match words {
        Some(words) => state.store().search(words.to_owned(), query).await?,
        None => state.store().list(query).await?,
    })
}

/// One page of several lists that are each in order.
fn merged(pages: Vec<Page>, limit: usize) -> Option<Page> {
    if pages.len() < 2 {
        return pages.into_iter().next();
    }
    let mut more = pages.iter().any(|page| page.next.is_some());
    let mut items: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
    items.sort_by_key(|item| std::cmp::Reverse((item.updated_us, item.id)));
    more |= items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|item| (item.updated_us, item.id));
    Some(Page { items, next })
}

/// The connection of that id or name.
pub(crate) fn named<'a>(connections: &'a [Arc<Connection>], text: &str) -> Option<&'a Connection> {
    let mut all = connections.iter().map(Arc::as_ref);
    all.find(|connection| connection.name == text || connection.id.to_string() == text)
}

/// 404 for a project.
pub(crate) fn unknown_project(name: &str) -> Problem {
    Problem::not_found(format!("There is no project \"{name}\"; list them to see which there are.")).of_field("project")
}

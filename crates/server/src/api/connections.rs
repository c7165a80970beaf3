//! Connections: connect a repository, look at it, settle it, sync it, ask its doctor, disconnect it.

use super::issue_list::named;
use super::settings::SettingsBody;
use super::{Answer, AppState, Json, Path, Problem, State};
use crate::error::no_connection;
use crate::json::{self, JsonBody};
use crate::views::Items;
use crate::views::connection::{ConnectionView, Defaults, FindingView, PreviewView, connection, finding, preview};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use issuesync_engine::NewConnection;
use issuesync_model::{Connection, ProjectId, Secret, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A repository to connect, with any of the settings.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewConnection)]
pub(crate) struct ConnectionBody {
    /// Its name, unique; made of the repository's when left out.
    name: Option<String>,
    /// The project; made when it is not there.
    project: String,
    /// The repository's page on the tracker.
    url: String,
    /// A token of the tracker.
    token: String,
    /// `gitea`, `github` or `gitlab`; recognised when left out.
    #[schema(value_type = Option<String>)]
    provider: Option<issuesync_model::ProviderKind>,
    /// Only tell what would be connected.
    #[serde(default)]
    dry_run: bool,
    #[serde(flatten)]
    #[schema(value_type = SettingsBody)]
    settings: Map<String, Value>,
}

/// Which pass to make.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SyncRequest)]
pub(crate) struct SyncBody {
    /// Compare everything instead of what changed since the last pass.
    full: bool,
}

/// What a pass did.
#[derive(Serialize, ToSchema)]
pub(crate) struct SyncView {
    /// Issues and comments that were listed.
    listed: usize,
    /// Rows that changed.
    changed: usize,
    /// Rows of which the tracker has nothing any more.
    tombstoned: usize,
}

/// What accepting held deletes did.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedView {
    /// Deletes that are let through.
    accepted: usize,
    /// Deletes that are held back still, because they could not be made now, or again, because they came meanwhile.
    held: usize,
}

/// Every connection, by name.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections",
    responses((status = 200, body = Items<ConnectionView>)))]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Items<ConnectionView>>> {
    let projects = projects(&state).await?;
    let mut items = Vec::new();
    for connection in state.store().connections().await? {
        items.push(view(&state, &connection, &projects).await?);
    }
    Ok(Json(Items { items }))
}

/// A connection, by id or name.
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = String, Path, description = "Id or name")),
    responses((status = 200, body = ConnectionView)))]
pub(crate) async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Json<ConnectionView>> {
    let found = load(&state, &id).await?;
    Ok(Json(view(&state, &found, &projects(&state).await?).await?))
}

/// Connects a repository; its issues are imported in the background.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", request_body = ConnectionBody,
    responses((status = 201, body = ConnectionView), (status = 200, body = PreviewView, description = "Of a dry run")))]
pub(crate) async fn create(State(state): State<AppState>, body: JsonBody) -> Answer<Response> {
    let body: ConnectionBody = body.read()?;
    let settings = json::fields::<SettingsBody>(Value::Object(body.settings))?.over(Settings::default())?;
    let new = NewConnection {
        name: body.name,
        project: body.project,
        url: body.url,
        token: Secret::new(body.token),
        provider: body.provider,
        settings,
    };
    if body.dry_run {
        let shown = preview(state.engine().preview(state.cx(), &new).await?);
        return Ok(Json(shown).into_response());
    }
    let made = state.engine().connect(state.cx(), new).await?;
    let shown = view(&state, &made, &projects(&state).await?).await?;
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// Changes the settings of a connection.
#[utoipa::path(patch, path = "/api/v1/connections/{id}", tag = "connections", request_body = SettingsBody,
    params(("id" = String, Path, description = "Id or name")), responses((status = 200, body = ConnectionView)))]
pub(crate) async fn edit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer<Json<ConnectionView>> {
    let found = load(&state, &id).await?;
    let settings = body.read::<SettingsBody>()?.over(found.settings)?;
    let changed = state.engine().change_settings(found.id, settings).await?;
    Ok(Json(view(&state, &changed, &projects(&state).await?).await?))
}

/// Disconnects a repository: its webhook and everything mirrored of it go; nothing on the tracker is touched.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "connections",
    params(("id" = String, Path, description = "Id or name")), responses((status = 204)))]
pub(crate) async fn delete(State(state): State<AppState>, Path(id): Path<String>) -> Answer<StatusCode> {
    let found = load(&state, &id).await?;
    let gone = state.engine().disconnect(state.cx(), found.id).await?;
    if gone { Ok(StatusCode::NO_CONTENT) } else { Err(no_connection()) }
}

/// Makes a pass over a connection now, and waits for its end.
#[utoipa::path(post, path = "/api/v1/connections/{id}/sync", tag = "connections", request_body = SyncBody,
    params(("id" = String, Path, description = "Id or name")), responses((status = 200, body = SyncView)))]
pub(crate) async fn sync(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer<Json<SyncView>> {
    let found = load(&state, &id).await?;
    let SyncBody { full } = body.read_or_empty()?;
    // In a task of its own: a caller that hangs up must not leave a pass half done, and claimed.
    let pass = tokio::spawn(async move { state.engine().sync(state.cx(), found.id, full).await });
    let report = pass.await.map_err(|_| Problem::internal())??;
    Ok(Json(SyncView { listed: report.listed, changed: report.changed, tombstoned: report.gone }))
}

/// Lets through the deletes that the mass-delete fuse holds back.
#[utoipa::path(post, path = "/api/v1/connections/{id}/accept-deletes", tag = "connections",
    params(("id" = String, Path, description = "Id or name")), responses((status = 200, body = AcceptedView)))]
pub(crate) async fn accept_deletes(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Answer<Json<AcceptedView>> {
    let found = load(&state, &id).await?;
    // In a task of its own: a caller that hangs up must not leave a row claimed.
    let accepting = tokio::spawn(async move { state.engine().accept_deletes(state.cx(), found.id).await });
    let accepted = accepting.await.map_err(|_| Problem::internal())??;
    Ok(Json(AcceptedView { accepted: accepted.settled, held: accepted.held }))
}

/// Looks at everything that a connection needs, and says what to do.
#[utoipa::path(get, path = "/api/v1/connections/{id}/doctor", tag = "connections",
    params(("id" = String, Path, description = "Id or name")), responses((status = 200, body = Items<FindingView>)))]
pub(crate) async fn doctor(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Json<Items<FindingView>>> {
    let found = load(&state, &id).await?;
    let findings = state.engine().doctor(state.cx(), found.id).await?;
    Ok(Json(Items { items: findings.into_iter().map(finding).collect() }))
}

async fn load(state: &AppState, id: &str) -> Result<Connection, Problem> {
    named(&state.store().connections().await?, id).cloned().ok_or_else(no_connection)
}

type Projects = BTreeMap<ProjectId, String>;

async fn projects(state: &AppState) -> Answer<Projects> {
    Ok(state.store().projects().await?.into_iter().map(|project| (project.id, project.name)).collect())
}

async fn view(state: &AppState, of: &Connection, projects: &Projects) -> Answer<ConnectionView> {
    let account = state.store().account(of.account).await?;
    let counts = state.store().counts(of.id).await?;
    let timing = state.engine().timing();
    let defaults = Defaults { poll_us: timing.poll_us, full_us: timing.full_us };
    let project = projects.get(&of.project).cloned().unwrap_or_default();
    Ok(connection(of, project, account.as_ref(), counts, &defaults))
}

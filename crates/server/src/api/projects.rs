//! Projects: what groups connections.

use super::{Answer, AppState, Json, Problem, State};
use crate::json::JsonBody;
use crate::views::Items;
use crate::views::connection::ProjectView;
use http::StatusCode;
use issuesync_model::{Project, ProjectId};
use serde::Deserialize;
use utoipa::ToSchema;

const NAME_LENGTH_MAX: usize = 100;

/// A project to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProject)]
pub(crate) struct ProjectBody {
    /// Its name, unique.
    name: String,
}

/// Every project, by name.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", responses((status = 200, body = Items<ProjectView>)))]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Items<ProjectView>>> {
    let projects = state.store().projects().await?;
    Ok(Json(Items { items: projects.into_iter().map(view).collect() }))
}

/// Makes a project, unless it is there already.
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", request_body = ProjectBody,
    responses((status = 201, body = ProjectView)))]
pub(crate) async fn create(State(state): State<AppState>, body: JsonBody) -> Answer<(StatusCode, Json<ProjectView>)> {
    let body: ProjectBody = body.read()?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > NAME_LENGTH_MAX {
        return Err(Problem::invalid("name", format!("A name must have 1 to {NAME_LENGTH_MAX} characters.")));
    }
    let project = Project { id: ProjectId(state.cx().uuid()), name: name.to_owned() };
    Ok((StatusCode::CREATED, Json(view(state.store().project(project).await?))))
}

fn view(project: Project) -> ProjectView {
    ProjectView { id: project.id.0, name: project.name }
}

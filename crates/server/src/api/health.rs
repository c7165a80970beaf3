//! Health: whether the process answers, and whether it can do its work. Neither names anything.

use super::{Answer, AppState, Json, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A word about health.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(), responses((status = 200, body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The store answers too; 503 when it does not.
#[utoipa::path(get, path = "/readyz", tag = "health", security(), responses((status = 200, body = Health)))]
pub(crate) async fn readyz(State(state): State<AppState>) -> Answer<Json<Health>> {
    state.store().log_end().await?;
    Ok(Json(Health { status: "ready" }))
}

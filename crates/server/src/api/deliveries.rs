//! Stored deliveries and their replay.

use super::{Answer, AppState, Json, Params, Path, Problem, State};
use crate::api::issue_list::named;
use crate::error::no_connection;
use crate::paging;
use crate::views::Items;
use crate::views::delivery::{DeliveryView, delivery, key};
use issuesync_model::DeliveryState;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which deliveries to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Of this connection, by id or name.
    connection: Option<String>,
    /// `queued`, `done` or `dead`.
    #[param(value_type = Option<String>)]
    state: Option<DeliveryState>,
    /// Deliveries at most, 50 unless told, 200 at most.
    limit: Option<usize>,
}

/// What became of a replay.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// Always `queued`.
    status: &'static str,
}

/// Stored deliveries, newest first. They are kept for seven days.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "deliveries", params(Filters),
    responses((status = 200, body = Items<DeliveryView>)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(filters): Params<Filters>,
) -> Answer<Json<Items<DeliveryView>>> {
    let connection = match &filters.connection {
        None => None,
        Some(text) => Some(named(&state.store().connections().await?, text).ok_or_else(no_connection)?.id),
    };
    let found = state.store().deliveries(connection, filters.state, paging::limit(filters.limit)).await?;
    Ok(Json(Items { items: found.iter().map(delivery).collect() }))
}

/// Queues a stored delivery again.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/replay", tag = "deliveries", params(("id" = String, Path)),
    responses((status = 200, body = Replayed)))]
pub(crate) async fn replay(State(state): State<AppState>, Path(id): Path<String>) -> Answer<Json<Replayed>> {
    let unknown =
        || Problem::not_found("There is no delivery with this id any more; list them to see which there are.");
    let key = key(&id).ok_or_else(unknown)?;
    if state.engine().replay(key).await? { Ok(Json(Replayed { status: "queued" })) } else { Err(unknown()) }
}

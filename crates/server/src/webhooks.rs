//! Webhook intake: raw bytes in, one word out. Nothing is parsed here; the engine verifies first.

use crate::api::Answer;
use crate::api::issue_list::named;
use crate::body;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use issuesync_engine::{Incoming, IngestError, Ingested};
use issuesync_model::{ConnectionChange, ProviderKind};
use issuesync_store::StoreError;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What became of a delivery.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// `queued` once it is durable, or `ignored`.
    status: &'static str,
    /// Why it is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Takes a delivery of any connected repository, verified with the provider's secret of the configuration.
#[utoipa::path(post, path = "/webhooks/{provider}", tag = "webhooks", security(), params(("provider" = String, Path)),
    responses((status = 200, body = Taken)))]
pub(crate) async fn short(
    State(state): State<AppState>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Taken>> {
    take(&state, &provider, None, &headers, body).await
}

/// Takes a delivery of one connection, verified with that connection's secret.
#[utoipa::path(post, path = "/webhooks/{provider}/{connection}", tag = "webhooks", security(),
    params(("provider" = String, Path), ("connection" = String, Path, description = "Id or name")),
    responses((status = 200, body = Taken)))]
pub(crate) async fn of_connection(
    State(state): State<AppState>,
    Path((provider, connection)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Taken>> {
    take(&state, &provider, Some(connection), &headers, body).await
}

async fn take(
    state: &AppState,
    provider: &str,
    connection: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Answer<Json<Taken>> {
    let provider = ProviderKind::from_word(provider).ok_or_else(unknown)?;
    let address = format!("{}/{}", provider.word(), connection.as_deref().unwrap_or(""));
    if !state.hooks.take(&address, state.cx().now_us()) {
        return Err(Problem::too_many(
            "This webhook sends more than it may; send again later, a pass finds what was missed.",
        ));
    }
    let limits = state.limits();
    let bytes = body::collect(body, limits.webhook_body_bytes_max, limits.body_timeout_ms).await?;
    let name = connection.clone();
    let incoming = Incoming { provider, connection, headers: pairs(headers), body: bytes.into() };
    match state.engine().ingest(state.cx(), incoming).await {
        Ok(Ingested::Queued) => {
            mark_missed(state, &address, provider, name.as_deref()).await;
            Ok(Json(Taken { status: "queued", reason: None }))
        }
        Ok(Ingested::Ignored(reason)) => Ok(Json(Taken { status: "ignored", reason: Some(reason) })),
        Err(error) => Err(refusal(error)),
    }
}

/// After an overflow the next verified delivery brings a full pass: what was refused may have told of anything. That it
/// is verified keeps strangers from causing writes.
async fn mark_missed(state: &AppState, address: &str, provider: ProviderKind, name: Option<&str>) {
    if !state.hooks.take_missed(address) {
        return;
    }
    if let Err(error) = mark_dirty(state, provider, name).await {
        state.hooks.keep_missed(address);
        tracing::warn!(%error, "refused deliveries are not yet marked for a full pass");
    }
}

async fn mark_dirty(state: &AppState, provider: ProviderKind, name: Option<&str>) -> Result<(), StoreError> {
    let connections = state.store().connections().await?;
    let concerned: Vec<_> = match name {
        Some(name) => named(&connections, name).into_iter().collect(),
        None => connections.iter().map(Arc::as_ref).filter(|connection| connection.provider == provider).collect(),
    };
    for connection in concerned {
        state.store().change_connection(connection.id, vec![ConnectionChange::Dirty], Vec::new()).await?;
    }
    Ok(())
}

/// Header names in lower case with their values; a header that came twice is there twice.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(pair).collect()
}

fn unknown() -> Problem {
    Problem::not_found("No webhook is taken at this address; check the provider and the connection in it.")
}

fn refusal(error: IngestError) -> Problem {
    match error {
        IngestError::UnknownConnection | IngestError::NotConfigured => unknown(),
        IngestError::Unverified => {
            let detail = "The signature does not match; set the webhook's secret to the one of this address.";
            Problem::new(StatusCode::UNAUTHORIZED, "unverified", detail)
        }
        IngestError::Malformed(reason) => {
            Problem::unreadable("malformed_payload", format!("The payload cannot be read: {reason}"))
        }
        IngestError::WrongRepository(detail) => Problem::new(StatusCode::FORBIDDEN, "wrong_repository", detail),
        IngestError::Unavailable(reason) => {
            tracing::error!(%reason, "a delivery could not be taken");
            Problem::unavailable("The delivery could not be stored; send it again later.")
        }
    }
}

//! Stored deliveries, without their bodies: what arrived, when, and what became of it.

use super::time;
use issuesync_model::{ConnectionId, Delivery, DeliveryKey};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A stored webhook request.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// Names it in `POST /deliveries/{id}/replay`.
    id: String,
    connection_id: Uuid,
    /// The tracker's id of it.
    delivery_id: String,
    received_at: String,
    /// The tracker's word for the kind of event, when a header says it.
    event: Option<String>,
    /// Bytes of its body.
    size: usize,
    /// `queued`, `done` or `dead`.
    state: &'static str,
    /// How often a worker took it.
    tries: u32,
    /// Why it is dead.
    error: Option<String>,
}

/// The view of a delivery.
pub(crate) fn delivery(delivery: &Delivery) -> DeliveryView {
    let is_event = |(name, _): &&(String, String)| name.starts_with("x-") && name.ends_with("-event");
    DeliveryView {
        id: format!("{}:{}", delivery.key.connection, delivery.key.id),
        connection_id: delivery.key.connection.0,
        delivery_id: delivery.key.id.clone(),
        received_at: time(delivery.received_us),
        event: delivery.headers.iter().find(is_event).map(|(_, value)| value.clone()),
        size: delivery.body.len(),
        state: delivery.state.word(),
        tries: delivery.tries,
        error: delivery.error.clone(),
    }
}

/// The key that a delivery's id in the API names.
pub(crate) fn key(id: &str) -> Option<DeliveryKey> {
    let (connection, id) = id.split_once(':')?;
    Some(DeliveryKey { connection: connection.parse::<ConnectionId>().ok()?, id: id.to_owned() })
}

//! The queue of deliveries, which is also the memory of delivery ids and the list for replays.

use crate::error::Result;
use issuesync_model::{BoxFuture, ConnectionId, Delivery, DeliveryKey, DeliveryState};

/// What became of an appended delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is new and durable.
    Queued,
    /// Its id is known: nothing was written.
    Repeat,
    /// Its id was given up before and is queued again.
    Again,
}

/// Verified webhook requests.
pub trait Deliveries {
    /// Appends deliveries in one transaction; they are durable when this answers. One answer each, in order.
    ///
    /// # Errors
    /// Also when a connection is not there; then none is appended.
    fn append(&self, deliveries: Vec<Delivery>) -> BoxFuture<'_, Result<Vec<Appended>>>;

    /// Claims queued deliveries in order of arrival, without a running lease: `tries + 1`.
    fn claim_deliveries(&self, now_us: i64, lease_us: i64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>>>;

    /// Marks deliveries as done that needed no change.
    fn finish_deliveries(&self, keys: Vec<DeliveryKey>) -> BoxFuture<'_, Result<()>>;

    /// Gives leases back: the deliveries may be claimed again at `not_before_us`.
    fn release_deliveries(&self, keys: Vec<DeliveryKey>, not_before_us: i64) -> BoxFuture<'_, Result<()>>;

    /// Gives a delivery up and marks its connection dirty, in one transaction.
    fn bury(&self, key: DeliveryKey, error: String) -> BoxFuture<'_, Result<()>>;

    /// Queues a stored delivery again. Answers whether it is there.
    fn replay(&self, key: DeliveryKey) -> BoxFuture<'_, Result<bool>>;

    /// Stored deliveries, newest first.
    fn deliveries(
        &self,
        connection: Option<ConnectionId>,
        state: Option<DeliveryState>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Delivery>>>;

    /// How many wait.
    fn queued(&self) -> BoxFuture<'_, Result<i64>>;

    /// Takes away settled deliveries that arrived before this; answers how many.
    fn sweep_deliveries(&self, before_us: i64) -> BoxFuture<'_, Result<i64>>;
}

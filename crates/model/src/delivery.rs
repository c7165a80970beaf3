//! Deliveries: webhook requests that were verified and stored.

use crate::ids::DeliveryKey;
use serde::{Deserialize, Serialize};

/// One webhook request, kept raw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Connection and the tracker's id.
    pub key: DeliveryKey,
    /// When it arrived, store time.
    pub received_us: i64,
    /// The headers that matter, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often a worker took it.
    pub tries: u32,
    /// Until when a worker owns it; 0 when nobody does.
    pub lease_until_us: i64,
    /// Why it is dead.
    pub error: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waiting for a worker.
    Queued,
    /// Its effect is committed.
    Done,
    /// Given up after five tries; its connection was marked dirty.
    Dead,
}

impl DeliveryState {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

//! What every handler works with, and the limits it keeps. There are no globals.

use crate::bucket::Buckets;
use issuesync_engine::Engine;
use issuesync_model::Cx;
use issuesync_store::Store;
use std::sync::Arc;

/// Limits of the HTTP surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a webhook body.
    pub webhook_body_bytes_max: usize,
    /// Bytes of a body at the API.
    pub api_body_bytes_max: usize,
    /// Time in which the head of a request must arrive; also how long an idle connection is kept.
    pub header_timeout_ms: u64,
    /// Time in which the body of a request must arrive.
    pub body_timeout_ms: u64,
    /// Time in which an ordinary request must be answered.
    pub request_timeout_ms: u64,
    /// Bytes of the head of a request.
    pub header_bytes_max: usize,
    /// Connections at once; more wait to be accepted.
    pub connections_max: usize,
    /// Connections at once of one address; more are closed.
    pub connections_per_ip_max: usize,
    /// Deliveries per second of one webhook address.
    pub hook_rate_per_s: u32,
    /// Deliveries of one webhook address at once, above its rate.
    pub hook_burst: u32,
    /// How long open connections may finish after the stop was asked for.
    pub grace_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            webhook_body_bytes_max: 5 * 1024 * 1024,
            api_body_bytes_max: 5 * 1024 * 1024,
            header_timeout_ms: 5_000,
            body_timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            header_bytes_max: 64 * 1024,
            connections_max: 4_096,
            connections_per_ip_max: 2_048,
            hook_rate_per_s: 1_000,
            hook_burst: 10_000,
            grace_ms: 5_000,
        }
    }
}

/// The state of the router, cheap to clone.
#[derive(Clone)]
pub struct AppState {
    engine: Arc<Engine>,
    cx: Cx,
    limits: Arc<Limits>,
    pub(crate) hooks: Arc<Buckets>,
}

impl AppState {
    /// Puts the state together. The random numbers of `cx` make API tokens: they must be cryptographic.
    #[must_use]
    pub fn new(engine: Arc<Engine>, cx: Cx, limits: Limits) -> Self {
        let hooks = Arc::new(Buckets::new(limits.hook_rate_per_s, limits.hook_burst));
        Self { engine, cx, limits: Arc::new(limits), hooks }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The clock and the random numbers.
    #[must_use]
    pub fn cx(&self) -> &Cx {
        &self.cx
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.engine.store().as_ref()
    }
}

//! The one async port to the network.

use crate::http::{Request, Response};
use issuesync_model::BoxFuture;

/// Sends single requests. It stamps send and receive time on the store's clock, follows no redirect and retries nothing.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for its whole answer, `timeout_us` at most.
    fn send(&self, request: Request, timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request never left: it had no effect.
    #[error("not sent: {0}")]
    NotSent(String),
    /// No whole answer came: the request may have had its effect.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

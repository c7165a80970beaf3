//! Adapters for the trackers: pure translation between their wire formats and the provider port.
//!
//! Nothing here awaits, sleeps, retries, reads a clock or opens a socket. The adapters know neither the store, nor the
//! engine, nor each other.

pub mod gitea;

mod depth;
mod hmac;
mod time;

use issuesync_provider::Provider;
use std::sync::Arc;

/// Every adapter there is.
#[must_use]
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(gitea::Gitea)]
}

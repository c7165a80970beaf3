//! The application: configuration, wiring, the way out to the network, and the commands.
//!
//! This is the one place that names a concrete store and concrete forges, reads the environment, the real clock and
//! real random numbers, and prints. What keeps a mirror in step is the engine's business, what the API answers the
//! server's; the commands know both only through REST.

#![allow(clippy::disallowed_methods, reason = "the app is where clock, environment and randomness come from")]

pub mod cli;
pub mod commands;

pub mod config;
pub mod wiring;

mod declared;
mod listen;

pub mod api;
pub mod failure;
pub mod histories;
pub mod output;

pub mod clock;
pub mod data;
pub mod random;
pub mod telemetry;
pub mod transport;
pub mod vault;

pub use clock::SystemClock;
pub use config::Config;
pub use random::OsRng;
pub use transport::HttpTransport;
pub use vault::KeyVault;
pub use wiring::Service;

/// Chooses the TLS implementation, once for the process; later calls change nothing.
pub fn install_tls() {
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
}

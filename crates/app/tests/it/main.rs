//! The application's tests: configuration, transport, vault, data directory and the commands as people run them.

#![allow(clippy::disallowed_methods, reason = "tests may read the real clock and environment")]

mod cli;
mod config;
mod connect;
mod data;
mod inspect;
mod program;
mod proof;
mod serve;
mod tracker;
mod transport;
mod vault;
mod wiring;

//! The HTTP surface: webhook intake, REST API, event stream, API tokens.
//!
//! [`router()`] makes the routes over an [`AppState`], [`serve()`] runs them on a listener under [`Limits`]. Every handler
//! reads the request, calls the engine or the store once or twice, and shows the outcome through a view; what is decided
//! about issues is decided in the engine. This crate knows no concrete tracker, no concrete store, no configuration file
//! and no environment.

pub mod router;
pub mod serve;
pub mod state;

mod webhooks;

mod api;
mod views;

mod auth;
pub mod token;

mod body;
mod json;
mod paging;
mod params;
mod precondition;

mod error;
pub mod problem;

mod bucket;
pub mod duration;
mod metrics;
mod openapi;

pub use problem::Problem;
pub use router::{admin_router, router};
pub use serve::serve;
pub use state::{AppState, Limits};

//! The handlers of the REST API, one file per resource.

#![allow(unused_qualifications, reason = "the macros of utoipa qualify what they expand to")]

pub(crate) mod actions;
pub(crate) mod comments;
pub(crate) mod conflicts;
pub(crate) mod connections;
pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod issue_edit;
pub(crate) mod issue_list;
pub(crate) mod issues;
pub(crate) mod item;
pub(crate) mod log;
pub(crate) mod outbox;
pub(crate) mod projects;
pub(crate) mod settings;
pub(crate) mod tokens;

pub(crate) use crate::auth::Caller;
pub(crate) use crate::params::Params;
pub(crate) use crate::problem::Problem;
pub(crate) use crate::state::AppState;
pub(crate) use axum::extract::{Path, State};
pub(crate) use axum::{Extension, Json};

/// What a handler answers.
pub(crate) type Answer<T> = Result<T, Problem>;

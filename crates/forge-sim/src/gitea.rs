//! The Gitea dialect: its routes, objects, events and habits.

pub(crate) mod answer;
pub(crate) mod auth;
mod comments;
mod emit;
mod gojson;
mod habits;
mod hooks;
mod issue_create;
mod issue_edit;
mod issue_labels;
mod issue_more;
mod issue_read;
pub(crate) mod labels;
pub(crate) mod milestones;
mod object;
mod page;
mod repos;
pub(crate) mod route;
mod timeline;
mod users;
pub(crate) mod wire;
mod wire_repo;

//! What a request may say about an issue, and how it becomes the engine's changes.

use super::issue_list::{named, unknown_project};
use super::{Answer, AppState, Problem};
use crate::error::no_connection;
use crate::json::present;
use issuesync_engine::Changes;
use issuesync_model::{Connection, ConnectionId, Item, ItemKind};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use utoipa::ToSchema;

/// An issue to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIssue {
    /// The connection, by id or name.
    connection: Option<String>,
    /// The project, by name; enough when it has exactly one connection.
    project: Option<String>,
    title: String,
    body: Option<String>,
    /// `open`, `closed`, `closed:completed`, `closed:not_planned` or `closed:duplicate`.
    state: Option<String>,
    labels: Option<Vec<String>>,
    /// Logins.
    assignees: Option<Vec<String>>,
    /// A title.
    milestone: Option<String>,
    #[schema(format = Date)]
    due_date: Option<String>,
    locked: Option<bool>,
}

/// Changes of an issue; what is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = IssueEdit)]
pub(crate) struct EditBody {
    #[serde(deserialize_with = "present")]
    title: Option<String>,
    #[serde(deserialize_with = "present")]
    body: Option<String>,
    /// `open`, `closed`, `closed:completed`, `closed:not_planned` or `closed:duplicate`.
    #[serde(deserialize_with = "present")]
    state: Option<String>,
    /// All labels.
    #[serde(deserialize_with = "present")]
    labels: Option<Vec<String>>,
    add_labels: Vec<String>,
    remove_labels: Vec<String>,
    /// All assignees by login.
    #[serde(deserialize_with = "present")]
    assignees: Option<Vec<String>>,
    add_assignees: Vec<String>,
    remove_assignees: Vec<String>,
    /// A title; `null` takes it away.
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    milestone: Option<Option<String>>,
    /// A day; `null` takes it away.
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    locked: Option<bool>,
}

/// Tells "left out" from `null`.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl NewIssue {
    /// The engine's changes.
    pub(crate) fn changes(self) -> Answer<Changes> {
        let edit = EditBody {
            title: Some(self.title),
            body: self.body,
            state: self.state,
            labels: self.labels,
            assignees: self.assignees,
            milestone: self.milestone.map(Some),
            due_date: self.due_date.map(Some),
            locked: self.locked,
            ..EditBody::default()
        };
        edit.changes()
    }
}

impl EditBody {
    /// The engine's changes.
    pub(crate) fn changes(self) -> Answer<Changes> {
        let state = self.state.map(|text| text.parse().map_err(|error: String| Problem::invalid("state", error)));
        let due_date = self.due_date.map(|day| day.filter(|day| !day.is_empty()).map(|day| date(&day)).transpose());
        Ok(Changes {
            title: self.title,
            body: self.body,
            state: state.transpose()?,
            labels: self.labels,
            add_labels: self.add_labels,
            remove_labels: self.remove_labels,
            assignees: self.assignees,
            add_assignees: self.add_assignees,
            remove_assignees: self.remove_assignees,
            milestone: self.milestone.map(|title| title.filter(|title| !title.is_empty())),
            due_date: due_date.transpose()?,
            locked: self.locked,
        })
    }
}

fn date(text: &str) -> Answer<Date> {
    let detail = || format!("\"{text}\" is no day; write it such as 2026-12-25.");
    let whole_day = text.len() == 10;
    text.parse().ok().filter(|_| whole_day).ok_or_else(|| Problem::invalid("due_date", detail()))
}

/// The row that was made under this key, whatever the request says now.
pub(crate) async fn keyed(state: &AppState, key: Option<&str>, kind: ItemKind) -> Answer<Option<Item>> {
    let Some(key) = key else { return Ok(None) };
    match state.store().item_keyed(key.to_owned()).await? {
        Some(item) if item.kind() != kind => {
            let detail = "This Idempotency-Key made something of another kind; use a new key for each thing you make.";
            Err(Problem::conflict("idempotency_key_reused", detail))
        }
        known => Ok(known),
    }
}

/// The connection that a new issue belongs to.
pub(crate) async fn connection_for(state: &AppState, new: &NewIssue) -> Answer<ConnectionId> {
    let connections = state.store().connections().await?;
    let project = match &new.project {
        None => None,
        Some(name) => {
            let projects = state.store().projects().await?;
            Some(projects.into_iter().find(|project| project.name == *name).ok_or_else(|| unknown_project(name))?.id)
        }
    };
    let in_project = |connection: &&Connection| project.is_none_or(|project| connection.project == project);
    if let Some(text) = &new.connection {
        let found = named(&connections, text).ok_or_else(|| no_connection().of_field("connection"))?;
        if !in_project(&found) {
            return Err(Problem::invalid(
                "connection",
                "This connection belongs to another project; name one of them only.",
            ));
        }
        return Ok(found.id);
    }
    let candidates: Vec<_> = connections.iter().map(Arc::as_ref).filter(in_project).collect();
    match candidates[..] {
        [only] => Ok(only.id),
        [] => Err(Problem::invalid(
            "connection",
            "There is no connection to make the issue in; connect a repository first.",
        )),
        _ => {
            let names: Vec<_> = candidates.iter().map(|connection| connection.name.as_str()).collect();
            let detail = format!("There are several connections; name one of {} in \"connection\".", names.join(", "));
            Err(Problem::invalid("connection", detail))
        }
    }
}

//! An issue as the API shows it: people by login, milestones by title.

use super::names::Names;
use super::sync::{self, ConflictView, OutboxView, TombstoneView, WarningView};
use super::time;
use issuesync_model::{Field, Item, Value};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An issue of the mirror.
#[derive(Serialize, ToSchema)]
#[schema(as = Issue)]
pub(crate) struct IssueView {
    id: Uuid,
    /// The project's name.
    project: String,
    /// The connection's name.
    connection: String,
    connection_id: Uuid,
    /// `gitea`, `github` or `gitlab`.
    provider: Option<&'static str>,
    /// Its number on the tracker, once it is there.
    external_number: Option<i64>,
    /// The tracker's page of it.
    external_url: Option<String>,
    /// Who wrote it on the tracker.
    author: Option<String>,
    title: String,
    body: String,
    /// `open`, `closed`, `closed:completed`, `closed:not_planned` or `closed:duplicate`.
    state: &'static str,
    labels: Vec<String>,
    /// Logins.
    assignees: Vec<String>,
    /// A title.
    milestone: Option<String>,
    #[schema(format = Date)]
    due_date: Option<String>,
    locked: bool,
    created_at: String,
    /// When the mirror's row last changed.
    updated_at: String,
    /// `creating`, `linked`, `moved`, `detached` or `deleted`.
    lifecycle: &'static str,
    /// `synced`, `pending`, `conflict`, `error` or `deleted`.
    sync_status: &'static str,
    /// Why it has that status, in one sentence.
    sync_detail: String,
    /// Why nothing is sent, when the connection is parked.
    connection_state: Option<String>,
    /// Grows with every change of a value; the `ETag`.
    version: i64,
    /// Grows with every change of anything; names the state that a resolution was decided on.
    rev: i64,
    warnings: Vec<WarningView>,
    conflicts: Vec<ConflictView>,
    outbox: OutboxView,
    tombstone: Option<TombstoneView>,
    comment_count: i64,
}

/// The view of an issue.
pub(crate) fn issue(item: &Item, comment_count: i64, names: &Names) -> IssueView {
    let connection = names.connection(item.connection);
    let local = &item.local;
    IssueView {
        id: item.id.0,
        project: names.project(item.project),
        connection: connection.map(|connection| connection.name.clone()).unwrap_or_default(),
        connection_id: item.connection.0,
        provider: connection.map(|connection| connection.provider.word()),
        external_number: item.number,
        external_url: item.url.clone(),
        author: item.author.as_ref().map(|author| author.login.clone()),
        title: local.text(Field::Title).to_owned(),
        body: local.text(Field::Body).to_owned(),
        state: local.state().word(),
        labels: names.labels(item.connection, &local.elements(Field::Labels)),
        assignees: names.logins(item.connection, &local.elements(Field::Assignees)),
        milestone: names.milestone(item.connection, &local.value(Field::Milestone)),
        due_date: due_date(&local.value(Field::DueDate)),
        locked: local.get(Field::Locked) == Some(&Value::Flag(true)),
        created_at: time(item.created_us),
        updated_at: time(item.updated_us),
        lifecycle: item.lifecycle.word(),
        sync_status: item.sync_status().word(),
        sync_detail: item.sync_detail(),
        connection_state: parked(item, names),
        version: item.version,
        rev: item.rev,
        warnings: sync::warnings(item),
        conflicts: sync::conflicts(item),
        outbox: sync::outbox(&item.outbox),
        tombstone: item.tombstone.as_ref().map(sync::tombstone),
        comment_count,
    }
}

fn due_date(value: &Value) -> Option<String> {
    match value {
        Value::Date(date) => date.map(|date| date.to_string()),
        _ => None,
    }
}

fn parked(item: &Item, names: &Names) -> Option<String> {
    let reason = names.connection(item.connection)?.parked.as_ref()?;
    Some(format!("parked: {reason}"))
}

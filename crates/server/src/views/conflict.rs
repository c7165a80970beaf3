//! Rows of the conflict inbox and of the outbox: one item's need for attention, with enough around it to decide.

use super::names::Names;
use super::sync::{self, ConflictView, OutboxView};
use issuesync_model::{Field, Item, ItemId};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which item a row is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subject {
    /// The issue or comment.
    id: Uuid,
    /// The issue: itself, or the comment's.
    issue_id: Uuid,
    /// `issue` or `comment`.
    item: &'static str,
    /// The project's name.
    project: String,
    /// The connection's name.
    connection: String,
    /// The issue's title.
    title: String,
    /// The issue's number, or the comment's id, on the tracker.
    external_number: Option<i64>,
    /// The tracker's page of it.
    external_url: Option<String>,
    version: i64,
    /// What to name as `rev` when deciding.
    rev: i64,
}

/// One open conflict of the inbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxRow {
    #[serde(flatten)]
    subject: Subject,
    #[serde(flatten)]
    conflict: ConflictView,
}

/// One row of the outbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxRow {
    #[serde(flatten)]
    subject: Subject,
    #[serde(flatten)]
    outbox: OutboxView,
    /// What was asked, in canonical values.
    #[schema(value_type = Object)]
    changes: Map<String, Value>,
}

/// The titles of the issues that some items belong to.
pub(crate) type Titles = BTreeMap<ItemId, String>;

fn subject(item: &Item, titles: &Titles, names: &Names) -> Subject {
    let connection = names.connection(item.connection);
    Subject {
        id: item.id.0,
        issue_id: item.issue().0,
        item: if item.parent.is_some() { "comment" } else { "issue" },
        project: names.project(item.project),
        connection: connection.map(|connection| connection.name.clone()).unwrap_or_default(),
        title: titles.get(&item.issue()).cloned().unwrap_or_else(|| item.local.text(Field::Title).to_owned()),
        external_number: item.number,
        external_url: item.url.clone(),
        version: item.version,
        rev: item.rev,
    }
}

/// The inbox rows of an item, one per open conflict.
pub(crate) fn inbox(item: &Item, titles: &Titles, names: &Names) -> Vec<InboxRow> {
    let row = |conflict| InboxRow { subject: subject(item, titles, names), conflict: sync::conflict(conflict) };
    item.conflicts.iter().map(row).collect()
}

/// The outbox row of an item.
pub(crate) fn outbox(item: &Item, titles: &Titles, names: &Names) -> OutboxRow {
    OutboxRow {
        subject: subject(item, titles, names),
        outbox: sync::outbox(&item.outbox),
        changes: sync::fields(&item.outbox.changes),
    }
}

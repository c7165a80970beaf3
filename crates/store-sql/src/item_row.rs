//! An item as a row: what queries need in columns, the rest as JSON. `base` and the remote fields are null while they equal `local`.

use crate::error::corrupt;
use crate::row::{Row, Val, json, word};
use issuesync_model::{
    Attempt, Author, Conflict, Edit, Field, Fields, Item, ItemId, ItemKind, Lifecycle, Outbox, ProjectId, Remote,
    Tombstone, Warning,
};
use issuesync_store::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The columns of an item and its outbox row, in the order that [`read`] takes them.
pub(crate) const COLUMNS: &str = "i.id, i.parent_id, i.project_id, i.connection_id, i.number, i.marker, i.client_key, i.lifecycle, \
     i.created_us, i.updated_us, i.rev, i.version, i.log_seq, i.log_head, i.local, i.base, i.remote_fields, i.remote, i.rest, \
     o.kind, o.changes, o.status, o.retry_count, o.next_retry, o.lease_until, o.fence, o.races, o.one_by_one, o.last_error, o.created_at";

/// What no query looks into.
#[derive(Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<Author>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    edits: BTreeMap<Field, Edit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<Attempt>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    writes: BTreeMap<Field, Vec<i64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<Conflict>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    made_here: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    delete_wanted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tombstone: Option<Tombstone>,
}

/// The table that holds items of a kind.
pub(crate) fn table(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Issue => "issues",
        ItemKind::Comment => "comments",
    }
}

/// A short hash of what full-text search finds.
fn text_hash(item: &Item) -> i64 {
    let digest = Sha256::digest(text(item).as_bytes());
    i64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}

/// What full-text search finds.
pub(crate) fn text(item: &Item) -> String {
    format!("{}\n{}", item.local.text(Field::Title), item.local.text(Field::Body))
}

/// Where the id stands in [`values`].
pub(crate) const ID: usize = 0;
/// Where the hash of the text stands in [`values`].
pub(crate) const TEXT_HASH: usize = 19;

/// The values of an item's own row, in the order of `commit`'s statements.
pub(crate) fn values(item: &Item) -> Vec<Val> {
    let remote = item.remote.as_ref().map(|remote| json(&Remote { fields: Fields::new(), ..remote.clone() }));
    let remote_fields =
        item.remote.as_ref().filter(|remote| remote.fields != item.local).map(|remote| json(&remote.fields));
    let rest = Rest {
        url: item.url.clone(),
        author: item.author.clone(),
        edits: item.edits.clone(),
        attempts: item.attempts.clone(),
        writes: item.writes.clone(),
        conflicts: item.conflicts.clone(),
        warnings: item.warnings.clone(),
        made_here: item.made_here,
        delete_wanted: item.delete_wanted,
        tombstone: item.tombstone.clone(),
    };
    let conflicts = (!item.conflicts.is_empty()).then(|| json(&item.conflicts));
    let hidden = item.lifecycle == Lifecycle::Deleted || item.is_being_deleted();
    vec![
        item.id.to_string().into(),
        item.parent.map(|parent| parent.to_string()).into(),
        item.project.to_string().into(),
        item.connection.to_string().into(),
        item.number.into(),
        item.marker.as_str().into(),
        item.client_key.clone().into(),
        item.lifecycle.word().into(),
        item.sync_status().word().into(),
        conflicts.into(),
        item.local.state().is_open().into(),
        hidden.into(),
        item.created_us.into(),
        item.updated_us.into(),
        item.tombstone.as_ref().map(|tombstone| tombstone.at_us).into(),
        item.rev.into(),
        item.version.into(),
        item.log_seq.into(),
        item.log_head.as_str().into(),
        text_hash(item).into(),
        json(&item.local).into(),
        (item.base != item.local).then(|| json(&item.base)).into(),
        remote_fields.into(),
        remote.into(),
        json(&rest).into(),
    ]
}

/// The values of an item's outbox row, in the order of `commit`'s statements.
pub(crate) fn outbox_values(item: &Item) -> Vec<Val> {
    let outbox = &item.outbox;
    vec![
        item.id.to_string().into(),
        item.connection.to_string().into(),
        item.issue().to_string().into(),
        item.parent.map(|_| item.id.to_string()).into(),
        word(&outbox.kind).into(),
        json(&outbox.changes).into(),
        word(&outbox.status).into(),
        i64::from(outbox.retry_count).into(),
        outbox.next_retry_us.into(),
        outbox.lease_until_us.into(),
        outbox.fence.into(),
        i64::from(outbox.races).into(),
        outbox.one_by_one.into(),
        outbox.last_error.clone().into(),
        outbox.created_us.into(),
    ]
}

/// Reads an item from a row of [`COLUMNS`].
pub(crate) fn read(row: &Row) -> Result<Item> {
    let local: Fields = row.json(14, "local")?;
    let base = if row.text_opt(15, "base")?.is_some() { row.json(15, "base")? } else { local.clone() };
    let remote = match row.text_opt(17, "remote")? {
        Some(_) => {
            let mut remote: Remote = row.json(17, "remote")?;
            remote.fields = if row.text_opt(16, "remote_fields")?.is_some() {
                row.json(16, "remote_fields")?
            } else {
                local.clone()
            };
            Some(remote)
        }
        None => None,
    };
    let rest: Rest = row.json(18, "rest")?;
    let parent = row.text_opt(1, "parent_id")?.map(str::parse::<ItemId>).transpose();
    Ok(Item {
        id: row.parsed(0, "id")?,
        parent: parent
            .map_err(|error| corrupt(row.table, "parent_id", row.text(0, "id").unwrap_or_default(), error))?,
        project: row.parsed::<ProjectId>(2, "project_id")?,
        connection: row.parsed(3, "connection_id")?,
        number: row.int_opt(4, "number")?,
        url: rest.url,
        author: rest.author,
        created_us: row.int(8, "created_us")?,
        updated_us: row.int(9, "updated_us")?,
        base,
        local,
        remote,
        edits: rest.edits,
        attempts: rest.attempts,
        writes: rest.writes,
        conflicts: rest.conflicts,
        warnings: rest.warnings,
        rev: row.int(10, "rev")?,
        version: row.int(11, "version")?,
        lifecycle: row.word(7, "lifecycle")?,
        marker: row.text(5, "marker")?.to_owned(),
        made_here: rest.made_here,
        delete_wanted: rest.delete_wanted,
        log_seq: row.int(12, "log_seq")?,
        log_head: row.text(13, "log_head")?.to_owned(),
        client_key: row.text_opt(6, "client_key")?.map(str::to_owned),
        outbox: read_outbox(row)?,
        tombstone: rest.tombstone,
    })
}

fn read_outbox(row: &Row) -> Result<Outbox> {
    let count = |index, column| Ok(u32::try_from(row.int(index, column)?).unwrap_or(u32::MAX));
    Ok(Outbox {
        kind: row.word(19, "kind")?,
        changes: row.json(20, "changes")?,
        status: row.word(21, "status")?,
        retry_count: count(22, "retry_count")?,
        next_retry_us: row.int(23, "next_retry")?,
        lease_until_us: row.int(24, "lease_until")?,
        fence: row.int(25, "fence")?,
        races: count(26, "races")?,
        one_by_one: row.int(27, "one_by_one")? != 0,
        last_error: row.text_opt(28, "last_error")?.map(str::to_owned),
        created_us: row.int(29, "created_at")?,
    })
}

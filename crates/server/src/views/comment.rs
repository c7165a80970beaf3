//! A comment as the API shows it.

use super::sync::{self, ConflictView, OutboxView, TombstoneView, WarningView};
use super::time;
use issuesync_model::{Field, Item};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A comment of the mirror.
#[derive(Serialize, ToSchema)]
#[schema(as = Comment)]
pub(crate) struct CommentView {
    id: Uuid,
    issue_id: Uuid,
    /// Its id on the tracker, once it is there.
    external_id: Option<i64>,
    /// The tracker's page of it.
    external_url: Option<String>,
    /// Who wrote it on the tracker.
    author: Option<String>,
    body: String,
    created_at: String,
    /// When the mirror's row last changed.
    updated_at: String,
    /// `creating`, `linked`, `moved`, `detached` or `deleted`.
    lifecycle: &'static str,
    /// `synced`, `pending`, `conflict`, `error` or `deleted`.
    sync_status: &'static str,
    /// Why it has that status, in one sentence.
    sync_detail: String,
    /// Grows with every change of a value; the `ETag`.
    version: i64,
    /// Grows with every change of anything.
    rev: i64,
    warnings: Vec<WarningView>,
    conflicts: Vec<ConflictView>,
    outbox: OutboxView,
    tombstone: Option<TombstoneView>,
}

/// The view of a comment.
pub(crate) fn comment(item: &Item) -> CommentView {
    CommentView {
        id: item.id.0,
        issue_id: item.issue().0,
        external_id: item.number,
        external_url: item.url.clone(),
        author: item.author.as_ref().map(|author| author.login.clone()),
        body: item.local.text(Field::Body).to_owned(),
        created_at: time(item.created_us),
        updated_at: time(item.updated_us),
        lifecycle: item.lifecycle.word(),
        sync_status: item.sync_status().word(),
        sync_detail: item.sync_detail(),
        version: item.version,
        rev: item.rev,
        warnings: sync::warnings(item),
        conflicts: sync::conflicts(item),
        outbox: sync::outbox(&item.outbox),
        tombstone: item.tombstone.as_ref().map(sync::tombstone),
    }
}

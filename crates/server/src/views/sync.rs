//! How far an item is in step: warnings, open conflicts, the outbox row and the tombstone, for issues and comments alike.

use super::time;
use issuesync_model::{Conflict, Fields, Item, Outbox, OutboxStatus, Tombstone, Warning};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What the tracker refused or rewrote. Values are canonical: assignees and milestone by the tracker's ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct WarningView {
    /// The field.
    #[schema(example = "title")]
    field: &'static str,
    /// `refused` or `rewritten`.
    kind: &'static str,
    /// The value that was sent.
    asked: Value,
    /// The value the tracker has.
    got: Value,
    /// The tracker's own words, when it gave any.
    message: Option<String>,
    /// When.
    at: String,
}

/// An open conflict. Values are canonical: assignees and milestone by the tracker's ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConflictView {
    /// The field.
    #[schema(example = "title")]
    field: &'static str,
    /// `clash`, `lost_update` or `loop`.
    kind: &'static str,
    /// The value both sides shared.
    base: Value,
    /// The mirror's value.
    local: Value,
    /// The tracker's value.
    remote: Value,
    /// Of a lost update: the value that was overwritten.
    lost: Option<Value>,
    /// A merged value, where there is one.
    suggestion: Option<Value>,
    /// When it was opened.
    opened_at: String,
}

/// What is still to be sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxView {
    /// `create`, `update` or `delete`.
    kind: &'static str,
    /// `pending`, `completed` or `failed`.
    status: &'static str,
    /// Retries that were used.
    retry_count: u32,
    /// When it is sent next, while pending.
    next_retry: Option<String>,
    /// The last error in one sentence.
    last_error: Option<String>,
}

/// What was there when it was deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct TombstoneView {
    /// The values both sides shared.
    #[schema(value_type = Object)]
    base: Map<String, Value>,
    /// The mirror's values.
    #[schema(value_type = Object)]
    local: Map<String, Value>,
    /// The tracker's values.
    #[schema(value_type = Option<Object>)]
    remote: Option<Map<String, Value>>,
    /// Why, in one sentence.
    reason: String,
    /// When.
    at: String,
}

/// Field values as a JSON object in the order of fields.
pub(crate) fn fields(fields: &Fields) -> Map<String, Value> {
    fields.iter().map(|(field, value)| (field.name().to_owned(), value.to_json())).collect()
}

/// The warnings of an item.
pub(crate) fn warnings(item: &Item) -> Vec<WarningView> {
    let view = |warning: &Warning| WarningView {
        field: warning.field.name(),
        kind: warning.kind.word(),
        asked: warning.asked.to_json(),
        got: warning.got.to_json(),
        message: warning.message.clone(),
        at: time(warning.at_us),
    };
    item.warnings.iter().map(view).collect()
}

/// One open conflict.
pub(crate) fn conflict(conflict: &Conflict) -> ConflictView {
    ConflictView {
        field: conflict.field.name(),
        kind: conflict.kind.word(),
        base: conflict.base.to_json(),
        local: conflict.local.to_json(),
        remote: conflict.remote.to_json(),
        lost: conflict.lost.as_ref().map(issuesync_model::Value::to_json),
        suggestion: conflict.suggestion.as_ref().map(issuesync_model::Value::to_json),
        opened_at: time(conflict.opened_us),
    }
}

/// The open conflicts of an item.
pub(crate) fn conflicts(item: &Item) -> Vec<ConflictView> {
    item.conflicts.iter().map(conflict).collect()
}

/// An outbox row.
pub(crate) fn outbox(outbox: &Outbox) -> OutboxView {
    OutboxView {
        kind: outbox.kind.word(),
        status: outbox.status.word(),
        retry_count: outbox.retry_count,
        next_retry: (outbox.status == OutboxStatus::Pending).then(|| time(outbox.next_retry_us)),
        last_error: outbox.last_error.clone(),
    }
}

/// The tombstone of a deleted item.
pub(crate) fn tombstone(tombstone: &Tombstone) -> TombstoneView {
    TombstoneView {
        base: fields(&tombstone.base),
        local: fields(&tombstone.local),
        remote: tombstone.remote.as_ref().map(fields),
        reason: tombstone.reason.clone(),
        at: time(tombstone.at_us),
    }
}

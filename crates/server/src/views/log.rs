//! Rows of the audit log.

use super::{sync, time};
use issuesync_model::LogRow;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// One row of the audit log. Values are canonical: assignees and milestone by the tracker's ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct LogRowView {
    id: Uuid,
    project_id: Uuid,
    issue_id: Uuid,
    comment_id: Option<Uuid>,
    /// Its position in the log; in an issue's history, its place in its item's chain.
    seq: i64,
    /// Counts the rows of its item from 1.
    item_seq: i64,
    /// `inbound`, `outbound` or `local`.
    direction: Value,
    /// `create`, `update` or `delete`.
    action: Value,
    /// What kind of event.
    kind: Value,
    /// The touched field, when there is exactly one.
    field: Option<&'static str>,
    /// The touched fields before; for `superseded`, `refused` and `rewritten` the losing value.
    #[schema(value_type = Object)]
    before: Map<String, Value>,
    /// The touched fields after; for `superseded`, `refused` and `rewritten` the winning value.
    #[schema(value_type = Object)]
    after: Map<String, Value>,
    provider: &'static str,
    /// A delivery, attempt or user; or a sentence for people.
    cause: Option<String>,
    /// The evidence of time behind a decision.
    grade: Option<Value>,
    sync_time: String,
    /// Hash of the item's previous row.
    prev_hash: String,
    /// SHA-256 over `prev_hash` and this row.
    hash: String,
}

/// The view of a row at a position.
pub(crate) fn log_row(seq: i64, row: &LogRow) -> LogRowView {
    let mut touched: Vec<_> = row.before.keys().chain(row.after.keys()).collect();
    touched.sort_unstable();
    touched.dedup();
    let field = if let [field] = touched[..] { Some(field.name()) } else { None };
    LogRowView {
        id: row.id.0,
        project_id: row.project.0,
        issue_id: row.issue.0,
        comment_id: row.comment.map(|comment| comment.0),
        seq,
        item_seq: row.seq,
        direction: word(row.direction),
        action: word(row.action),
        kind: word(row.kind),
        field,
        before: sync::fields(&row.before),
        after: sync::fields(&row.after),
        provider: row.provider.word(),
        cause: row.cause.clone(),
        grade: row.grade.map(word),
        sync_time: time(row.time_us),
        prev_hash: row.prev_hash.clone(),
        hash: row.hash.clone(),
    }
}

fn word(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("an enum without fields is always representable as JSON")
}

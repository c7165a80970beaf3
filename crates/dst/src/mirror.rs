//! The mirror's document for the judge: what the API would show of it, read from the store, in the judge's own rows.

use crate::world::{BOT, World, now};
use issuesync_judge::input::{self, Connection, LocalRow, Mirror, Span};
use issuesync_model::{Conflict, Field, Fields, Item, LogRow};
use serde_json::{Map, Value, json};

/// Everything that the mirror shows, and whether the log's chains hold.
///
/// # Errors
/// When a chain of the log is broken.
pub fn document(world: &World) -> Result<Mirror, String> {
    let mut log = Vec::new();
    let mut issues = Vec::new();
    for issue in world.issues() {
        let rows = now(world.store.history(issue.id)).unwrap_or_default();
        chained(&rows, &issue)?;
        log.extend(rows.iter().map(log_row));
        let comments = world.comments(&issue).iter().map(row).collect();
        issues.push(LocalRow { comments, ..row(&issue) });
    }
    let connections = world.connections().into_iter().map(|connection| Connection {
        id: json!(connection.id.to_string()),
        name: Value::Null,
        repo_id: json!(connection.repo_id),
        repo_path: None,
        self_login: Some(BOT.to_owned()),
    });
    let forgotten = world.forgotten_ms.iter().map(|&(from_ms, until_ms)| Span { from_ms, until_ms });
    Ok(Mirror { issues, log, connections: connections.collect(), forgotten: forgotten.collect() })
}

fn chained(rows: &[LogRow], issue: &Item) -> Result<(), String> {
    for row in rows {
        if issuesync_model::log::hash_of(row) != row.hash {
            return Err(format!("row {} of the log of {} was changed after it was written", row.seq, issue.id));
        }
    }
    let own: Vec<&LogRow> = rows.iter().filter(|row| row.comment.is_none()).collect();
    let holds = own.windows(2).all(|pair| pair[1].prev_hash == pair[0].hash && pair[1].seq == pair[0].seq + 1);
    let ends = own.last().map(|row| row.hash.as_str()).unwrap_or_default() == issue.log_head;
    if holds && ends { Ok(()) } else { Err(format!("the log's chain of {} is broken", issue.id)) }
}

fn fields(fields: &Fields) -> Map<String, Value> {
    fields.iter().map(|(field, value)| (field.name().to_owned(), value.to_json())).collect()
}

fn row(item: &Item) -> LocalRow {
    let shown = Field::ALL.into_iter().filter_map(|field| Some((field.name().to_owned(), item.local.get(field)?)));
    let number = item.number.and_then(|number| u64::try_from(number).ok());
    let is_comment = item.parent.is_some();
    LocalRow {
        id: item.id.to_string(),
        connection_id: json!(item.connection.to_string()),
        connection: Value::Null,
        external_number: number.filter(|_| !is_comment),
        external_url: None,
        external_id: number.filter(|_| is_comment),
        lifecycle: item.lifecycle.word().to_owned(),
        conflicts: item.conflicts.iter().map(conflict).collect(),
        outbox: json!({ "status": item.outbox.status.word() }),
        tombstone: item.tombstone.as_ref().map_or(Value::Null, |tombstone| {
            json!({ "base": fields(&tombstone.base), "local": fields(&tombstone.local),
                "remote": tombstone.remote.as_ref().map(fields) })
        }),
        comments: Vec::new(),
        fields: shown.map(|(name, value)| (name, value.to_json())).collect(),
    }
}

fn conflict(conflict: &Conflict) -> input::Conflict {
    let lost = conflict.lost.as_ref().map_or(Value::Null, issuesync_model::Value::to_json);
    let sides = [("base", &conflict.base), ("local", &conflict.local), ("remote", &conflict.remote)];
    let sides = sides.map(|(side, value)| (side, value.to_json()));
    let values = sides.into_iter().chain([("lost", lost)]).map(|(side, value)| (side.to_owned(), value)).collect();
    input::Conflict { field: conflict.field.name().to_owned(), kind: conflict.kind.word().to_owned(), values }
}

fn log_row(row: &LogRow) -> input::LogRow {
    input::LogRow {
        issue_id: row.issue.to_string(),
        comment_id: row.comment.map(|id| id.to_string()),
        seq: row.seq,
        direction: word(&row.direction),
        action: word(&row.action),
        kind: word(&row.kind),
        before: Value::Object(fields(&row.before)),
        after: Value::Object(fields(&row.after)),
        grade: row.grade.as_ref().map(word),
        sync_time: time(row.time_us),
    }
}

/// The word that stands for it in JSON.
fn word(of: &impl serde::Serialize) -> String {
    json!(of).as_str().unwrap_or_default().to_owned()
}

/// RFC 3339, as the judge reads times.
fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| time.to_string())
}

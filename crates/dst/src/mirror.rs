//! The mirror's document for the judge: what the API would show of it, read from the store.

use crate::world::{World, now};
use issuesync_model::{Conflict, Field, Fields, Item, LogRow};
use serde_json::{Map, Value, json};

/// Everything that the mirror shows, and whether the log's chains hold.
///
/// # Errors
/// When a chain of the log is broken.
pub fn document(world: &World) -> Result<Value, String> {
    let mut log = Vec::new();
    let mut issues = Vec::new();
    for issue in world.issues() {
        let rows = now(world.store.history(issue.id)).unwrap_or_default();
        chained(&rows, &issue)?;
        log.extend(rows.iter().map(log_row));
        let mut view = row(&issue);
        let comments: Vec<Value> = world.comments(&issue).iter().map(row).collect();
        view["comments"] = Value::Array(comments);
        issues.push(view);
    }
    let connections = world.connections().into_iter().map(|connection| {
        json!({ "id": connection.id.to_string(), "repo_id": connection.repo_id, "self_login": crate::world::BOT })
    });
    let forgotten = world.forgotten_ms.iter().map(|(from, until)| json!({ "from_ms": from, "until_ms": until }));
    // Put together by hand: the macro would copy the trees.
    let parts = [
        ("issues", Value::Array(issues)),
        ("log", Value::Array(log)),
        ("connections", connections.collect()),
        ("forgotten", forgotten.collect()),
    ];
    Ok(Value::Object(parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
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

fn row(item: &Item) -> Value {
    let mut view = Map::new();
    for field in Field::ALL {
        if let Some(value) = item.local.get(field) {
            view.insert(field.name().to_owned(), value.to_json());
        }
    }
    let number = if item.parent.is_some() { "external_id" } else { "external_number" };
    view.insert(number.to_owned(), json!(item.number));
    view.insert("id".to_owned(), json!(item.id.to_string()));
    view.insert("connection_id".to_owned(), json!(item.connection.to_string()));
    view.insert("lifecycle".to_owned(), json!(item.lifecycle.word()));
    view.insert("conflicts".to_owned(), item.conflicts.iter().map(conflict).collect());
    view.insert("outbox".to_owned(), json!({ "status": item.outbox.status.word() }));
    if let Some(tombstone) = &item.tombstone {
        let kept = json!({ "base": fields(&tombstone.base), "local": fields(&tombstone.local),
            "remote": tombstone.remote.as_ref().map(fields) });
        view.insert("tombstone".to_owned(), kept);
    }
    Value::Object(view)
}

fn conflict(conflict: &Conflict) -> Value {
    json!({ "field": conflict.field.name(), "kind": conflict.kind.word(), "base": conflict.base.to_json(),
        "local": conflict.local.to_json(), "remote": conflict.remote.to_json(),
        "lost": conflict.lost.as_ref().map(issuesync_model::Value::to_json) })
}

fn log_row(row: &LogRow) -> Value {
    json!({ "issue_id": row.issue.to_string(), "comment_id": row.comment.map(|id| id.to_string()), "seq": row.seq,
        "direction": row.direction, "action": row.action, "kind": row.kind, "before": fields(&row.before),
        "after": fields(&row.after), "grade": row.grade, "sync_time": time(row.time_us) })
}

/// RFC 3339, as the judge reads times.
fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| time.to_string())
}

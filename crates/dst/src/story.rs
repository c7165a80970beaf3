//! A scenario told line by line, in the order of time: what was asked of the tracker, what changed there, what the mirror's log says.

use crate::clock::START_US;
use crate::transport::lock;
use crate::world::{World, now};
use issuesync_model::Item;
use serde_json::Value;

/// The story so far.
#[must_use]
pub fn tell(world: &World) -> Vec<String> {
    let mut lines: Vec<(i64, String)> = tracker(&lock(&world.sim).history_json());
    for issue in world.issues() {
        for row in now(world.store.history(issue.id)).unwrap_or_default() {
            let line = format!(
                "    log   #{} {} {:?} {:?} {:?} -> {:?} {}",
                issue.number.unwrap_or(0),
                short(&row.comment.unwrap_or(issue.id).to_string()),
                row.direction,
                row.kind,
                row.before,
                row.after,
                row.cause.unwrap_or_default()
            );
            lines.push((row.time_us, line));
        }
    }
    lines.sort_by_key(|(time_us, _)| *time_us);
    let mut told: Vec<String> =
        lines.into_iter().map(|(us, line)| format!("{:>12.3} {line}", (us - START_US) as f64 / 1e6)).collect();
    for issue in world.issues() {
        told.push(state(&issue));
        told.extend(world.comments(&issue).iter().map(state));
    }
    told
}

fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(6)..).unwrap_or(id)
}

fn state(item: &Item) -> String {
    format!(
        "{} number {:?} {} outbox {:?}\n   L {:?}\n   B {:?}\n   R {:?}\n   attempts {:?}",
        short(&item.id.to_string()),
        item.number,
        item.lifecycle.word(),
        item.outbox,
        item.local,
        item.base,
        item.remote.as_ref().map(|remote| (&remote.fields, remote.u_us - START_US)),
        item.attempts
    )
}

fn tracker(history: &Value) -> Vec<(i64, String)> {
    let rows = |name: &str| history[name].as_array().cloned().unwrap_or_default();
    let at = |row: &Value| row["at_ms"].as_i64().unwrap_or(0) * 1000;
    let mut lines = Vec::new();
    for row in rows("requests") {
        let line = format!(
            "{} {} {}?{} {} lost {}",
            row["user"], row["method"], row["path"], row["query"], row["status"], row["lost"]
        );
        lines.push((at(&row), line));
    }
    for row in rows("edits") {
        let line = format!(
            "  edit  #{} {} {} {} -> {} by {}",
            row["number"], row["comment_id"], row["field"], row["before"], row["after"], row["user"]
        );
        lines.push((at(&row), line));
    }
    for row in rows("objects") {
        lines.push((at(&row), format!("  {} {} #{} by {}", row["action"], row["kind"], row["number"], row["user"])));
    }
    for row in rows("deliveries") {
        lines.push((at(&row), format!("  hook  {} #{} {}", row["label"], row["number"], row["fate"])));
    }
    lines
}

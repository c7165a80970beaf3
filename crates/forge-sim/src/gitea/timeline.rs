//! The dated history of an issue: titles, labels, milestones, assignees, state; never bodies.

use serde_json::{Map, Value, json};

use crate::gitea::answer::{self, Reply};
use crate::gitea::{page, wire};
use crate::sim::{Cx, Sim};
use crate::time::rfc3339;
use crate::world::{Entry, take};

/// Adds a line. Lines and comments share one sequence of ids, as in the tracker's one table.
pub(crate) fn note(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, kind: &'static str, more: Value) {
    let id = take(&mut sim.world.next.comment);
    let more = if let Value::Object(more) = more { more } else { Map::new() };
    let entry = Entry { id, kind, user: cx.actor(), at: cx.sec, more };
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.timeline.entry(number).or_default().push(entry);
    }
}

/// Adds the line of a changed due date.
pub(crate) fn note_due(sim: &mut Sim, cx: &Cx, (repo_id, number): (u64, u64), old: Option<i64>, new: Option<i64>) {
    let day = |second: Option<i64>| second.map(crate::time::day).unwrap_or_default();
    let (kind, body) = match (old, new) {
        (None, Some(_)) => ("added_deadline", day(new)),
        (Some(_), None) => ("removed_deadline", day(old)),
        (old, new) if old != new => ("modified_deadline", format!("{}|{}", day(new), day(old))),
        _ => return,
    };
    note(sim, cx, repo_id, number, kind, json!({ "body": body }));
}

/// `GET /issues/{n}/timeline`: lines and comments, oldest first.
pub(crate) fn list(sim: &Sim, cx: &Cx, repo_id: u64, number: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let (since, before) = page::window(sim, cx)?;
    let page_url = format!("{}/{}/issues/{number}", sim.config.root_url, sim.world.path(repo));
    let mut rows: Vec<(i64, u64, Value)> = Vec::new();
    for entry in repo.timeline.get(&number).into_iter().flatten() {
        let mut value = blank(&page_url, entry.id, entry.kind);
        value["user"] = wire::user(sim, entry.user);
        value["created_at"] = json!(rfc3339(entry.at));
        value["updated_at"] = json!(rfc3339(entry.at));
        for (key, more) in &entry.more {
            value[key.as_str()] = more.clone();
        }
        rows.push((entry.at, entry.id, value));
    }
    for id in repo.by_issue.get(&number).into_iter().flatten() {
        let Some(comment) = repo.comments.get(id).map(crate::world::Dated::get) else { continue };
        let mut value = blank(&page_url, *id, "comment");
        value["user"] = wire::user(sim, comment.author);
        value["body"] = json!(comment.body);
        value["created_at"] = json!(rfc3339(comment.created));
        value["updated_at"] = json!(rfc3339(comment.updated));
        rows.push((comment.updated, *id, value));
    }
    rows.retain(|(at, ..)| *at >= since && *at <= before);
    rows.sort_by_key(|(_, id, _)| *id);
    let values: Vec<Value> = rows.into_iter().map(|(_, _, value)| value).collect();
    let shown = page::cut(&values, page::of(cx)).to_vec();
    Ok(answer::total(answer::json(200, &Value::Array(shown)), values.len()))
}

fn blank(page_url: &str, id: u64, kind: &str) -> Value {
    json!({ "id": id, "type": kind, "html_url": format!("{page_url}#issuecomment-{id}"), "pull_request_url": "",
        "issue_url": page_url, "user": null, "body": "", "created_at": "", "updated_at": "", "old_project_id": 0,
        "project_id": 0, "old_milestone": null, "milestone": null, "tracked_time": null, "old_title": "",
        "new_title": "", "old_ref": "", "new_ref": "", "ref_issue": null, "ref_comment": null, "ref_action": "none",
        "ref_commit_sha": "", "review_id": 0, "label": null, "assignee": null, "assignee_team": null,
        "removed_assignee": false, "resolve_doer": null, "dependent_issue": null })
}

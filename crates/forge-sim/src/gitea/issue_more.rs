//! Deadline, lock, and the delete that leaves no trace.

use serde_json::{Value, json};

use crate::config::Access;
use crate::gitea::answer::{self, Reply};
use crate::gitea::emit::{self, Event};
use crate::gitea::route::Form;
use crate::gitea::wire::Wrong;
use crate::gitea::{auth, timeline};
use crate::history;
use crate::sim::{Cx, Sim};

/// `POST /issues/{n}/deadline`: the written day in the server's zone; null clears it.
pub(crate) fn deadline(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if auth::access(sim, cx, repo) < Access::Write {
        return Err(answer::error(sim, 403, "Not repo writer"));
    }
    let due = match form.get("due_date").and_then(Value::as_str) {
        None => None,
        Some(text) => {
            let wrong = || answer::error(sim, 422, &format!("parsing time \"{text}\": cannot parse"));
            Some(crate::time::end_of_day_here(text).ok_or_else(wrong)?)
        }
    };
    if !sim.refuses(cx, "due_date") {
        set_due(sim, cx, (repo_id, number), due);
    }
    Ok(answer::json(201, &json!({ "due_date": due.map(crate::time::rfc3339) })))
}

/// Sets or clears the due date and writes its line of the timeline.
pub(crate) fn set_due(sim: &mut Sim, cx: &Cx, at: (u64, u64), due: Option<i64>) {
    let row = sim.world.repos.get(&at.0).and_then(|repo| repo.issues.get(&at.1));
    let old = row.and_then(|row| row.get().due);
    sim.edit_issue(cx, at.0, at.1, true, |issue| issue.due = due);
    timeline::note_due(sim, cx, at, old, due);
}

/// `PUT` and `DELETE /issues/{n}/lock`.
pub(crate) fn lock(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, form: Option<&Form>) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if auth::access(sim, cx, repo) < Access::Admin {
        return Err(answer::empty(403));
    }
    let locked = form.is_some();
    if sim.edit_issue(cx, repo_id, number, true, |issue| issue.locked = locked) {
        let reason = form.and_then(|form| form.get("lock_reason")).and_then(Value::as_str).unwrap_or_default();
        let kind = if locked { "lock" } else { "unlock" };
        timeline::note(sim, cx, repo_id, number, kind, json!({ "body": reason }));
    }
    Ok(answer::empty(204))
}

/// `DELETE /issues/{n}`: administrators only; comments go with it; no event unless the newest habit is on.
pub(crate) fn delete(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if auth::access(sim, cx, repo) < Access::Admin {
        return Err(answer::error(sim, 403, auth::NO_ADMIN));
    }
    if sim.config.delete_events {
        emit::issue(sim, cx, (repo_id, number), &Event::Deleted, &Wrong::default());
    }
    let keep = sim.faults.needs_past();
    let repo = sim.world.repos.get_mut(&repo_id).ok_or_else(|| answer::empty(404))?;
    let Some(row) = repo.issues.remove(&number) else { return Err(answer::empty(404)) };
    let value = history::issue_value(repo, row.get());
    repo.timeline.remove(&number);
    let ids = repo.by_issue.remove(&number).unwrap_or_default();
    let comments: Vec<_> = ids.iter().filter_map(|id| repo.comments.remove(id)).collect();
    if keep {
        repo.gone.push((cx.now_ms, row));
    }
    for comment in comments {
        let (id, value) = (comment.get().id, history::comment_value(comment.get()));
        sim.note_object(cx, (repo_id, number, Some(id)), "delete", "comment", value);
    }
    sim.note_object(cx, (repo_id, number, None), "delete", "issue", value);
    Ok(answer::empty(204))
}

//! `POST /issues`: not idempotent, and `assigned` may be announced before `opened`.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::emit::{self, Event};
use crate::gitea::route::Form;
use crate::gitea::wire::{self, Wrong};
use crate::gitea::{auth, issue_read, timeline};
use crate::history;
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::{Dated, Issue, take};

/// Makes an issue and tells the hooks.
pub(crate) fn create(sim: &mut Sim, cx: &Cx, repo_id: u64, form: &Form) -> Reply {
    let mut issue = draft(sim, cx, repo_id, form)?;
    issue.id = take(&mut sim.world.next.issue);
    let repo = sim.world.repos.get_mut(&repo_id).ok_or_else(|| answer::empty(404))?;
    repo.last_number += 1;
    let number = repo.last_number;
    issue.number = number;
    let mut value = history::issue_value(repo, &issue);
    value["body"] = json!(issue.body);
    repo.issues.insert(number, Dated::new(cx.now_ms, issue.clone()));
    sim.note_object(cx, (repo_id, number, None), "create", "issue", value);
    announce(sim, cx, (repo_id, number), &issue);
    issue_read::show(sim, repo_id, number, 201)
}

fn draft(sim: &Sim, cx: &Cx, repo_id: u64, form: &Form) -> Result<Issue, Response> {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if repo.archived {
        return Err(answer::error(sim, 423, "repo is archived"));
    }
    let title = form.get("title").and_then(Value::as_str).unwrap_or_default();
    if title.is_empty() {
        return Err(answer::error(sim, 422, "[Title]: Required"));
    }
    let text = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut issue = Issue {
        id: 0,
        number: 0,
        author: cx.actor(),
        title: sim.cut_title(&sim.rewritten(cx, "title", title.trim())),
        body: sim.rewritten(cx, "body", &text("body")),
        reference: text("ref"),
        labels: Vec::new(),
        assignees: Vec::new(),
        milestone: None,
        due: None,
        closed_at: None,
        locked: false,
        pull: false,
        comments: 0,
        created: cx.sec,
        updated: cx.sec,
        content_version: 0,
    };
    if form.get("closed").and_then(Value::as_bool) == Some(true) {
        issue.closed_at = Some(cx.sec);
    }
    // What a mere reader asks for beyond the text is dropped without a word.
    if auth::access(sim, cx, repo) >= Access::Write {
        let list = |name: &str| form.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut ids: Vec<u64> = list("labels").iter().filter_map(Value::as_u64).collect();
        ids.retain(|id| repo.labels.contains_key(id));
        ids.dedup();
        issue.labels = ids;
        let known = |id: &u64| repo.milestones.contains_key(id);
        issue.milestone = form.get("milestone").and_then(Value::as_u64).filter(known);
        issue.due = form.get("due_date").and_then(Value::as_str).and_then(crate::time::parse);
        let single = form.get("assignee").filter(|value| value.as_str().is_some_and(|login| !login.is_empty()));
        for login in list("assignees").iter().chain(single).filter_map(Value::as_str) {
            let id = sim
                .assignable(repo, login)
                .ok_or_else(|| answer::error(sim, 422, &format!("Assignee does not exist: [name: {login}]")))?;
            if !issue.assignees.contains(&id) {
                issue.assignees.push(id);
            }
        }
        for (field, clear) in [("labels", 0), ("milestone", 1), ("due_date", 2), ("assignees", 3)] {
            if sim.refuses(cx, field) {
                match clear {
                    0 => issue.labels.clear(),
                    1 => issue.milestone = None,
                    2 => issue.due = None,
                    _ => issue.assignees.clear(),
                }
            }
        }
    }
    Ok(issue)
}

fn announce(sim: &mut Sim, cx: &Cx, at: (u64, u64), issue: &Issue) {
    for assignee in &issue.assignees {
        let more = json!({ "assignee": wire::user(sim, *assignee), "removed_assignee": false });
        timeline::note(sim, cx, at.0, at.1, "assignees", more);
        // Announced before the row is stamped: the time says 1970.
        let updated = (sim.config.flavour == Flavour::Gitea).then_some(0);
        emit::issue(sim, cx, at, &Event::Assigned, &Wrong { updated, ..Wrong::default() });
    }
    let right = Wrong::default();
    emit::issue(sim, cx, at, &Event::Opened, &right);
    if !issue.labels.is_empty() {
        emit::issue(sim, cx, at, &Event::Labels, &right);
    }
    if issue.milestone.is_some() {
        emit::issue(sim, cx, at, &Event::Milestoned, &right);
    }
    if issue.closed_at.is_some() {
        emit::issue(sim, cx, at, &Event::Closed, &right);
    }
}

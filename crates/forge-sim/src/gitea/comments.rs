//! Comments: by issue, by repository, one by one.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::route::Form;
use crate::gitea::{auth, emit, page, wire};
use crate::history::{self, Spot};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::{Comment, Dated, take};

/// `GET` and `POST /issues/{n}/comments`. A missing issue is a server error here, in both flavours.
pub(crate) fn of_issue(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, number: &str, form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let number = number.parse::<u64>().ok().filter(|number| repo.issues.contains_key(number));
    let number = number.ok_or_else(|| answer::error(sim, 500, ""))?;
    match method {
        "GET" => {
            let (since, before) = page::window(sim, cx)?;
            let ids = repo.by_issue.get(&number);
            let rows = ids.into_iter().flatten().filter_map(|id| seen(sim, cx, repo.comments.get(id)?));
            let rows = rows.filter(|row| row.updated >= since && row.updated <= before);
            let values: Vec<_> = rows.map(|row| wire::comment(sim, repo, row)).collect();
            Ok(answer::total(answer::json(200, &values), values.len()))
        }
        "POST" => create(sim, cx, repo_id, number, form),
        _ => Err(answer::no_route(sim)),
    }
}

/// `GET /issues/comments` of the whole repository: paged only when a page is asked for.
pub(crate) fn list_all(sim: &Sim, cx: &Cx, repo_id: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let (since, before) = page::window(sim, cx)?;
    let mut rows: Vec<&Comment> = repo.comments.values().filter_map(|row| seen(sim, cx, row)).collect();
    rows.retain(|row| row.updated >= since && row.updated <= before);
    rows.sort_by_key(|row| (row.created, row.id));
    let shown = if cx.param("page").is_some() { page::cut(&rows, page::of(cx)) } else { &rows };
    let values: Vec<_> = shown.iter().map(|row| wire::comment(sim, repo, row)).collect();
    Ok(answer::total(answer::json(200, &values), rows.len()))
}

/// `GET`, `PATCH`, `DELETE /issues/comments/{id}`.
pub(crate) fn one(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, id: &str, form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let id: u64 = id.parse().map_err(|_| answer::not_found(sim))?;
    let Some(row) = repo.comments.get(&id) else {
        // A line of the timeline has an id of the same sequence but is no plain comment.
        let line = repo.timeline.values().flatten().any(|entry| entry.id == id);
        let reason = json!([format!("comment does not exist [id: {id}, issue_id: 0]")]);
        return if line { Ok(answer::empty(204)) } else { Err(answer::missing(sim, &reason)) };
    };
    let comment = row.get().clone();
    let may = comment.author == cx.actor() || auth::access(sim, cx, repo) >= Access::Write;
    match method {
        "GET" => {
            let stale = sim.struck(cx) && sim.dice.hit(sim.faults.stale_get_pm);
            if stale {
                sim.history.stale();
            }
            let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
            let row = repo.comments.get(&id).ok_or_else(|| answer::not_found(sim))?;
            let shown = if stale { row.as_of(cx.now_ms - sim.faults.stale_get_ms) } else { Some(row.get()) };
            let shown = shown.ok_or_else(|| answer::not_found(sim))?;
            Ok(answer::json(200, &wire::comment(sim, repo, shown)))
        }
        "PATCH" | "DELETE" if !may => Err(answer::empty(403)),
        "PATCH" => edit(sim, cx, repo_id, &comment, form),
        "DELETE" => delete(sim, cx, repo_id, &comment),
        _ => Err(answer::no_route(sim)),
    }
}

fn create(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, form: &Form) -> Reply {
    let body = text(sim, form)?;
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let issue = repo.issues.get(&number).ok_or_else(|| answer::not_found(sim))?.get();
    if repo.archived {
        return Err(answer::error(sim, 423, "repo is archived"));
    }
    if issue.locked && auth::access(sim, cx, repo) < Access::Write {
        return Err(answer::error(sim, 403, "issue is locked"));
    }
    let (before, body) = (issue.comments, sim.rewritten(cx, "comment", &body));
    let id = take(&mut sim.world.next.comment);
    let comment = Comment { id, number, author: cx.actor(), body, created: cx.sec, updated: cx.sec };
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.comments.insert(id, Dated::new(cx.now_ms, comment.clone()));
        repo.by_issue.entry(number).or_default().insert(id);
    }
    count(sim, cx, (repo_id, number), 1, true);
    sim.note_object(cx, (repo_id, number, Some(id)), "create", "comment", history::comment_value(&comment));
    emit::comment(sim, cx, repo_id, &comment, "created", None, before);
    show(sim, repo_id, &comment, 201)
}

fn edit(sim: &mut Sim, cx: &Cx, repo_id: u64, comment: &Comment, form: &Form) -> Reply {
    let body = text(sim, form)?;
    if sim.world.repos.get(&repo_id).is_some_and(|repo| repo.archived) {
        return Err(answer::error(sim, 423, "repo is archived"));
    }
    let body = sim.rewritten(cx, "comment", &body);
    let (same, gitea) = (body == comment.body, sim.config.flavour == Flavour::Gitea);
    if (same && gitea) || sim.refuses(cx, "comment") {
        return show(sim, repo_id, comment, 200);
    }
    let mut edited = comment.clone();
    edited.body = body;
    edited.updated = cx.sec;
    let keep = sim.faults.needs_past();
    if let Some(row) = sim.world.repos.get_mut(&repo_id).and_then(|repo| repo.comments.get_mut(&comment.id)) {
        *row.edit(cx.now_ms, keep) = edited.clone();
    }
    let login = sim.world.login(cx.actor()).to_owned();
    let spot = Spot {
        at_ms: cx.now_ms,
        request: cx.request,
        user: (cx.actor(), &login),
        repo_id,
        number: comment.number,
        comment_id: Some(comment.id),
    };
    sim.history.edit(&spot, "body", json!(comment.body), json!(edited.body));
    let total = sim.world.repos.get(&repo_id).and_then(|repo| repo.issues.get(&comment.number));
    let total = total.map_or(0, |row| row.get().comments);
    emit::comment(sim, cx, repo_id, &edited, "edited", Some(&comment.body), total);
    show(sim, repo_id, &edited, 200)
}

fn delete(sim: &mut Sim, cx: &Cx, repo_id: u64, comment: &Comment) -> Reply {
    let Some(repo) = sim.world.repos.get_mut(&repo_id) else { return Err(answer::empty(404)) };
    let before = repo.issues.get(&comment.number).map_or(0, |row| row.get().comments);
    repo.comments.remove(&comment.id);
    if let Some(ids) = repo.by_issue.get_mut(&comment.number) {
        ids.remove(&comment.id);
    }
    let bump = sim.config.flavour == Flavour::Forgejo;
    count(sim, cx, (repo_id, comment.number), -1, bump);
    let at = (repo_id, comment.number, Some(comment.id));
    sim.note_object(cx, at, "delete", "comment", history::comment_value(comment));
    emit::comment(sim, cx, repo_id, comment, "deleted", None, before);
    Ok(answer::empty(204))
}

fn show(sim: &Sim, repo_id: u64, comment: &Comment, status: u16) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    Ok(answer::json(status, &wire::comment(sim, repo, comment)))
}

fn count(sim: &mut Sim, cx: &Cx, (repo_id, number): (u64, u64), step: i64, bump: bool) {
    let sec = cx.sec;
    sim.edit_issue(cx, repo_id, number, false, |issue| {
        issue.comments = issue.comments.saturating_add_signed(step);
        if bump {
            issue.updated = sec;
        }
    });
}

fn text(sim: &Sim, form: &Form) -> Result<String, Response> {
    let body = form.get("body").and_then(Value::as_str).filter(|body| !body.is_empty());
    body.map(str::to_owned).ok_or_else(|| answer::error(sim, 422, "[Body]: Required"))
}

/// The comment as a list shows it: the past, when lists are stale.
fn seen<'a>(sim: &Sim, cx: &Cx, row: &'a Dated<Comment>) -> Option<&'a Comment> {
    if sim.faults.stale_list_ms > 0 && sim.struck(cx) {
        return row.as_of(cx.now_ms - sim.faults.stale_list_ms);
    }
    Some(row.get())
}

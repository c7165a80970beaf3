//! Milestone definitions. Titles are not unique, and no change of one is announced or moves an issue.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::route::Form;
use crate::gitea::{auth, page, wire};
use crate::sim::{Cx, Sim};
use crate::world::{Milestone, take};

/// A milestone as it is set up with a repository.
pub(crate) fn definition(id: u64, title: &str, sec: i64) -> Milestone {
    let description = String::new();
    Milestone { id, title: title.to_owned(), description, closed_at: None, due: None, created: sec, updated: sec }
}

/// Everything below `/milestones`.
pub(crate) fn route(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, rest: &[&str], form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if method != "GET" && auth::access(sim, cx, repo) < Access::Write {
        return Err(answer::error(sim, 403, "user should have a permission to write to the repository"));
    }
    let found = rest.first().and_then(|id| {
        let of_id = id.parse::<u64>().ok().and_then(|id| repo.milestones.get(&id));
        of_id.or_else(|| repo.milestones.values().find(|row| row.title == **id)).cloned()
    });
    match (method, rest) {
        ("GET", []) => {
            let wanted = cx.param("state").unwrap_or("all");
            let name = cx.param("name").map(str::to_lowercase);
            let rows = repo.milestones.values().filter(|row| match wanted {
                "open" => row.closed_at.is_none(),
                "closed" => row.closed_at.is_some(),
                _ => true,
            });
            let rows = rows.filter(|row| name.as_ref().is_none_or(|name| row.title.to_lowercase().contains(name)));
            let rows: Vec<&Milestone> = rows.collect();
            let shown = page::cut(&rows, page::of(cx));
            let values: Vec<_> = shown.iter().map(|row| wire::milestone(repo, row)).collect();
            Ok(answer::total(answer::json(200, &values), rows.len()))
        }
        ("POST", []) => create(sim, cx, repo_id, form),
        ("GET", [_]) => {
            let row = found.ok_or_else(|| answer::not_found(sim))?;
            Ok(answer::json(200, &wire::milestone(repo, &row)))
        }
        ("PATCH", [_]) => {
            let row = found.ok_or_else(|| answer::not_found(sim))?;
            let row = edited(sim.config.flavour, cx, row, form);
            store(sim, repo_id, &row, 200)
        }
        ("DELETE", [_]) => {
            let row = found.ok_or_else(|| answer::not_found(sim))?;
            delete(sim, cx, repo_id, &row);
            Ok(answer::empty(204))
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn create(sim: &mut Sim, cx: &Cx, repo_id: u64, form: &Form) -> Reply {
    let title = form.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
    let title = title.ok_or_else(|| answer::error(sim, 422, "[Title]: Required"))?.to_owned();
    let id = take(&mut sim.world.next.milestone);
    let row = edited(Flavour::Gitea, cx, definition(id, &title, cx.sec), form);
    let value = json!({ "id": id, "title": row.title });
    sim.note_object(cx, (repo_id, 0, None), "create", "milestone", value);
    store(sim, repo_id, &row, 201)
}

fn edited(flavour: Flavour, cx: &Cx, mut row: Milestone, form: &Form) -> Milestone {
    let text = |name: &str| form.get(name).and_then(Value::as_str);
    if let Some(title) = text("title").filter(|title| !title.is_empty()) {
        title.clone_into(&mut row.title);
    }
    if let Some(description) = text("description") {
        description.clone_into(&mut row.description);
    }
    match text("state") {
        Some("closed") => row.closed_at = row.closed_at.or(Some(cx.sec)),
        Some(_) => row.closed_at = None,
        None => {}
    }
    let due = text("due_on").and_then(crate::time::parse);
    // Gitea clears the date when it is left out; Forgejo keeps it and cannot clear it.
    if due.is_some() || flavour == Flavour::Gitea {
        row.due = due;
    }
    row.updated = cx.sec;
    row
}

fn store(sim: &mut Sim, repo_id: u64, row: &Milestone, status: u16) -> Reply {
    let Some(repo) = sim.world.repos.get_mut(&repo_id) else { return Err(answer::empty(404)) };
    repo.milestones.insert(row.id, row.clone());
    Ok(answer::json(status, &wire::milestone(repo, row)))
}

fn delete(sim: &mut Sim, cx: &Cx, repo_id: u64, row: &Milestone) {
    let bearers: Vec<u64> = sim.world.repos.get(&repo_id).map_or_else(Vec::new, |repo| {
        let of = |issue: &&crate::world::Dated<crate::world::Issue>| issue.get().milestone == Some(row.id);
        repo.issues.values().filter(of).map(|issue| issue.get().number).collect()
    });
    for number in bearers {
        sim.edit_issue(cx, repo_id, number, false, |issue| issue.milestone = None);
    }
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.milestones.remove(&row.id);
    }
    let value = json!({ "id": row.id, "title": row.title });
    sim.note_object(cx, (repo_id, 0, None), "delete", "milestone", value);
}

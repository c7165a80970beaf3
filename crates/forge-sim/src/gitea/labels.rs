//! Label definitions. Names are not unique, and no change of a definition is announced or moves an issue.

use serde_json::{Value, json};

use crate::config::Access;
use crate::gitea::answer::{self, Reply};
use crate::gitea::route::Form;
use crate::gitea::{auth, page, wire};
use crate::history::{self, Spot};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::{Label, take};

/// A definition as it is set up with a repository.
pub(crate) fn definition(id: u64, name: &str) -> Label {
    let color = "ee0701".to_owned();
    Label { id, name: name.to_owned(), color, description: String::new(), exclusive: false, archived: false }
}

/// Everything below `/labels`.
pub(crate) fn route(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, rest: &[&str], form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if method != "GET" && auth::access(sim, cx, repo) < Access::Write {
        return Err(answer::error(sim, 403, "user should have a permission to write to the repository"));
    }
    let found = rest.first().and_then(|id| {
        let of_id = id.parse::<u64>().ok().and_then(|id| repo.labels.get(&id));
        of_id.or_else(|| repo.labels.values().find(|label| label.name == **id)).cloned()
    });
    match (method, rest) {
        ("GET", []) => {
            let mut rows: Vec<&Label> = repo.labels.values().collect();
            rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
            let shown = if cx.param("page").is_some() { page::cut(&rows, page::of(cx)) } else { &rows };
            let values: Vec<_> = shown.iter().map(|row| wire::label(sim, repo, row)).collect();
            Ok(answer::total(answer::json(200, &values), rows.len()))
        }
        ("POST", []) => create(sim, cx, repo_id, form),
        ("GET", [_]) => {
            let label = found.ok_or_else(|| answer::not_found(sim))?;
            Ok(answer::json(200, &wire::label(sim, repo, &label)))
        }
        ("PATCH", [_]) => {
            let label = found.ok_or_else(|| answer::not_found(sim))?;
            edit(sim, cx, repo_id, label, form)
        }
        ("DELETE", [_]) => {
            if let Some(label) = found {
                delete(sim, cx, repo_id, &label);
            }
            Ok(answer::empty(204))
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn create(sim: &mut Sim, cx: &Cx, repo_id: u64, form: &Form) -> Reply {
    let name = form.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| answer::error(sim, 422, "[Name]: Required"))?.to_owned();
    let color = color(sim, form)?.ok_or_else(|| answer::error(sim, 422, "[Color]: Required"))?;
    let id = take(&mut sim.world.next.label);
    let description = form.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |name: &str| form.get(name).and_then(Value::as_bool).unwrap_or_default();
    let label = Label { id, name, color, description, exclusive: flag("exclusive"), archived: flag("is_archived") };
    let value = json!({ "id": id, "name": label.name });
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.labels.insert(id, label.clone());
    }
    sim.note_object(cx, (repo_id, 0, None), "create", "label", value);
    show(sim, repo_id, &label, 201)
}

fn edit(sim: &mut Sim, cx: &Cx, repo_id: u64, mut label: Label, form: &Form) -> Reply {
    if let Some(color) = color(sim, form)? {
        label.color = color;
    }
    let text = |name: &str| form.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = text("name").filter(|name| !name.is_empty()) {
        label.name = name;
    }
    if let Some(description) = text("description") {
        label.description = description;
    }
    if let Some(exclusive) = form.get("exclusive").and_then(Value::as_bool) {
        label.exclusive = exclusive;
    }
    // Left out means false: an edit of the colour un-archives.
    label.archived = form.get("is_archived").and_then(Value::as_bool).unwrap_or_default();
    redefine(sim, cx, repo_id, label.id, Some(&label));
    show(sim, repo_id, &label, 200)
}

fn delete(sim: &mut Sim, cx: &Cx, repo_id: u64, label: &Label) {
    redefine(sim, cx, repo_id, label.id, None);
    let value = json!({ "id": label.id, "name": label.name });
    sim.note_object(cx, (repo_id, 0, None), "delete", "label", value);
}

/// Replaces or removes a definition and notes what that does to every issue that bears it.
fn redefine(sim: &mut Sim, cx: &Cx, repo_id: u64, id: u64, label: Option<&Label>) {
    let login = sim.world.login(cx.actor()).to_owned();
    let Some(repo) = sim.world.repos.get_mut(&repo_id) else { return };
    let bearers: Vec<u64> =
        repo.issues.iter().filter(|(_, row)| row.get().labels.contains(&id)).map(|(number, _)| *number).collect();
    let names = |repo: &crate::world::Repo, number: &u64| {
        let row = repo.issues.get(number).map(crate::world::Dated::get);
        row.map_or(Value::Null, |issue| history::fields(repo, issue)[3].1.clone())
    };
    let before: Vec<Value> = bearers.iter().map(|number| names(repo, number)).collect();
    if let Some(label) = label {
        repo.labels.insert(id, label.clone());
    } else {
        repo.labels.remove(&id);
        for number in &bearers {
            if let Some(row) = repo.issues.get_mut(number) {
                row.edit(cx.now_ms, false).labels.retain(|known| *known != id);
            }
        }
    }
    for (number, old) in bearers.iter().zip(before) {
        let user = (cx.actor(), login.as_str());
        let spot = Spot { at_ms: cx.now_ms, request: cx.request, user, repo_id, number: *number, comment_id: None };
        sim.history.edit(&spot, "labels", old, names(repo, number));
    }
}

fn show(sim: &Sim, repo_id: u64, label: &Label, status: u16) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    Ok(answer::json(status, &wire::label(sim, repo, label)))
}

/// The colour as six lower-case digits; `#abc` and `abc` are read too.
fn color(sim: &Sim, form: &Form) -> Result<Option<String>, Response> {
    let Some(text) = form.get("color").and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    let digits = text.trim_start_matches('#').to_lowercase();
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (hex, digits.len()) {
        (true, 6) => Ok(Some(digits)),
        (true, 3) => Ok(Some(digits.chars().flat_map(|digit| [digit, digit]).collect())),
        _ => Err(answer::error(sim, 422, &format!("invalid color format: {text}"))),
    }
}

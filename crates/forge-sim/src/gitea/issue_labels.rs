//! Labels on an issue: add, replace, remove, clear; one `label_updated` per call, changed or not.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::emit::{self, Event};
use crate::gitea::route::Form;
use crate::gitea::wire::{self, Wrong};
use crate::gitea::{auth, timeline};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::Repo;

/// Everything below `/issues/{n}/labels`.
pub(crate) fn route(
    sim: &mut Sim,
    cx: &Cx,
    method: &str,
    repo_id: u64,
    number: u64,
    rest: &[&str],
    form: &Form,
) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let held = repo.issues.get(&number).ok_or_else(|| answer::not_found(sim))?.get().labels.clone();
    if method == "GET" && rest.is_empty() {
        return show(sim, repo_id, number);
    }
    if auth::access(sim, cx, repo) < Access::Write {
        return Err(answer::empty(403));
    }
    let at = (repo_id, number);
    match (method, rest) {
        ("POST", []) => {
            let named = named(sim, repo, form)?;
            change(sim, cx, at, with_added(repo, &held, &named));
            emit::issue(sim, cx, at, &Event::Labels, &Wrong::default());
            show(sim, repo_id, number)
        }
        ("PUT", []) => {
            let named = named(sim, repo, form)?;
            change(sim, cx, at, with_added(repo, &[], &named));
            // Gitea's snapshot forgets the labels it has just set.
            let labels = (sim.config.flavour == Flavour::Gitea).then(Vec::new);
            emit::issue(sim, cx, at, &Event::Labels, &Wrong { labels, ..Wrong::default() });
            show(sim, repo_id, number)
        }
        ("DELETE", []) => {
            change(sim, cx, at, Vec::new());
            // The snapshot still bears the labels.
            emit::issue(sim, cx, at, &Event::Cleared, &Wrong { labels: Some(held), ..Wrong::default() });
            Ok(answer::empty(204))
        }
        ("DELETE", [id]) => {
            let id = id.parse::<u64>().ok().filter(|id| repo.labels.contains_key(id));
            let id = id.ok_or_else(|| answer::error(sim, 422, "label does not exist [label_id: 0]"))?;
            change(sim, cx, at, held.into_iter().filter(|known| *known != id).collect());
            emit::issue(sim, cx, at, &Event::Labels, &Wrong::default());
            Ok(answer::empty(204))
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn show(sim: &Sim, repo_id: u64, number: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let row = repo.issues.get(&number).ok_or_else(|| answer::not_found(sim))?;
    Ok(answer::json(200, &wire::labels_of(sim, repo, &row.get().labels)))
}

/// The definitions that the form names, by id or by name; unknown ones are dropped without a word.
fn named(sim: &Sim, repo: &Repo, form: &Form) -> Result<Vec<u64>, Response> {
    let list = form.get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
    let (names, ids): (Vec<&Value>, Vec<&Value>) = list.iter().partition(|value| value.is_string());
    if !names.is_empty() && sim.config.flavour == Flavour::Forgejo {
        return Err(answer::error(sim, 422, "json: cannot unmarshal string into Go value of type int64"));
    }
    if !names.is_empty() && !ids.is_empty() {
        return Err(answer::error(sim, 400, "labels should be an array of strings or integers"));
    }
    let mut found: Vec<u64> =
        ids.iter().filter_map(|id| id.as_u64()).filter(|id| repo.labels.contains_key(id)).collect();
    for name in names.iter().filter_map(|name| name.as_str()) {
        // Where several definitions bear the name, the issue gets them all.
        found.extend(repo.labels.values().filter(|label| label.name == name).map(|label| label.id));
    }
    Ok(found)
}

/// The held labels and the added ones; an exclusive label drives out others of its scope, the later wins.
fn with_added(repo: &Repo, held: &[u64], added: &[u64]) -> Vec<u64> {
    let scope = |id: u64| {
        let label = repo.labels.get(&id).filter(|label| label.exclusive)?;
        label.name.rsplit_once('/').map(|(scope, _)| scope.to_owned())
    };
    let mut labels = held.to_vec();
    for id in added {
        if labels.contains(id) {
            continue;
        }
        if let Some(mine) = scope(*id) {
            labels.retain(|other| scope(*other).as_ref() != Some(&mine));
        }
        labels.push(*id);
    }
    labels
}

fn change(sim: &mut Sim, cx: &Cx, (repo_id, number): (u64, u64), wanted: Vec<u64>) {
    if sim.refuses(cx, "labels") {
        return;
    }
    let Some(repo) = sim.world.repos.get(&repo_id) else { return };
    let Some(row) = repo.issues.get(&number) else { return };
    let held = row.get().labels.clone();
    let line = |id: &u64, body: &str| {
        let label = repo.labels.get(id).map(|label| wire::label(sim, repo, label));
        json!({ "label": label, "body": body })
    };
    let gone = held.iter().filter(|id| !wanted.contains(id)).map(|id| line(id, ""));
    let come = wanted.iter().filter(|id| !held.contains(id)).map(|id| line(id, "1"));
    let lines: Vec<Value> = gone.chain(come).collect();
    if lines.is_empty() {
        return;
    }
    let sec = cx.sec;
    sim.edit_issue(cx, repo_id, number, true, |issue| {
        issue.labels = wanted;
        issue.updated = sec;
    });
    for more in lines {
        timeline::note(sim, cx, repo_id, number, "label", more);
    }
}

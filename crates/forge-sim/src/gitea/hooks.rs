//! Hooks and their traps: inactive unless told, `push` unless told, a PATCH that resets what it leaves out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::auth;
use crate::gitea::route::Form;
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::time::rfc3339;
use crate::world::{Hook, take};

/// Everything below `/hooks`.
pub(crate) fn route(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, rest: &[&str], form: &Form) -> Reply {
    auth::signed_in(sim, cx)?;
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if auth::access(sim, cx, repo) < Access::Admin {
        return Err(answer::error(sim, 403, auth::NO_ADMIN));
    }
    let found = rest.first().and_then(|id| id.parse::<u64>().ok()).and_then(|id| repo.hooks.get(&id)).cloned();
    let flavour = sim.config.flavour;
    match (method, rest) {
        ("GET", []) => {
            let values: Vec<Value> = repo.hooks.values().map(|hook| wire(flavour, hook)).collect();
            Ok(answer::total(answer::json(200, &json!(values)), values.len()))
        }
        ("POST", []) => create(sim, cx, repo_id, form),
        (_, [_]) => {
            let hook = found.ok_or_else(|| answer::not_found(sim))?;
            one(sim, cx, method, repo_id, hook, form)
        }
        ("POST", [_, "tests"]) => found.map(|_| answer::empty(204)).ok_or_else(|| answer::not_found(sim)),
        _ => Err(answer::no_route(sim)),
    }
}

fn create(sim: &mut Sim, cx: &Cx, repo_id: u64, form: &Form) -> Reply {
    let config = form.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    let part = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let refuse = |message: &str| Err(answer::error(sim, 422, message));
    let kind = form.get("type").and_then(Value::as_str).unwrap_or_default();
    let forgejo = sim.config.flavour == Flavour::Forgejo;
    if !(matches!(kind, "gitea" | "gogs") || (forgejo && kind == "forgejo")) {
        return refuse(&format!("Invalid hook type: {kind}"));
    }
    if part("url").is_empty() {
        return refuse("Missing config option: url");
    }
    if !matches!(part("content_type").as_str(), "json" | "form") {
        return refuse("Invalid content type");
    }
    if forgejo && url::Url::parse(&part("url")).is_err() {
        return refuse("Invalid url");
    }
    let hook = Hook {
        id: take(&mut sim.world.next.hook),
        kind: kind.to_owned(),
        url: part("url"),
        content_type: part("content_type"),
        secret: part("secret"),
        active: form.get("active").and_then(Value::as_bool).unwrap_or(false),
        events: events(sim.config.flavour, form),
        branch_filter: text(form, "branch_filter"),
        authorization_header: text(form, "authorization_header"),
        created: cx.sec,
        updated: cx.sec,
    };
    store(sim, repo_id, hook, 201)
}

fn one(sim: &mut Sim, cx: &Cx, method: &str, repo_id: u64, mut hook: Hook, form: &Form) -> Reply {
    match method {
        "GET" => Ok(answer::json(200, &wire(sim.config.flavour, &hook))),
        "PATCH" => {
            let config = form.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
            let part = |name: &str| config.get(name).and_then(Value::as_str).map(str::to_owned);
            // A new secret in `config` is ignored.
            hook.url = part("url").unwrap_or(hook.url);
            hook.content_type = part("content_type").unwrap_or(hook.content_type);
            hook.active = form.get("active").and_then(Value::as_bool).unwrap_or(hook.active);
            hook.events = events(sim.config.flavour, form);
            hook.branch_filter = text(form, "branch_filter");
            hook.authorization_header = text(form, "authorization_header");
            hook.updated = cx.sec;
            store(sim, repo_id, hook, 200)
        }
        "DELETE" => {
            if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
                repo.hooks.remove(&hook.id);
            }
            Ok(answer::empty(204))
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn store(sim: &mut Sim, repo_id: u64, hook: Hook, status: u16) -> Result<Response, Response> {
    let response = answer::json(status, &wire(sim.config.flavour, &hook));
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.hooks.insert(hook.id, hook);
    }
    Ok(response)
}

fn text(form: &Form, name: &str) -> String {
    form.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The event types of a form; none means `push`.
fn events(flavour: Flavour, form: &Form) -> BTreeSet<&'static str> {
    const PLAIN: [&str; 9] =
        ["push", "create", "delete", "fork", "release", "repository", "issue_assign", "issue_label", "issue_milestone"];
    let mut types = BTreeSet::new();
    for name in form.get("events").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        match name {
            "issues" => types.extend(["issues", "issue_assign", "issue_label", "issue_milestone", "issue_comment"]),
            "issues_only" => types.extend(["issues"]),
            "issue_comment" => types.extend(["issue_comment"]),
            "pull_request" => types.extend(reviews(flavour).iter().copied().chain([
                "pull_request",
                "pull_request_assign",
                "pull_request_label",
                "pull_request_milestone",
                "pull_request_comment",
                "pull_request_sync",
                "pull_request_review_request",
            ])),
            "pull_request_comment" => types.extend(["pull_request_comment"]),
            other => types.extend(PLAIN.iter().find(|known| **known == other)),
        }
    }
    if types.is_empty() {
        types.insert("push");
    }
    types
}

/// The event types of a review, which the two products name apart.
fn reviews(flavour: Flavour) -> &'static [&'static str] {
    match flavour {
        Flavour::Gitea => &["pull_request_review"],
        Flavour::Forgejo => {
            &["pull_request_review_approved", "pull_request_review_rejected", "pull_request_review_comment"]
        }
    }
}

/// A hook without its secret.
fn wire(flavour: Flavour, hook: &Hook) -> Value {
    let mut value = json!({ "id": hook.id, "type": hook.kind, "branch_filter": hook.branch_filter,
        "config": { "url": hook.url, "content_type": hook.content_type }, "events": hook.events,
        "authorization_header": hook.authorization_header, "active": hook.active,
        "updated_at": rfc3339(hook.updated), "created_at": rfc3339(hook.created) });
    if flavour == Flavour::Forgejo {
        value["url"] = json!(hook.url);
        value["content_type"] = json!(hook.content_type);
        value["metadata"] = Value::Null;
    }
    value
}

//! From method and path to the handler, through the gates: content type, scope, redirect, visibility, unit.

use std::borrow::Cow;

use percent::decode;
use serde_json::{Map, Value};

use crate::config::Flavour;
use crate::gitea::answer::{self, Reply};
use crate::gitea::{
    auth, comments, hooks, issue_create, issue_edit, issue_labels, issue_more, issue_read, labels, milestones, repos,
    timeline, users,
};
use crate::http::{Request, Response};
use crate::sim::{Cx, Sim};
use crate::world::Place;

/// The JSON object of a request, empty when there was no body.
pub(crate) type Form = Map<String, Value>;

/// Answers a request of a known (or no) user.
pub(crate) fn route(sim: &mut Sim, cx: &Cx, request: &Request) -> Reply {
    let decoded: Vec<Cow<'_, str>> = request.path.trim_matches('/').split('/').map(decode).collect();
    let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    let method = request.method.as_str();
    let forgejo = sim.config.flavour == Flavour::Forgejo;
    let rest = match segments.as_slice() {
        ["api", "healthz"] => return Ok(answer::json(200, &serde_json::json!({"status": "pass"}))),
        ["api", "forgejo", "v1", "version"] if forgejo => return Ok(users::version(sim)),
        ["api", "v1", rest @ ..] => rest,
        _ => return Err(answer::no_route(sim)),
    };
    let form = form(sim, request)?;
    match (method, rest) {
        ("GET", ["version"]) => Ok(users::version(sim)),
        ("GET", ["settings", "api"]) => Ok(users::api_settings(sim)),
        ("GET", ["user"]) => users::myself(sim, cx),
        ("POST", ["user", "repos"]) => repos::create(sim, cx, None, &form),
        ("POST", ["admin", "users", login, "repos"]) => repos::create(sim, cx, Some(login), &form),
        ("GET", ["users", "search"]) => users::search(sim, cx),
        ("GET", ["users", login]) => users::get(sim, login),
        ("GET", ["repositories", id]) => repos::by_id(sim, cx, id),
        (_, ["repos", owner, name, rest @ ..]) => {
            let repo = find(sim, cx, owner, name)?;
            in_repo(sim, cx, method, repo, rest, &form)
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn in_repo(sim: &mut Sim, cx: &Cx, method: &str, repo: u64, rest: &[&str], form: &Form) -> Reply {
    sim.history.about(repo);
    let writes = method != "GET";
    let category = match rest.first() {
        Some(&("issues" | "labels" | "milestones")) => "issue",
        _ => "repository",
    };
    auth::scope(sim, cx, category, writes)?;
    if writes {
        auth::signed_in(sim, cx)?;
    }
    if writes || !sim.faults.reads_are_plain() {
        return of_repo(sim, cx, method, repo, rest, form);
    }
    let changes = sim.world.changes();
    if let Some(answer) = sim.kept.get(changes, cx.user, &cx.target) {
        return Ok(answer);
    }
    let reply = of_repo(sim, cx, method, repo, rest, form);
    if let Ok(answer) = &reply
        && sim.world.changes() == changes
    {
        sim.kept.put(cx.user, &cx.target, answer);
    }
    reply
}

fn of_repo(sim: &mut Sim, cx: &Cx, method: &str, repo: u64, rest: &[&str], form: &Form) -> Reply {
    match (method, rest) {
        ("GET", []) => Ok(repos::get(sim, cx, repo)),
        ("PATCH", []) => repos::edit(sim, cx, repo, form),
        ("DELETE", []) => repos::delete(sim, cx, repo),
        ("GET", ["assignees"]) => Ok(repos::assignees(sim, repo)),
        ("GET", ["collaborators"]) => Ok(repos::collaborators(sim, repo)),
        ("GET", ["collaborators", login]) => repos::collaborator(sim, repo, login),
        ("PUT", ["collaborators", login]) => repos::add_collaborator(sim, cx, repo, login, form),
        ("DELETE", ["collaborators", login]) => repos::remove_collaborator(sim, cx, repo, login),
        (_, ["hooks", rest @ ..]) => hooks::route(sim, cx, method, repo, rest, form),
        (_, ["labels", rest @ ..]) => labels::route(sim, cx, method, repo, rest, form),
        (_, ["milestones", rest @ ..]) => milestones::route(sim, cx, method, repo, rest, form),
        (_, ["issues", rest @ ..]) => {
            if !sim.world.repos.get(&repo).is_some_and(|repo| repo.has_issues) {
                return Err(answer::not_found(sim));
            }
            in_issues(sim, cx, method, repo, rest, form)
        }
        _ => Err(answer::no_route(sim)),
    }
}

fn in_issues(sim: &mut Sim, cx: &Cx, method: &str, repo: u64, rest: &[&str], form: &Form) -> Reply {
    match (method, rest) {
        ("GET", []) => return issue_read::list(sim, cx, repo),
        ("POST", []) => return issue_create::create(sim, cx, repo, form),
        ("GET", ["comments"]) => return comments::list_all(sim, cx, repo),
        (_, ["comments", id]) => return comments::one(sim, cx, method, repo, id, form),
        (_, [number, "comments"]) => return comments::of_issue(sim, cx, method, repo, number, form),
        (_, [number, "comments", id]) if number.parse::<u64>().is_ok() => {
            return comments::one(sim, cx, method, repo, id, form);
        }
        _ => {}
    }
    let [number, rest @ ..] = rest else { return Err(answer::no_route(sim)) };
    // Forgejo 7.0.0 has no such route, and says so of an issue that is not there as well.
    if sim.config.flavour == Flavour::Forgejo && rest == ["lock"] {
        return Err(answer::no_route(sim));
    }
    let number = issue_read::find(sim, repo, number)?;
    match (method, rest) {
        ("GET", []) => issue_read::get(sim, cx, repo, number),
        ("PATCH", []) => issue_edit::edit(sim, cx, repo, number, form),
        ("DELETE", []) => issue_more::delete(sim, cx, repo, number),
        ("POST", ["deadline"]) => issue_more::deadline(sim, cx, repo, number, form),
        ("PUT", ["lock"]) => issue_more::lock(sim, cx, repo, number, Some(form)),
        ("DELETE", ["lock"]) => issue_more::lock(sim, cx, repo, number, None),
        ("GET", ["timeline"]) => timeline::list(sim, cx, repo, number),
        (_, ["labels", rest @ ..]) => issue_labels::route(sim, cx, method, repo, number, rest, form),
        _ => Err(answer::no_route(sim)),
    }
}

fn find(sim: &Sim, cx: &Cx, owner: &str, name: &str) -> Result<u64, Response> {
    let key = format!("{owner}/{name}").to_lowercase();
    let place = sim.world.paths.get(&key).copied().ok_or_else(|| answer::not_found(sim))?;
    let (Place::Repo(id) | Place::MovedTo(id)) = place;
    let repo = sim.world.repos.get(&id).ok_or_else(|| answer::not_found(sim))?;
    if let Place::MovedTo(_) = place {
        let status = if sim.config.flavour == Flavour::Forgejo { 307 } else { 301 };
        let tail = cx.target.trim_start_matches("/api/v1/repos/").splitn(3, '/').nth(2);
        let tail = tail.map_or_else(String::new, |tail| format!("/{tail}"));
        let location = format!("/api/v1/repos/{}{tail}", sim.world.path(repo));
        return Err(answer::redirect(status, location));
    }
    sim.world.access(repo, cx.user).map(|_| id).ok_or_else(|| answer::not_found(sim))
}

fn form(sim: &Sim, request: &Request) -> Result<Form, Response> {
    if !matches!(request.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") || request.body.is_empty() {
        return Ok(Form::new());
    }
    match request.header("Content-Type") {
        None => return Err(answer::error(sim, 422, "Empty Content-Type")),
        Some(kind) if !kind.contains("json") => return Err(answer::error(sim, 422, "Unsupported Content-Type")),
        Some(_) => {}
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(form)) => Ok(form),
        Ok(_) => Err(answer::error(sim, 422, "json: cannot unmarshal into Go value")),
        Err(error) => Err(answer::error(sim, 422, &error.to_string())),
    }
}

mod percent {
    use std::borrow::Cow;

    /// A path segment without its percent escapes.
    pub(super) fn decode(segment: &str) -> Cow<'_, str> {
        if !segment.contains('%') {
            return Cow::Borrowed(segment);
        }
        let mut bytes = Vec::with_capacity(segment.len());
        let raw = segment.as_bytes();
        let mut index = 0;
        while index < raw.len() {
            let escape = (raw[index] == b'%')
                .then(|| segment.get(index + 1..index + 3))
                .flatten()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.push(escape.unwrap_or(raw[index]));
            index += if escape.is_some() { 3 } else { 1 };
        }
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }
}

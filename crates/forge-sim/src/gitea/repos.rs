//! Repositories: read, make, rename, hide, archive, switch issues off, delete; and who may do what there.

use serde_json::Value;

use crate::config::{Access, RepoSpec};
use crate::gitea::answer::{self, Reply};
use crate::gitea::route::Form;
use crate::gitea::{auth, wire, wire_repo};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::Place;

/// `GET /repos/{o}/{r}`.
pub(crate) fn get(sim: &Sim, cx: &Cx, repo_id: u64) -> Response {
    match sim.world.repos.get(&repo_id) {
        Some(repo) => answer::json(200, &wire_repo::repository(sim, repo, auth::access(sim, cx, repo))),
        None => answer::not_found(sim),
    }
}

/// `GET /repositories/{id}`: also finds one that was renamed.
pub(crate) fn by_id(sim: &Sim, cx: &Cx, id: &str) -> Reply {
    auth::scope(sim, cx, "repository", false)?;
    let repo = id.parse().ok().and_then(|id: u64| sim.world.repos.get(&id)).ok_or_else(|| answer::not_found(sim))?;
    let visible = sim.world.access(repo, cx.user).is_some();
    if visible { Ok(get(sim, cx, repo.id)) } else { Err(answer::not_found(sim)) }
}

/// `POST /user/repos`, or for another account as the server's administrator.
pub(crate) fn create(sim: &mut Sim, cx: &Cx, owner: Option<&str>, form: &Form) -> Reply {
    let actor = auth::signed_in(sim, cx)?;
    auth::scope(sim, cx, "repository", true)?;
    let admin = sim.world.users.get(&actor).is_some_and(|user| user.admin);
    if owner.is_some() && !admin {
        return Err(answer::empty(403));
    }
    let owner = owner.map_or_else(|| sim.world.login(actor).to_owned(), str::to_owned);
    let name = form.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| answer::error(sim, 422, "[Name]: Required"))?.to_owned();
    if matches!(sim.world.paths.get(&format!("{owner}/{name}").to_lowercase()), Some(Place::Repo(_))) {
        return Err(answer::error(sim, 409, "The repository with the same name already exists."));
    }
    let private = form.get("private").and_then(Value::as_bool).unwrap_or(false);
    let spec = RepoSpec { owner, name, private, labels: Vec::new(), milestones: Vec::new(), collaborators: Vec::new() };
    let id = sim.add_repo(cx.sec * 1000, &spec);
    let mut response = get(sim, cx, id);
    response.status = 201;
    Ok(response)
}

/// `PATCH /repos/{o}/{r}`: `name`, `private`, `archived`, `has_issues`.
pub(crate) fn edit(sim: &mut Sim, cx: &Cx, repo_id: u64, form: &Form) -> Reply {
    administered(sim, cx, repo_id)?;
    let flag = |name: &str| form.get(name).and_then(Value::as_bool);
    if let Some(name) = form.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        sim.rename_repo(repo_id, name);
    }
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.private = flag("private").unwrap_or(repo.private);
        repo.archived = flag("archived").unwrap_or(repo.archived);
        repo.has_issues = flag("has_issues").unwrap_or(repo.has_issues);
        repo.updated = cx.sec;
    }
    Ok(get(sim, cx, repo_id))
}

/// `DELETE /repos/{o}/{r}`.
pub(crate) fn delete(sim: &mut Sim, cx: &Cx, repo_id: u64) -> Reply {
    administered(sim, cx, repo_id)?;
    sim.world.repos.remove(&repo_id);
    sim.world.paths.retain(|_, place| !matches!(place, Place::Repo(id) | Place::MovedTo(id) if *id == repo_id));
    Ok(answer::empty(204))
}

/// `GET /repos/{o}/{r}/assignees`.
pub(crate) fn assignees(sim: &Sim, repo_id: u64) -> Response {
    let Some(repo) = sim.world.repos.get(&repo_id) else { return answer::not_found(sim) };
    let users = sim.world.users.values().filter(|user| sim.assignable(repo, &user.login).is_some());
    let values: Vec<_> = users.map(|user| wire::user(sim, user.id)).collect();
    answer::json(200, &values)
}

/// `GET /repos/{o}/{r}/collaborators`.
pub(crate) fn collaborators(sim: &Sim, repo_id: u64) -> Response {
    let Some(repo) = sim.world.repos.get(&repo_id) else { return answer::not_found(sim) };
    let values: Vec<_> = repo.access.keys().map(|id| wire::user(sim, *id)).collect();
    answer::total(answer::json(200, &values), values.len())
}

/// `GET /repos/{o}/{r}/collaborators/{login}`: 204 or 404.
pub(crate) fn collaborator(sim: &Sim, repo_id: u64, login: &str) -> Reply {
    let user = sim.world.user_of(login).map(|user| user.id);
    let known = sim.world.repos.get(&repo_id).zip(user).is_some_and(|(repo, user)| repo.access.contains_key(&user));
    if known { Ok(answer::empty(204)) } else { Err(answer::not_found(sim)) }
}

/// `PUT /repos/{o}/{r}/collaborators/{login}` with `permission`.
pub(crate) fn add_collaborator(sim: &mut Sim, cx: &Cx, repo_id: u64, login: &str, form: &Form) -> Reply {
    administered(sim, cx, repo_id)?;
    let user = sim.world.user_of(login).map(|user| user.id).ok_or_else(|| answer::not_found(sim))?;
    let access = match form.get("permission").and_then(Value::as_str) {
        Some("admin") => Access::Admin,
        Some("read") => Access::Read,
        _ => Access::Write,
    };
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.access.insert(user, access);
    }
    Ok(answer::empty(204))
}

/// `DELETE /repos/{o}/{r}/collaborators/{login}`.
pub(crate) fn remove_collaborator(sim: &mut Sim, cx: &Cx, repo_id: u64, login: &str) -> Reply {
    administered(sim, cx, repo_id)?;
    let user = sim.world.user_of(login).map(|user| user.id).ok_or_else(|| answer::not_found(sim))?;
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.access.remove(&user);
    }
    Ok(answer::empty(204))
}

fn administered(sim: &Sim, cx: &Cx, repo_id: u64) -> Result<(), Response> {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    if auth::access(sim, cx, repo) >= Access::Admin { Ok(()) } else { Err(answer::error(sim, 403, auth::NO_ADMIN)) }
}

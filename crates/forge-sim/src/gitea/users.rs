//! Server-wide answers: version, API settings, accounts.

use serde_json::json;

use crate::config::Flavour;
use crate::gitea::answer::{self, Reply};
use crate::gitea::{auth, page, wire};
use crate::http::Response;
use crate::sim::{Cx, Sim};

/// `GET /version`.
pub(crate) fn version(sim: &Sim) -> Response {
    answer::json(200, &json!({ "version": sim.config.version() }))
}

/// `GET /settings/api`.
pub(crate) fn api_settings(sim: &Sim) -> Response {
    let mut settings = json!({ "max_response_items": page::MOST, "default_paging_num": page::DEFAULT,
        "default_git_trees_per_page": 1000, "default_max_blob_size": 10_485_760 });
    if sim.config.flavour == Flavour::Gitea {
        settings["default_max_response_size"] = json!(104_857_600);
    }
    answer::json(200, &settings)
}

/// `GET /user`.
pub(crate) fn myself(sim: &Sim, cx: &Cx) -> Reply {
    let id = auth::signed_in(sim, cx)?;
    auth::scope(sim, cx, "user", false)?;
    Ok(answer::json(200, &wire::user(sim, id)))
}

/// `GET /users/{login}`.
pub(crate) fn get(sim: &Sim, login: &str) -> Reply {
    let user = sim.world.user_of(login).ok_or_else(|| answer::not_found(sim))?;
    Ok(answer::json(200, &wire::user(sim, user.id)))
}

/// `GET /users/search?q=`.
pub(crate) fn search(sim: &Sim, cx: &Cx) -> Reply {
    let wanted = cx.param("q").unwrap_or_default().to_lowercase();
    let uid = cx.param("uid").and_then(|text| text.parse::<u64>().ok());
    let found: Vec<_> = sim
        .world
        .users
        .values()
        .filter(|user| uid.map_or_else(|| user.login.to_lowercase().contains(&wanted), |uid| uid == user.id))
        .map(|user| wire::user(sim, user.id))
        .collect();
    let rows = page::cut(&found, page::of(cx)).to_vec();
    Ok(answer::total(answer::json(200, &json!({ "data": rows, "ok": true })), found.len()))
}

//! What a server can do, found by asking it rather than by its name.

use super::client::{at, repo};
use super::wire;
use crate::time::micros;
use issuesync_model::{CanonRules, Capabilities, Field, FieldSet, ListOrder, TitleUnit};
use issuesync_provider::{Method, Request, Response, Target};
use serde::Deserialize;
use serde_json::Value as Json;

/// The page size of a server that does not say.
const PAGE_SIZE: u32 = 50;
/// The longest title that both products keep whole.
const TITLE_MAX: usize = 255;

/// What Forgejo calls itself when its build was given no version: the other answer says more.
const FORGEJO_UNSET: &str = "1.0.0";

pub(super) fn probes(target: &Target) -> Vec<(&'static str, Request)> {
    let repo = repo(target);
    let mut forgejo = at(target, Method::Get, "", None);
    forgejo.url = format!("{}/api/forgejo/v1/version", target.base_url);
    vec![
        ("version", at(target, Method::Get, "/version", None)),
        ("forgejo", forgejo),
        ("settings", at(target, Method::Get, "/settings/api", None)),
        (
            "order",
            at(target, Method::Get, &format!("{repo}/issues?state=all&type=issues&sort=leastupdate&limit=50"), None),
        ),
        // Issue 0 never exists, so that this changes nothing: only whether the route exists is asked.
        ("lock", at(target, Method::Put, &format!("{repo}/issues/0/lock"), Some(&serde_json::json!({})))),
    ]
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct ApiSettings {
    max_response_items: u32,
}

pub(super) fn capabilities(answers: &[(&'static str, Response)]) -> Result<Capabilities, String> {
    let answer = |name: &str| answers.iter().find(|(known, _)| *known == name).map(|(_, response)| response);
    let version = version(answer("version"))?;
    let forgejo = answer("forgejo").and_then(body::<Version>);
    let is_forgejo = forgejo.is_some() || version.contains("+gitea-");
    let page_size = answer("settings")
        .and_then(body::<ApiSettings>)
        .map_or(PAGE_SIZE, |settings| settings.max_response_items.clamp(1, 50));
    let issues = answer("order").and_then(body::<Vec<Json>>).unwrap_or_default();
    let lock = answer("lock").is_some_and(has_route);
    let fields = if lock { FieldSet::all() } else { FieldSet::all().without(Field::Locked) };
    Ok(Capabilities {
        flavour: if is_forgejo { "forgejo" } else { "gitea" }.to_owned(),
        version: match forgejo {
            Some(forgejo) if forgejo.version != FORGEJO_UNSET => forgejo.version,
            _ => version,
        },
        canon: CanonRules {
            title_max: TITLE_MAX,
            title_unit: if is_forgejo { TitleUnit::Bytes } else { TitleUnit::Chars },
            label_fold: false,
            fields,
            reasons: false,
        },
        list_order: list_order(&issues),
        list_is_fresh: true,
        content_version: issues.iter().any(|issue| issue.get("content_version").is_some()),
        lock,
        delete_issue: true,
        page_size,
        reason_alone: true,
    })
}

fn body<T: serde::de::DeserializeOwned>(response: &Response) -> Option<T> {
    response.is_success().then(|| serde_json::from_slice(&response.body).ok()).flatten()
}

fn version(response: Option<&Response>) -> Result<String, String> {
    let response = response.ok_or("the tracker's version was not asked for")?;
    match (response.status, body::<Version>(response)) {
        (_, Some(version)) => Ok(version.version),
        (401, _) => Err("the tracker does not accept the token; make a new one".to_owned()),
        (403, _) => {
            Err("the tracker does not tell its version to this token; check the token and its scopes".to_owned())
        }
        (status, _) => Err(format!(
            "this address does not answer as Gitea or Forgejo does (status {status} for its version); check the URL"
        )),
    }
}

/// Both products answer JSON for a missing issue; a missing route is answered in plain text, or refused by its method.
/// A server that is ill just now says nothing: a lock that is not offered does less harm than one that cannot be set.
fn has_route(response: &Response) -> bool {
    match response.status {
        404 => serde_json::from_slice::<wire::ErrorBody<'_>>(&response.body).is_ok(),
        405 | 429 | 500..=599 => false,
        _ => true,
    }
}

/// Oldest change first only where the answer proves it: a list that is in order by its changes and would not be so newest issue first.
fn list_order(issues: &[Json]) -> ListOrder {
    let time = |issue: &Json, key: &str| issue.get(key).and_then(Json::as_str).and_then(micros);
    let updated: Vec<_> = issues.iter().map(|issue| time(issue, "updated_at")).collect();
    let created: Vec<_> = issues.iter().map(|issue| time(issue, "created_at")).collect();
    let ascending = updated.windows(2).all(|pair| pair[0] <= pair[1]);
    let newest_first = created.windows(2).all(|pair| pair[0] >= pair[1]);
    if ascending && !newest_first { ListOrder::UpdatedAsc } else { ListOrder::CreatedDesc }
}

//! Calls as HTTP requests.

use crate::time::rfc3339;
use issuesync_model::{Capabilities, Field, Fields, ListOrder, Value};
use issuesync_provider::{Call, Method, Request, Target};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

/// What stays as it is in a path segment and in a query value (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The events of a hook that tells everything the engine understands: Gitea expands the first two to their precise types.
pub(super) const HOOK_EVENTS: [&str; 2] = ["issues", "issue_comment"];

/// What follows a repository's name in the addresses of its pages, as people copy them.
const PAGES: [&str; 10] =
    ["issues", "pulls", "src", "milestones", "labels", "projects", "releases", "wiki", "settings", "activity"];

/// The tracker's root and `owner/name` of a repository page's address.
pub(super) fn split_url(text: &str) -> Option<(String, String)> {
    let url = url::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let mut segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    if let Some(page) = segments.iter().skip(2).position(|segment| PAGES.contains(segment)) {
        segments.truncate(page + 2);
    }
    let [prefix @ .., owner, name] = segments.as_slice() else { return None };
    let name = name.strip_suffix(".git").unwrap_or(name);
    // Nothing is named so, and an address with such a part would lead elsewhere.
    if matches!(name, "" | "." | "..") {
        return None;
    }
    let mut base = url.origin().ascii_serialization();
    for segment in prefix {
        base = format!("{base}/{segment}");
    }
    Some((base, format!("{owner}/{name}")))
}

/// A request under the API's root.
pub(super) fn at(target: &Target, method: Method, path: &str, body: Option<&Json>) -> Request {
    let mut headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        ("accept-language".to_owned(), "en".to_owned()),
        ("user-agent".to_owned(), concat!("issuesync/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("authorization".to_owned(), format!("token {}", target.token.reveal())),
    ];
    if method.writes() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Request {
        method,
        url: format!("{}/api/v1{path}", target.base_url),
        headers,
        body: body.map(|json| json.to_string().into_bytes()),
        allow_private_network: target.allow_private_network,
        allow_http: target.allow_http,
    }
}

/// The path of the repository.
pub(super) fn repo(target: &Target) -> String {
    let mut path = "/repos".to_owned();
    for segment in target.repo_path.split('/') {
        path.push('/');
        path.extend(utf8_percent_encode(segment, UNRESERVED));
    }
    path
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The one request of a call.
pub(super) fn request(target: &Target, capabilities: &Capabilities, call: &Call) -> Request {
    if call.writes() { write(target, call) } else { at(target, Method::Get, &read(target, capabilities, call), None) }
}

fn read(target: &Target, capabilities: &Capabilities, call: &Call) -> String {
    let repo = repo(target);
    let limit = capabilities.page_size;
    let since =
        |since_us: &Option<i64>| since_us.map(|us| format!("&since={}", encoded(&rfc3339(us)))).unwrap_or_default();
    match call {
        Call::Whoami => "/user".to_owned(),
        Call::RepositoryById => format!("/repositories/{}", target.repo_id),
        Call::Issue { number } => format!("{repo}/issues/{number}"),
        Call::Issues { since_us, page } => {
            let sort = if capabilities.list_order == ListOrder::UpdatedAsc { "&sort=leastupdate" } else { "" };
            format!("{repo}/issues?state=all&type=issues&limit={limit}&page={page}{sort}{}", since(since_us))
        }
        Call::Comment { id, .. } => format!("{repo}/issues/comments/{id}"),
        Call::Comments { since_us, page } => {
            format!("{repo}/issues/comments?limit={limit}&page={page}{}", since(since_us))
        }
        Call::CommentsOf { issue, .. } => format!("{repo}/issues/{issue}/comments"),
        Call::Labels { page } => format!("{repo}/labels?limit={limit}&page={page}"),
        Call::SharedLabels { page } => {
            let owner = target.repo_path.split('/').next().unwrap_or_default();
            format!("/orgs/{}/labels?limit={limit}&page={page}", encoded(owner))
        }
        Call::Milestones { page } => format!("{repo}/milestones?state=all&limit={limit}&page={page}"),
        Call::Assignables { .. } => format!("{repo}/assignees"),
        Call::History { issue, page } => format!("{repo}/issues/{issue}/timeline?limit={limit}&page={page}"),
        Call::Hooks { page } => format!("{repo}/hooks?limit={limit}&page={page}"),
        _ => repo,
    }
}

fn write(target: &Target, call: &Call) -> Request {
    let repo = repo(target);
    let send = |method, path: String, body: Option<Json>| at(target, method, &path, body.as_ref());
    match call {
        Call::CreateHook { url, secret } => {
            let config = json!({"url": url, "content_type": "json", "secret": secret.reveal()});
            let body =
                json!({"type": "gitea", "active": true, "events": HOOK_EVENTS, "branch_filter": "*", "config": config});
            send(Method::Post, format!("{repo}/hooks"), Some(body))
        }
        Call::MendHook { id, url } => {
            let config = json!({"url": url, "content_type": "json"});
            let body = json!({"active": true, "events": HOOK_EVENTS, "branch_filter": "*", "config": config});
            send(Method::Patch, format!("{repo}/hooks/{id}"), Some(body))
        }
        Call::DeleteHook { id } => send(Method::Delete, format!("{repo}/hooks/{id}"), None),
        Call::CreateLabel { name, colour } => {
            send(Method::Post, format!("{repo}/labels"), Some(json!({"name": name, "color": format!("#{colour}")})))
        }
        Call::CreateIssue { fields, labels, assignees } => {
            let mut body = scalars(fields);
            body.insert("labels".to_owned(), json!(labels));
            body.insert("assignees".to_owned(), json!(assignees));
            send(Method::Post, format!("{repo}/issues"), Some(Json::Object(body)))
        }
        Call::EditIssue { number, fields, assignees, content_version } => {
            let mut body = scalars(fields);
            if let Some(logins) = assignees {
                body.insert("assignees".to_owned(), json!(logins));
            }
            if let Some(version) = content_version {
                body.insert("content_version".to_owned(), json!(version));
            }
            send(Method::Patch, format!("{repo}/issues/{number}"), Some(Json::Object(body)))
        }
        Call::AddLabels { number, labels } => {
            send(Method::Post, format!("{repo}/issues/{number}/labels"), Some(json!({"labels": labels})))
        }
        Call::RemoveLabel { number, label } => {
            send(Method::Delete, format!("{repo}/issues/{number}/labels/{label}"), None)
        }
        Call::SetDueDate { number, day } => {
            let due = day.map(|day| format!("{day}T00:00:00Z"));
            send(Method::Post, format!("{repo}/issues/{number}/deadline"), Some(json!({"due_date": due})))
        }
        Call::SetLock { number, locked: true } => {
            send(Method::Put, format!("{repo}/issues/{number}/lock"), Some(json!({})))
        }
        Call::SetLock { number, locked: false } => send(Method::Delete, format!("{repo}/issues/{number}/lock"), None),
        Call::DeleteIssue { number } => send(Method::Delete, format!("{repo}/issues/{number}"), None),
        Call::CreateComment { issue, body } => {
            send(Method::Post, format!("{repo}/issues/{issue}/comments"), Some(json!({"body": body})))
        }
        Call::EditComment { id, body, .. } => {
            send(Method::Patch, format!("{repo}/issues/comments/{id}"), Some(json!({"body": body})))
        }
        Call::DeleteComment { id, .. } => send(Method::Delete, format!("{repo}/issues/comments/{id}"), None),
        // Reads never come here: `Call::writes` sends them the other way.
        _ => at(target, Method::Get, &repo, None),
    }
}

/// The fields that POST and PATCH of an issue take.
fn scalars(fields: &Fields) -> Map<String, Json> {
    let mut body = Map::new();
    for (field, value) in fields.iter() {
        match (field, value) {
            (Field::Title | Field::Body, Value::Text(text)) => body.insert(field.name().to_owned(), json!(text)),
            (Field::Milestone, Value::Id(id)) => body.insert("milestone".to_owned(), json!(id.unwrap_or(0))),
            (Field::State, Value::State(state)) => {
                body.insert("state".to_owned(), json!(if state.is_open() { "open" } else { "closed" }))
            }
            _ => None,
        };
    }
    body
}

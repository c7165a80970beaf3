//! Which call of ours a recorded request is.

use issuesync_model::{Field, Fields, Secret, Value};
use issuesync_provider::Call;
use serde_json::Value as Json;

/// The call that makes such a request; `None` for requests that the engine never makes.
pub(crate) fn call_of(request: &Json) -> Option<Call> {
    let method = request["method"].as_str()?;
    let path = request["path"].as_str()?.strip_prefix("/api/v1/")?;
    let query = request["query"].as_str().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let body = &request["body"];
    Some(match (method, segments.as_slice()) {
        ("GET", ["user"]) => Call::Whoami,
        ("GET", ["repositories", _]) => Call::RepositoryById,
        ("GET", ["orgs", _, "labels"]) => Call::SharedLabels { page: page(query) },
        ("GET", ["repos", _, _]) => Call::Repository,
        (_, ["repos", _, _, rest @ ..]) => in_repository(method, rest, page(query), body)?,
        _ => return None,
    })
}

fn page(query: &str) -> i64 {
    query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok()).unwrap_or(1)
}

fn in_repository(method: &str, path: &[&str], page: i64, body: &Json) -> Option<Call> {
    let id = |text: &str| text.parse::<i64>().ok();
    Some(match (method, path) {
        ("GET", ["issues"]) => Call::Issues { since_us: None, page },
        ("POST", ["issues"]) => Call::CreateIssue {
            fields: fields(body),
            labels: Vec::new(),
            assignees: assignees(body).unwrap_or_default(),
        },
        ("GET", ["issues", "comments"]) => Call::Comments { since_us: None, page },
        ("GET", ["issues", "comments", comment]) => Call::Comment { issue: 1, id: id(comment)? },
        ("PATCH", ["issues", "comments", comment]) => {
            Call::EditComment { issue: 1, id: id(comment)?, body: text(body, "body") }
        }
        ("DELETE", ["issues", "comments", comment]) => Call::DeleteComment { issue: 1, id: id(comment)? },
        (_, ["issues", number, rest @ ..]) => on_issue(method, id(number)?, rest, page, body)?,
        ("GET", ["labels"]) => Call::Labels { page },
        ("POST", ["labels"]) => Call::CreateLabel { name: text(body, "name"), colour: "ededed".to_owned() },
        ("GET", ["milestones"]) => Call::Milestones { page },
        ("GET", ["assignees"]) => Call::Assignables { page },
        ("GET", ["hooks"]) => Call::Hooks { page },
        ("POST", ["hooks"]) => Call::CreateHook { url: String::new(), secret: Secret::new("x") },
        ("PATCH", ["hooks", hook]) => Call::MendHook { id: id(hook)?, url: String::new() },
        ("DELETE", ["hooks", hook]) => Call::DeleteHook { id: id(hook)? },
        _ => return None,
    })
}

fn on_issue(method: &str, number: i64, path: &[&str], page: i64, body: &Json) -> Option<Call> {
    Some(match (method, path) {
        ("GET", []) => Call::Issue { number },
        ("PATCH", []) => {
            Call::EditIssue { number, fields: fields(body), assignees: assignees(body), content_version: None }
        }
        ("DELETE", []) => Call::DeleteIssue { number },
        ("GET", ["comments"]) => Call::CommentsOf { issue: number, page },
        ("POST", ["comments"]) => Call::CreateComment { issue: number, body: text(body, "body") },
        ("GET", ["timeline"]) => Call::History { issue: number, page },
        ("POST", ["labels"]) => Call::AddLabels { number, labels: vec![1] },
        ("DELETE", ["labels", label]) => Call::RemoveLabel { number, label: label.parse().ok()? },
        ("POST", ["deadline"]) => Call::SetDueDate { number, day: None },
        ("PUT", ["lock"]) => Call::SetLock { number, locked: true },
        ("DELETE", ["lock"]) => Call::SetLock { number, locked: false },
        _ => return None,
    })
}

fn text(body: &Json, key: &str) -> String {
    body[key].as_str().unwrap_or_default().to_owned()
}

fn assignees(body: &Json) -> Option<Vec<String>> {
    let logins = body.get("assignees")?.as_array()?;
    Some(logins.iter().filter_map(|login| login.as_str().map(str::to_owned)).collect())
}

/// The title and the body where they are sent; of an edit of anything else the title stands for it.
fn fields(body: &Json) -> Fields {
    let sent = [Field::Title, Field::Body].into_iter().filter(|field| body.get(field.name()).is_some());
    let fields: Fields = sent.map(|field| (field, Value::Text(text(body, field.name())))).collect();
    if fields.is_empty() { fields.with(Field::Title, Value::Text("x".to_owned())) } else { fields }
}

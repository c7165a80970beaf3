//! `issue create` and `issue edit`, and waiting until an edit has arrived.

use super::issue::signed;
use super::{find, text_or_input, with_api};
use crate::api::{Api, Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::shown;
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// The longest wait that the service grants to one request.
const WAIT_STEP_MS: u128 = 20_000;

/// An issue to make.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// Its title
    #[arg(long, short)]
    title: String,
    /// Its text; - reads standard input
    #[arg(long, short)]
    body: Option<String>,
    /// Where to make it; not needed where there is only one
    #[arg(long)]
    connection: Option<String>,
    /// The project, when it has one connection only
    #[arg(long)]
    project: Option<String>,
    /// A label; may be repeated
    #[arg(long)]
    label: Vec<String>,
    /// A login; may be repeated
    #[arg(long)]
    assignee: Vec<String>,
    /// A milestone by its title
    #[arg(long)]
    milestone: Option<String>,
    /// The due day, such as 2026-12-25
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// The same key makes the issue only once
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    reach: Reach,
}

/// Changes of an issue.
#[derive(Debug, clap::Args)]
pub struct Edit {
    /// The issue: its id, its number, or CONNECTION#NUMBER
    issue: String,
    /// A new title
    #[arg(long, short)]
    title: Option<String>,
    /// A new text; - reads standard input
    #[arg(long, short)]
    body: Option<String>,
    /// open, closed, closed:completed, closed:not_planned or closed:duplicate
    #[arg(long)]
    state: Option<String>,
    /// +NAME adds, -NAME removes, NAME sets; may be repeated
    #[arg(long, allow_hyphen_values = true)]
    label: Vec<String>,
    /// +LOGIN adds, -LOGIN removes, LOGIN sets; may be repeated
    #[arg(long, allow_hyphen_values = true)]
    assignee: Vec<String>,
    /// A milestone by its title
    #[arg(long)]
    milestone: Option<String>,
    /// No milestone
    #[arg(long, conflicts_with = "milestone")]
    no_milestone: bool,
    /// The due day, such as 2026-12-25
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// No due day
    #[arg(long, conflicts_with = "due")]
    no_due: bool,
    /// Lock the conversation
    #[arg(long)]
    lock: bool,
    /// Unlock the conversation
    #[arg(long, conflicts_with = "lock")]
    unlock: bool,
    /// Only if the issue still has this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    reach: Reach,
}

/// Whether to stay until the edit has arrived.
#[derive(Debug, clap::Args)]
pub struct Waiting {
    /// Stay until the tracker has it, SECONDS at most
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    wait: Option<u64>,
}

impl Waiting {
    pub(super) fn waits(&self) -> bool {
        self.wait.is_some()
    }
}

/// What is added to a set, removed from it, or set.
#[derive(Debug, Default)]
pub(super) struct Assign {
    pub(super) given: bool,
    pub(super) set: Vec<String>,
    pub(super) add: Vec<String>,
    pub(super) remove: Vec<String>,
}

impl Assign {
    fn into(self, key: &str, body: &mut Map<String, Value>) {
        if !self.given {
            return;
        }
        if self.add.is_empty() && self.remove.is_empty() {
            body.insert(key.to_owned(), json!(self.set));
            return;
        }
        body.insert(format!("add_{key}"), json!(self.add));
        body.insert(format!("remove_{key}"), json!(self.remove));
    }
}

pub(super) async fn create(create: Create, context: &Context) -> Result<Exit, Failure> {
    let mut body = Map::from_iter([("title".to_owned(), json!(create.title))]);
    let text = create.body.map(text_or_input).transpose()?;
    let texts = [
        ("body", text),
        ("connection", create.connection),
        ("project", create.project),
        ("milestone", create.milestone),
        ("due_date", create.due),
    ];
    body.extend(texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))));
    for (key, list) in [("labels", create.label), ("assignees", create.assignee)] {
        if !list.is_empty() {
            body.insert(key.to_owned(), json!(list));
        }
    }
    let headers: Vec<(&str, String)> = create.idempotency_key.into_iter().map(|key| ("idempotency-key", key)).collect();
    with_api(&create.reach, context, create.waiting.waits(), async |api| {
        let issue = api.send(Method::POST, "/issues", Some(Value::Object(body)), &headers).await?;
        tell(api, issue, &create.waiting, context).await
    })
    .await
}

pub(super) async fn edit(edit: Edit, context: &Context) -> Result<Exit, Failure> {
    let mut body = Map::new();
    let texts = [
        ("title", edit.title),
        ("body", edit.body.map(text_or_input).transpose()?),
        ("state", edit.state),
        ("milestone", edit.milestone),
        ("due_date", edit.due),
    ];
    body.extend(texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))));
    signed(&edit.label, "labels")?.into("labels", &mut body);
    signed(&edit.assignee, "assignees")?.into("assignees", &mut body);
    let flags = [
        ("milestone", edit.no_milestone, Value::Null),
        ("due_date", edit.no_due, Value::Null),
        ("locked", edit.lock, json!(true)),
        ("locked", edit.unlock, json!(false)),
    ];
    body.extend(flags.into_iter().filter(|(_, given, _)| *given).map(|(key, _, value)| (key.to_owned(), value)));
    if body.is_empty() {
        return Err(Failure::wrong_use("nothing to change; name a field, such as --title or --label +bug"));
    }
    let headers: Vec<(&str, String)> =
        edit.if_version.into_iter().map(|version| ("if-match", format!("\"{version}\""))).collect();
    with_api(&edit.reach, context, edit.waiting.waits(), async |api| {
        let id = find::issue(api, &edit.issue).await?;
        let issue =
            api.send(Method::PATCH, &format!("/issues/{}", segment(&id)), Some(Value::Object(body)), &headers).await?;
        tell(api, issue, &edit.waiting, context).await
    })
    .await
}

/// Waits when that was asked for, and says how far the edit got; exit code 1 when it did not arrive.
pub(super) async fn tell(api: &Api, item: Value, waiting: &Waiting, context: &Context) -> Result<Exit, Failure> {
    let (item, result) = match waiting.wait {
        Some(seconds) => wait(api, &item, Duration::from_secs(seconds)).await?,
        None => (item, "sent".to_owned()),
    };
    let exit = if matches!(result.as_str(), "sent" | "reached") { Exit::Done } else { Exit::No };
    if context.output.json(&item) {
        return Ok(exit);
    }
    let (status, detail) = match result.as_str() {
        // What the engine still has to note about it is nobody's concern here.
        "reached" => ("synced".to_owned(), "The tracker has it.".to_owned()),
        _ => (shown(&item, "sync_status"), shown(&item, "sync_detail")),
    };
    let number = shown(&item, "external_number");
    let number = if number.is_empty() { String::new() } else { format!("#{number} ") };
    let title = if item["title"].is_null() { "comment".to_owned() } else { shown(&item, "title") };
    context.output.line(&format!(
        "{} {number}{title}: {}, {detail}",
        shown(&item, "id"),
        context.output.status(&status)
    ));
    if api.is_local() && status == "pending" {
        context.output.line("No service runs: it is sent when `issuesync serve` is started.");
    }
    Ok(exit)
}

async fn wait(api: &Api, item: &Value, limit: Duration) -> Result<(Value, String), Failure> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed()).as_millis();
        let query = [("version", shown(item, "version")), ("timeout_ms", left.min(WAIT_STEP_MS).to_string())];
        let waited = api.get(&format!("/issues/{}/wait", shown(item, "id")), &query).await?;
        let result = shown(&waited, "result");
        if result != "timeout" || left <= WAIT_STEP_MS {
            return Ok((waited["item"].clone(), result));
        }
    }
}

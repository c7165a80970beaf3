//! `issue list`, `issue show` and `issue history`.

use super::issue::Which;
use super::log::log_table;
use super::{find, with_api};
use crate::api::Reach;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, items, lines, plain, shown};
use serde_json::{Value, json};

const PAGE_MAX: usize = 200;

/// Which issues to list.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only of this project
    #[arg(long)]
    project: Option<String>,
    /// Only of this connection
    #[arg(long)]
    connection: Option<String>,
    /// open, closed or all
    #[arg(long, default_value = "open")]
    state: String,
    /// Only with this label
    #[arg(long)]
    label: Option<String>,
    /// Only assigned to this login
    #[arg(long)]
    assignee: Option<String>,
    /// Only with all of these words in title and text
    #[arg(long, short)]
    query: Option<String>,
    /// Only with this status: synced, pending, conflict, error or deleted
    #[arg(long, value_name = "STATUS")]
    sync_status: Option<String>,
    /// Only changed at or after this time, such as 2026-12-25T12:00:00Z
    #[arg(long, value_name = "TIME")]
    updated_since: Option<String>,
    /// Also deleted issues
    #[arg(long)]
    deleted: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn list(list: List, context: &Context) -> Result<Exit, Failure> {
    let given = |value: &Option<String>| value.clone().unwrap_or_default();
    let filters = [
        ("project", given(&list.project)),
        ("connection", given(&list.connection)),
        ("state", list.state.clone()),
        ("label", given(&list.label)),
        ("assignee", given(&list.assignee)),
        ("q", given(&list.query)),
        ("sync_status", given(&list.sync_status)),
        ("updated_since", given(&list.updated_since)),
        ("include_deleted", if list.deleted { "true".to_owned() } else { String::new() }),
    ];
    with_api(&list.reach, context, false, async |api| {
        let mut found: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        while found.len() < list.limit {
            let limit = (list.limit - found.len()).min(PAGE_MAX).to_string();
            let page = [("limit", limit), ("cursor", cursor)];
            let answer = api.get("/issues", &[filters.as_slice(), page.as_slice()].concat()).await?;
            found.extend(items(&answer).iter().cloned());
            cursor = shown(&answer, "next_cursor");
            if cursor.is_empty() {
                break;
            }
        }
        let next = if cursor.is_empty() { Value::Null } else { json!(cursor) };
        if context.output.json(&json!({ "items": found, "next_cursor": next })) {
            return Ok(Exit::Done);
        }
        let head = ["ISSUE", "TITLE", "STATE", "LABELS", "ASSIGNEES", "STATUS", "UPDATED", "ID"];
        let rows = found.iter().map(row).collect();
        context.output.table(&head, rows, "No issue matches; `--state all` shows closed ones too.");
        if !next.is_null() {
            context.output.line("There are more; ask with a larger --limit.");
        }
        Ok(Exit::Done)
    })
    .await
}

fn name(issue: &Value) -> String {
    let number = shown(issue, "external_number");
    format!("{}#{}", shown(issue, "connection"), if number.is_empty() { "new" } else { &number })
}

fn row(issue: &Value) -> Vec<String> {
    vec![
        name(issue),
        shown(issue, "title"),
        shown(issue, "state"),
        shown(issue, "labels"),
        shown(issue, "assignees"),
        shown(issue, "sync_status"),
        shown(issue, "updated_at"),
        shown(issue, "id"),
    ]
}

pub(super) async fn show(which: Which, context: &Context) -> Result<Exit, Failure> {
    with_api(&which.reach, context, false, async |api| {
        let id = find::issue(api, &which.issue).await?;
        let mut issue = api.get(&format!("/issues/{id}"), &[]).await?;
        let comments = api.get(&format!("/issues/{id}/comments"), &[]).await?;
        issue["comments"] = json!(items(&comments));
        if !context.output.json(&issue) {
            print(&issue, context.output);
        }
        Ok(Exit::Done)
    })
    .await
}

fn print(issue: &Value, output: Output) {
    output.line(&format!("{} {}", name(issue), shown(issue, "title")));
    let status = output.status(&shown(issue, "sync_status"));
    output.line(&format!("{status}: {}", shown(issue, "sync_detail")));
    for key in [
        "state",
        "labels",
        "assignees",
        "milestone",
        "due_date",
        "locked",
        "author",
        "external_url",
        "created_at",
        "updated_at",
        "lifecycle",
        "connection_state",
        "version",
        "rev",
        "id",
    ] {
        let text = shown(issue, key);
        if !text.is_empty() {
            output.line(&format!("  {key}: {text}"));
        }
    }
    for warning in issue["warnings"].as_array().into_iter().flatten() {
        output.line(&format!(
            "  {}: {} was {}: asked {}, got {}",
            output.status("warning"),
            shown(warning, "field"),
            shown(warning, "kind"),
            shown(warning, "asked"),
            shown(warning, "got")
        ));
    }
    for conflict in issue["conflicts"].as_array().into_iter().flatten() {
        let field = shown(conflict, "field");
        output.line(&format!(
            "  {}: {field}: here {}, on the tracker {}",
            output.status("conflict"),
            plain(&conflict["local"]),
            plain(&conflict["remote"])
        ));
    }
    output.line("");
    output.line(&lines(issue["body"].as_str().unwrap_or_default()));
    for comment in items(&issue["comments"]) {
        let author = shown(comment, "author");
        let author = if author.is_empty() { "here".to_owned() } else { author };
        output.line(&format!(
            "\n--- {author}, {} ({}, {})",
            shown(comment, "created_at"),
            shown(comment, "sync_status"),
            shown(comment, "id")
        ));
        output.line(&lines(comment["body"].as_str().unwrap_or_default()));
    }
}

pub(super) async fn history(which: Which, context: &Context) -> Result<Exit, Failure> {
    with_api(&which.reach, context, false, async |api| {
        let id = find::issue(api, &which.issue).await?;
        let history = api.get(&format!("/issues/{id}/history"), &[]).await?;
        if !context.output.json(&history) {
            log_table(items(&history), context.output);
        }
        Ok(Exit::Done)
    })
    .await
}

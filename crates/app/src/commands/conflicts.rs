//! `conflicts`: where both sides disagree, and the decisions.

use super::{find, with_api};
use crate::api::{Api, Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, items, lines, shown};
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What waits for a decision, longest first
    List {
        /// Only of this connection
        #[arg(long)]
        connection: Option<String>,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// The values of one issue's or comment's conflicts
    Show {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// Decide which value stands
    Resolve {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// The field
        field: String,
        /// local, remote, merged or base
        #[arg(long, required_unless_present = "edit", conflicts_with = "edit")]
        keep: Option<String>,
        /// Another value; labels and the like as JSON
        #[arg(long, value_name = "VALUE")]
        edit: Option<String>,
        /// What was shown
        #[command(flatten)]
        seen: Seen,
    },
    /// Set the value again that was overwritten
    Restore {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// The field
        field: String,
        /// What was shown
        #[command(flatten)]
        seen: Seen,
    },
    /// Leave the value overwritten
    Dismiss {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// The field
        field: String,
        /// What was shown
        #[command(flatten)]
        seen: Seen,
    },
}

/// The state that was decided on.
#[derive(Debug, clap::Args)]
pub struct Seen {
    /// The rev that was shown; refused when a side moved since
    #[arg(long)]
    rev: Option<i64>,
    #[command(flatten)]
    reach: Reach,
}

/// Runs one.
///
/// # Errors
/// When the service refuses or does not answer.
pub async fn run(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List { connection, reach } => {
            with_api(&reach, context, false, async |api| {
                let query = [("connection", connection.unwrap_or_default()), ("limit", "200".to_owned())];
                let inbox = api.get("/conflicts", &query).await?;
                if !context.output.json(&inbox) {
                    table(items(&inbox), context.output);
                }
                Ok(Exit::Done)
            })
            .await
        }
        Command::Show { id, reach } => {
            with_api(&reach, context, false, async |api| {
                let item = item(api, &id).await?;
                let found = json!({ "id": item["id"], "rev": item["rev"], "items": item["conflicts"] });
                if !context.output.json(&found) {
                    print(&item, context.output);
                }
                Ok(Exit::Done)
            })
            .await
        }
        Command::Resolve { id, field, keep, edit, seen } => {
            let decision = match (keep, edit) {
                (Some(keep), _) => json!({ "keep": keep }),
                (None, edit) => json!({ "edit": value(&field, edit.unwrap_or_default())? }),
            };
            decide(&id, &field, decision, &seen, context).await
        }
        Command::Restore { id, field, seen } => {
            decide(&id, &field, json!({ "action": "restore" }), &seen, context).await
        }
        Command::Dismiss { id, field, seen } => {
            decide(&id, &field, json!({ "action": "dismiss" }), &seen, context).await
        }
    }
}

/// The issue or comment.
async fn item(api: &Api, text: &str) -> Result<Value, Failure> {
    let id = find::issue(api, text).await?;
    match api.get(&format!("/issues/{id}"), &[]).await {
        Err(failure) if failure.exit == Exit::No => api.get(&format!("/comments/{id}"), &[]).await,
        found => found,
    }
}

async fn decide(id: &str, field: &str, mut decision: Value, seen: &Seen, context: &Context) -> Result<Exit, Failure> {
    with_api(&seen.reach, context, false, async |api| {
        let item = item(api, id).await?;
        decision["rev"] = seen.rev.map_or_else(|| item["rev"].clone(), |rev| json!(rev));
        let path = format!("/issues/{}/conflicts/{}", shown(&item, "id"), segment(field));
        let decided = api.post(&path, decision).await?;
        if !context.output.json(&decided) {
            let status = context.output.status(&shown(&decided, "sync_status"));
            context.output.line(&format!("{status}: {}", shown(&decided, "sync_detail")));
        }
        Ok(Exit::Done)
    })
    .await
}

/// Texts as they are, everything else as JSON.
fn value(field: &str, text: String) -> Result<Value, Failure> {
    if matches!(field, "title" | "body" | "state" | "due_date") && text != "null" {
        return Ok(Value::String(text));
    }
    serde_json::from_str(&text).map_err(|error| {
        Failure::wrong_use(format!("the value of {field} must be JSON, such as [\"bug\"], 7, true or null: {error}"))
    })
}

fn table(rows: &[Value], output: Output) {
    let row = |row: &Value| {
        let name = format!("{}#{}", shown(row, "connection"), shown(row, "external_number"));
        vec![
            shown(row, "id"),
            name,
            shown(row, "field"),
            shown(row, "kind"),
            shown(row, "local"),
            shown(row, "remote"),
            shown(row, "opened_at"),
        ]
    };
    let head = ["ID", "ISSUE", "FIELD", "KIND", "HERE", "TRACKER", "SINCE"];
    output.table(&head, rows.iter().map(row).collect(), "Nothing waits for a decision.");
}

fn print(item: &Value, output: Output) {
    output.line(&format!("{} {} (rev {})", shown(item, "id"), shown(item, "title"), shown(item, "rev")));
    for conflict in items(&item["conflicts"]) {
        output.line(&format!(
            "\n{} {}, since {}",
            output.status("conflict"),
            shown(conflict, "field"),
            shown(conflict, "opened_at")
        ));
        for (key, label) in [
            ("base", "before"),
            ("local", "here"),
            ("remote", "tracker"),
            ("lost", "overwritten"),
            ("suggestion", "merged"),
        ] {
            if !conflict[key].is_null() {
                let text = conflict[key].as_str().map_or_else(|| conflict[key].to_string(), str::to_owned);
                output.line(&format!("  {label}: {}", lines(&text).replace('\n', "\n    ")));
            }
        }
    }
    if items(&item["conflicts"]).is_empty() {
        output.line("Nothing waits for a decision.");
    }
}

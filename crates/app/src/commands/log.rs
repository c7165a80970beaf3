//! `log`: the audit trail field by field, and the check of its hash chains.

use super::{find, with_api};
use crate::api::Reach;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, items, plain, shown};
use serde_json::{Value, json};

const PAGE_MAX: usize = 200;

/// Arguments of `log`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Only of this issue: its id, its number, or CONNECTION#NUMBER
    issue: Option<String>,
    /// Only behind this position
    #[arg(long, default_value_t = 0, value_name = "POSITION")]
    after: i64,
    /// At most so many rows
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The subcommand.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check every row against its hash chain; exit code 1 when one was changed
    Verify {
        #[command(flatten)]
        reach: Reach,
    },
}

/// Prints it.
///
/// # Errors
/// When the service does not answer.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    if let Some(Command::Verify { reach }) = &args.command {
        return verify(reach, context).await;
    }
    with_api(&args.reach, context, false, async |api| {
        let rows = match &args.issue {
            Some(issue) => {
                let id = find::issue(api, issue).await?;
                items(&api.get(&format!("/issues/{id}/history"), &[]).await?).to_vec()
            }
            None => {
                let mut rows: Vec<Value> = Vec::new();
                let mut cursor = args.after.to_string();
                while rows.len() < args.limit && !cursor.is_empty() {
                    let limit = (args.limit - rows.len()).min(PAGE_MAX).to_string();
                    let page = api.get("/log", &[("cursor", cursor), ("limit", limit)]).await?;
                    rows.extend(items(&page).iter().cloned());
                    cursor = shown(&page, "next_cursor");
                }
                rows
            }
        };
        if !context.output.json(&json!({ "items": rows })) {
            log_table(&rows, context.output);
        }
        Ok(Exit::Done)
    })
    .await
}

/// Rows of the log as people read them.
pub(super) fn log_table(rows: &[Value], output: Output) {
    let row = |row: &Value| {
        vec![
            shown(row, "seq"),
            shown(row, "sync_time"),
            shown(row, "direction"),
            shown(row, "kind"),
            changes(row),
            shown(row, "cause"),
            shown(row, if row["comment_id"].is_null() { "issue_id" } else { "comment_id" }),
        ]
    };
    let head = ["SEQ", "TIME", "DIRECTION", "KIND", "CHANGE", "CAUSE", "ITEM"];
    output.table(&head, rows.iter().map(row).collect(), "The log is empty.");
}

fn changes(row: &Value) -> String {
    let (before, after) = (&row["before"], &row["after"]);
    let keys =
        |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let mut fields = keys(before);
    fields.extend(keys(after).into_iter().filter(|key| before.get(key).is_none()));
    let short = |value: &Value| {
        let text = plain(value);
        if text.chars().count() > 60 { format!("{}…", text.chars().take(59).collect::<String>()) } else { text }
    };
    let one = |field: &String| format!("{field}: {} -> {}", short(&before[field]), short(&after[field]));
    fields.iter().map(one).collect::<Vec<_>>().join("; ")
}

async fn verify(reach: &Reach, context: &Context) -> Result<Exit, Failure> {
    with_api(reach, context, false, async |api| {
        let verified = api.get("/log/verify", &[]).await?;
        let intact = verified["intact"] == true;
        if !context.output.json(&verified) {
            let size =
                format!("{} rows of {} issues and comments", shown(&verified, "rows"), shown(&verified, "items"));
            if intact {
                context.output.line(&format!("The log is intact: {size}."));
            } else {
                context
                    .output
                    .line(&format!("The log was changed: {} faults in {size}.", shown(&verified, "fault_count")));
            }
            for fault in items(&verified["faults"]) {
                context.output.line(&format!(
                    "  {} row {}: {}",
                    shown(fault, "item_id"),
                    shown(fault, "item_seq"),
                    shown(fault, "reason")
                ));
            }
        }
        Ok(if intact { Exit::Done } else { Exit::No })
    })
    .await
}

//! `status`: every connection at a glance.

use super::with_api;
use crate::api::Reach;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use serde_json::Value;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    reach: Reach,
}

/// Prints them.
///
/// # Errors
/// When the service does not answer.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    with_api(&args.reach, context, false, async |api| {
        let connections = api.get("/connections", &[]).await?;
        if context.output.json(&connections) {
            return Ok(Exit::Done);
        }
        let head =
            ["NAME", "STATE", "TRACKER", "REPOSITORY", "ISSUES", "PENDING", "FAILED", "CONFLICTS", "LAST POLL", "NOTE"];
        let rows = items(&connections).iter().map(row).collect();
        context.output.table(&head, rows, "Nothing is connected; run `issuesync connect URL --token env:NAME`.");
        Ok(Exit::Done)
    })
    .await
}

fn row(connection: &Value) -> Vec<String> {
    let count = |key: &str| shown(&connection["counts"], key);
    vec![
        shown(connection, "name"),
        shown(connection, "state"),
        format!("{} {}", shown(connection, "flavour"), shown(connection, "version")),
        shown(connection, "repo_path"),
        count("issues"),
        count("pending"),
        count("failed"),
        count("conflicts"),
        shown(connection, "last_poll_at"),
        note(connection),
    ]
}

/// The one thing that somebody should know first.
fn note(connection: &Value) -> String {
    if let Some(reason) = connection["parked_reason"].as_str() {
        return crate::output::one_line(reason);
    }
    if connection["fuse"] == "open" {
        return "deletes are held back; look, then `issuesync sync NAME --accept-deletes`".to_owned();
    }
    if connection["import"]["complete"] == false {
        return format!(
            "importing: {} of {}",
            shown(&connection["import"], "done"),
            shown(&connection["import"], "total")
        );
    }
    if connection["hook"].is_null() {
        return "no webhook: changes arrive by polling".to_owned();
    }
    String::new()
}

//! `outbox`: what is to be sent, why it was not yet, and when next.

use super::{find, with_api};
use crate::api::{Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What is pending or failed
    List {
        /// Only these: pending, failed or completed
        #[arg(long)]
        status: Option<String>,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// Try again now
    Retry {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// Give the edit up and take the tracker's values
    Discard {
        /// The issue: id, number or CONNECTION#NUMBER; or a comment's id
        id: String,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
}

/// Runs one.
///
/// # Errors
/// When the service refuses or does not answer.
pub async fn run(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List { status, reach } => list(status, &reach, context).await,
        Command::Retry { id, reach } => act("retry", &id, &reach, context).await,
        Command::Discard { id, reach } => act("discard", &id, &reach, context).await,
    }
}

async fn list(status: Option<String>, reach: &Reach, context: &Context) -> Result<Exit, Failure> {
    with_api(reach, context, false, async |api| {
        let outbox = api.get("/outbox", &[("status", status.unwrap_or_default())]).await?;
        if context.output.json(&outbox) {
            return Ok(Exit::Done);
        }
        let row = |row: &serde_json::Value| {
            let number = shown(row, "external_number");
            vec![
                shown(row, "id"),
                format!("{}#{number}", shown(row, "connection")),
                shown(row, "kind"),
                shown(row, "status"),
                shown(row, "retry_count"),
                shown(row, "next_retry"),
                shown(row, "last_error"),
                shown(row, "title"),
            ]
        };
        let head = ["ID", "ISSUE", "KIND", "STATUS", "RETRIES", "NEXT", "ERROR", "TITLE"];
        context.output.table(&head, items(&outbox).iter().map(row).collect(), "Nothing waits to be sent.");
        Ok(Exit::Done)
    })
    .await
}

async fn act(action: &str, id: &str, reach: &Reach, context: &Context) -> Result<Exit, Failure> {
    with_api(reach, context, false, async |api| {
        let id = find::issue(api, id).await?;
        let item = api.post(&format!("/outbox/{}/{action}", segment(&id)), json!({})).await?;
        if !context.output.json(&item) {
            context.output.line(&format!(
                "{}: {}",
                context.output.status(&shown(&item, "sync_status")),
                shown(&item, "sync_detail")
            ));
        }
        Ok(Exit::Done)
    })
    .await
}

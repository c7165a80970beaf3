//! `deliveries`: webhook requests that arrived, and taking one again.

use super::with_api;
use crate::api::{Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What arrived, newest first
    List {
        /// Only of this connection
        #[arg(long)]
        connection: Option<String>,
        /// Only these: queued, done or dead
        #[arg(long)]
        state: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// Take a stored delivery again
    Replay {
        /// Its id
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
        Command::List { connection, state, limit, reach } => {
            let query = [
                ("connection", connection.unwrap_or_default()),
                ("state", state.unwrap_or_default()),
                ("limit", limit.to_string()),
            ];
            list(&query, &reach, context).await
        }
        Command::Replay { id, reach } => {
            with_api(&reach, context, true, async |api| {
                let answer = api.post(&format!("/deliveries/{}/replay", segment(&id)), json!({})).await?;
                if !context.output.json(&answer) {
                    context.output.line("The delivery is queued again.");
                }
                Ok(Exit::Done)
            })
            .await
        }
    }
}

async fn list(query: &[(&str, String)], reach: &Reach, context: &Context) -> Result<Exit, Failure> {
    with_api(reach, context, false, async |api| {
        let deliveries = api.get("/deliveries", query).await?;
        if context.output.json(&deliveries) {
            return Ok(Exit::Done);
        }
        let row = |row: &serde_json::Value| {
            let state = shown(row, "state");
            vec![
                shown(row, "id"),
                shown(row, "received_at"),
                state,
                shown(row, "event"),
                shown(row, "size"),
                shown(row, "tries"),
                shown(row, "error"),
            ]
        };
        let head = ["ID", "RECEIVED", "STATE", "EVENT", "BYTES", "TRIES", "ERROR"];
        context.output.table(&head, items(&deliveries).iter().map(row).collect(), "No deliveries are stored.");
        Ok(Exit::Done)
    })
    .await
}

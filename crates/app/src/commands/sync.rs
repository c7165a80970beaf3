//! `sync`: compares a connection with its tracker now, and lets held deletes through.

use super::with_api;
use crate::api::{Api, Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::shown;
use serde_json::{Value, json};
use std::time::Duration;

const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// Arguments of `sync`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The connection's name
    connection: String,
    /// Compare everything, also what did not change lately
    #[arg(long)]
    full: bool,
    /// Let the deletes through that were held back because they were many
    #[arg(long)]
    accept_deletes: bool,
    #[command(flatten)]
    reach: Reach,
}

/// Makes the pass.
///
/// # Errors
/// When the service or the tracker does not answer.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let path = format!("/connections/{}", segment(&args.connection));
    with_api(&args.reach, context, true, async |api| {
        let mut answer = pass(api, &path, args.full).await?;
        if args.accept_deletes {
            let accepted = api.post(&format!("{path}/accept-deletes"), json!({})).await?;
            for key in ["accepted", "held"] {
                answer[key] = accepted[key].clone();
            }
        }
        if !context.output.json(&answer) {
            let count = |key: &str| shown(&answer, key);
            let pass = if args.full { "Full pass" } else { "Pass" };
            context.output.line(&format!(
                "{pass}: {} listed, {} changed, {} gone.",
                count("listed"),
                count("changed"),
                count("tombstoned")
            ));
            if args.accept_deletes {
                let (accepted, held) = (count("accepted"), count("held"));
                context.output.line(&format!("{accepted} held deletes are let through, {held} are still held back."));
            }
        }
        Ok(Exit::Done)
    })
    .await
}

/// One pass; another that is running is waited for, because it may have begun before what this one is to find.
async fn pass(api: &Api, path: &str, full: bool) -> Result<Value, Failure> {
    loop {
        match api.post(&format!("{path}/sync"), json!({ "full": full })).await {
            Err(failure) if failure.code.as_deref() == Some("busy") => tokio::time::sleep(BUSY_PAUSE).await,
            answer => return answer,
        }
    }
}

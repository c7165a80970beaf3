//! `doctor`: what is wrong with one connection or all of them, and what to do.

use super::with_api;
use crate::api::{Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use serde_json::{Value, json};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The connection's name; all without one
    connection: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

/// Prints the findings; exit code 1 when one is an error.
///
/// # Errors
/// When the service does not answer or there is no such connection.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    with_api(&args.reach, context, false, async |api| {
        let names = match &args.connection {
            Some(name) => vec![name.clone()],
            None => items(&api.get("/connections", &[]).await?).iter().map(|row| shown(row, "name")).collect(),
        };
        let mut all = Vec::new();
        for name in names {
            let answer = api.get(&format!("/connections/{}/doctor", segment(&name)), &[]).await?;
            all.extend(items(&answer).iter().map(|finding| with_name(finding, &name)));
        }
        let ill = all.iter().any(|finding| finding["level"] == "error");
        let exit = if ill { Exit::No } else { Exit::Done };
        if context.output.json(&json!({ "items": all })) {
            return Ok(exit);
        }
        for finding in &all {
            let level = context.output.status(&shown(finding, "level"));
            let place = format!("{} {}", shown(finding, "connection"), shown(finding, "subject"));
            context.output.line(&format!("{level}: {place}: {}", shown(finding, "message")));
            if !finding["remedy"].is_null() {
                context.output.line(&format!("    {}", shown(finding, "remedy")));
            }
        }
        if all.is_empty() {
            context.output.line("Nothing is connected; run `issuesync connect URL --token env:NAME`.");
        }
        Ok(exit)
    })
    .await
}

fn with_name(finding: &Value, name: &str) -> Value {
    let mut finding = finding.clone();
    finding["connection"] = json!(name);
    finding
}

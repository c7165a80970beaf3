//! `judge`: compares a simulated forge's own history with the mirror, and says what was lost, doubled or diverged.

use super::with_api;
use crate::api::Reach;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::histories;
use serde_json::json;

/// Arguments of `judge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The simulated forge
    #[arg(long, value_name = "URL")]
    forge: String,
    /// The mirror's service; the one of this folder without it
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// The API token for it: env:NAME or file:PATH
    #[arg(long, env = "ISSUESYNC_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
}

/// Prints the verdict; exit code 1 when something was lost or doubled, or the sides differ.
///
/// # Errors
/// When one of them does not answer.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let reach = Reach { url: args.mirror, token: args.token };
    with_api(&reach, context, false, async |api| {
        let mirror = histories::mirror(api).await?;
        let forge = histories::forge(&args.forge, &histories::own_logins(&mirror)).await?;
        let report = issuesync_judge::judge(&forge, &mirror);
        let passed = report.passed();
        if !context.output.json(&json!(report)) {
            for detail in &report.details {
                context.output.line(&crate::output::one_line(detail));
            }
            let (local, remote) = (report.local_edits, report.remote_edits);
            context.output.line(&format!(
                "{} local and {} remote edits: {} lost, {} doubled, {}.",
                local,
                remote,
                report.lost,
                report.duplicates,
                if report.converged { "both sides are equal" } else { "the sides differ" }
            ));
        }
        Ok(if passed { Exit::Done } else { Exit::No })
    })
    .await
}

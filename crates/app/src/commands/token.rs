//! `token`: API tokens for others; the text is shown once.

use super::with_api;
use crate::api::{Reach, segment};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use axum::http::Method;
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token and show it once
    Create {
        /// What it is for
        name: String,
        /// What it may do: read, write or admin
        #[arg(long, value_delimiter = ',', default_value = "write")]
        scope: Vec<String>,
        /// How long it lives, such as 30d
        #[arg(long, value_name = "DURATION")]
        expires: Option<String>,
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// Every token, without its text
    List {
        /// Where the service is
        #[command(flatten)]
        reach: Reach,
    },
    /// End a token at once
    Revoke {
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
        Command::Create { name, scope, expires, reach } => create(name, scope, expires, &reach, context).await,
        Command::List { reach } => list(&reach, context).await,
        Command::Revoke { id, reach } => {
            with_api(&reach, context, false, async |api| {
                let answer = api.send(Method::DELETE, &format!("/tokens/{}", segment(&id)), None, &[]).await?;
                if !context.output.json(&answer) {
                    context.output.line("The token is revoked.");
                }
                Ok(Exit::Done)
            })
            .await
        }
    }
}

async fn create(
    name: String,
    scopes: Vec<String>,
    expires: Option<String>,
    reach: &Reach,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut body = json!({ "name": name, "scopes": scopes });
    if let Some(expires) = expires {
        body["expires_in"] = json!(expires);
    }
    with_api(reach, context, false, async |api| {
        let token = api.post("/tokens", body).await?;
        if !context.output.json(&token) {
            context.output.line(&shown(&token, "token"));
            super::complain("This is shown once; keep it where only its user can read it.");
        }
        Ok(Exit::Done)
    })
    .await
}

async fn list(reach: &Reach, context: &Context) -> Result<Exit, Failure> {
    with_api(reach, context, false, async |api| {
        let tokens = api.get("/tokens", &[]).await?;
        if context.output.json(&tokens) {
            return Ok(Exit::Done);
        }
        let row = |row: &Value| {
            ["id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
                .iter()
                .map(|key| shown(row, key))
                .collect()
        };
        let head = ["ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "REVOKED"];
        context.output.table(&head, items(&tokens).iter().map(row).collect(), "There are no tokens.");
        Ok(Exit::Done)
    })
    .await
}

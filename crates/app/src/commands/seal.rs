//! `seal`: a secret for the configuration file that only this installation's key file opens.

use super::secret_from_input;
use crate::api;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::vault::CONFIG_OWNER;
use issuesync_model::Secret;
use issuesync_store::Vault;
use serde_json::json;

/// Arguments of `seal`: the secret comes from standard input.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the sealed value.
///
/// # Errors
/// When there is no configuration or no secret.
pub fn run(_args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = api::load(context.config.as_deref())?;
    let secret = Secret::new(secret_from_input("the secret")?);
    let sealed = config.vault.seal(CONFIG_OWNER, &secret);
    if !context.output.json(&json!({ "sealed": sealed })) {
        context.output.line(&sealed);
    }
    Ok(Exit::Done)
}

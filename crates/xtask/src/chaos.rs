//! `cargo xtask chaos`: builds the service in release and lets its hidden `chaos` command kill it at random moments.

use crate::{Workspace, child};
use anyhow::Result;

/// Runs that many rounds; true when nothing was lost or doubled.
///
/// # Errors
/// When cargo cannot be started.
pub fn run(workspace: &Workspace, rounds: u32, arguments: &[String]) -> Result<bool> {
    let rounds = rounds.to_string();
    let mut command = child::cargo(
        workspace,
        &["run", "--release", "-p", "issuesync", "--bin", "issuesync", "--", "chaos", "--rounds", &rounds],
    );
    child::succeeds(command.args(arguments))
}

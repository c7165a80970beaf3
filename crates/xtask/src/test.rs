//! `cargo xtask test`: every test of the workspace, then the property tests in release with a million cases.
//!
//! The last line is `N passed, N failed`, summed over the runs. What is in no `test result` line (a run that does not
//! compile, a process that dies) counts as one failure.

use crate::tally::Tally;
use crate::{Workspace, child};
use anyhow::Result;
use std::process::Command;

/// Generated cases of the property tests in release, over all properties.
const CASES: &str = "1000000";

/// Runs the tests; with arguments just `cargo test` with them. True when none failed.
///
/// # Errors
/// When cargo cannot be started.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<bool> {
    let runs = if arguments.is_empty() { all(workspace) } else { vec![some(workspace, arguments)] };
    let mut sum = Tally::default();
    for mut command in runs {
        let mut tally = Tally::default();
        let succeeded = child::lines(&mut command, |line| {
            println!("{line}");
            tally.read(line);
        })?;
        sum.add_run(tally, succeeded);
    }
    println!("\n{sum}");
    Ok(sum.failed == 0)
}

fn all(workspace: &Workspace) -> Vec<Command> {
    let everything = child::cargo(workspace, &["test", "--workspace", "--no-fail-fast"]);
    let mut properties = child::cargo(workspace, &["test", "--release", "-p", "issuesync-merge", "--no-fail-fast"]);
    properties.env("ISSUESYNC_CASES", CASES);
    vec![everything, properties]
}

fn some(workspace: &Workspace, arguments: &[String]) -> Command {
    let mut command = child::cargo(workspace, &["test"]);
    command.args(arguments);
    command
}

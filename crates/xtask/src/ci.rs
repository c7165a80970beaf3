//! `cargo xtask ci`: what a change must pass besides its tests. All steps run, and the end names those that failed.

use crate::{Workspace, child, deny, simulate, tidy};
use anyhow::Result;

/// One step; true when it passed.
type Step = fn(&Workspace) -> Result<bool>;

/// Runs the steps in order; true when all passed.
///
/// # Errors
/// When a step cannot be started.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let steps: [(&str, Step); 6] = [
        ("tidy", tidy::run),
        ("fmt", fmt),
        ("clippy", clippy),
        ("docs", docs),
        ("deny", deny::run),
        ("simulation", simulate::run),
    ];
    let mut failed = Vec::new();
    for (name, step) in steps {
        println!("== {name}");
        if !step(workspace)? {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("ci: all steps passed");
    } else {
        println!("ci: failed: {}", failed.join(", "));
    }
    Ok(failed.is_empty())
}

fn fmt(workspace: &Workspace) -> Result<bool> {
    child::succeeds(&mut child::cargo(workspace, &["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<bool> {
    child::succeeds(&mut child::cargo(
        workspace,
        &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ))
}

fn docs(workspace: &Workspace) -> Result<bool> {
    let mut command = child::cargo(workspace, &["doc", "--locked", "--workspace", "--no-deps"]);
    child::succeeds(command.env("RUSTDOCFLAGS", "-D warnings"))
}

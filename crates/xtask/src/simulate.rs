//! `cargo xtask simulate`: a minute of seeded scenarios, the fixed ones first and then fresh ones, and the quick mutants.

use crate::{Workspace, child};
use anyhow::Result;
use std::time::{SystemTime, UNIX_EPOCH};

/// So many fixed seeds, each known to keep every promise.
const FIXED: &str = "6000";
/// How long fresh ones are played, seconds.
const SECONDS: &str = "30";
/// Fresh seeds begin above every fixed one.
const FRESH_FROM: u64 = 1 << 40;

/// Plays; true when the fixed seeds kept every promise and every quick mutant was caught. A fresh seed that breaks a promise is printed with
/// its replay and is a bug to be mended, but it does not fail the change that happened to meet it.
///
/// # Errors
/// When cargo cannot be started.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let fresh = (FRESH_FROM + fresh()).to_string();
    let fixed = plays(workspace, &["run", "--seeds", FIXED, "--from", "1"])?;
    println!("fresh seeds from {fresh}");
    if !plays(workspace, &["run", "--seconds", SECONDS, "--from", &fresh])? {
        println!("warning: a fresh seed broke a promise; replay it and mend what it shows");
    }
    Ok(plays(workspace, &["mutants", "--small"])? && fixed)
}

fn plays(workspace: &Workspace, arguments: &[&str]) -> Result<bool> {
    let mut all = vec!["run", "--locked", "--release", "-p", "issuesync-dst", "--"];
    all.extend(arguments);
    child::succeeds(&mut child::cargo(workspace, &all))
}

/// Another number every second.
fn fresh() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() << 20)
}

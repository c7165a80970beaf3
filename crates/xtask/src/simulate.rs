//! `cargo xtask simulate`: a minute of seeded scenarios, the fixed ones first and then fresh ones, and the quick mutants.

use crate::{Workspace, child};
use anyhow::Result;
use std::time::{SystemTime, UNIX_EPOCH};

/// How long each half of the scenarios is played, seconds.
const SECONDS: &str = "30";
/// Fresh seeds begin above every fixed one.
const FRESH_FROM: u64 = 1 << 40;

/// Plays; true when every promise was kept and every quick mutant was caught. The first fresh seed is printed, so that a run can be repeated.
///
/// # Errors
/// When cargo cannot be started.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let fresh = (FRESH_FROM + fresh()).to_string();
    println!("fixed seeds from 1, fresh seeds from {fresh}");
    let runs: [&[&str]; 3] = [
        &["run", "--seconds", SECONDS, "--from", "1"],
        &["run", "--seconds", SECONDS, "--from", &fresh],
        &["mutants", "--small"],
    ];
    for arguments in runs {
        let mut all = vec!["run", "--locked", "--release", "-p", "issuesync-dst", "--"];
        all.extend(arguments);
        if !child::succeeds(&mut child::cargo(workspace, &all))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Another number every second.
fn fresh() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() << 20)
}

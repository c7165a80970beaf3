//! `cargo xtask simulate`: a minute of seeded scenarios, the fixed ones first and then fresh ones, and the quick mutants.
//!
//! The fresh seeds are those of the commit: every commit meets others, and each meets the same ones wherever it is tried.

use crate::{Workspace, child};
use anyhow::Result;
use std::process::Command;

/// So many fixed seeds.
const FIXED: &str = "6000";
/// So many fresh ones.
const FRESH: &str = "44000";
/// Fresh seeds begin above every fixed one.
const FRESH_FROM: u64 = 1 << 40;
/// As many hex digits of the commit's hash tell its seeds apart from those of others.
const DIGITS: usize = 6;

/// Plays; true when all seeds kept every promise and every quick mutant was caught. A fresh seed that breaks a promise is printed with its
/// replay and is a bug to be mended, whatever the commit that met it was about (docs/bugs-found-by-simulation.md).
///
/// # Errors
/// When cargo cannot be started.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let fresh = (FRESH_FROM + (of_commit(&commit(workspace)) << 20)).to_string();
    let fixed = plays(workspace, &["run", "--seeds", FIXED, "--from", "1"])?;
    println!("fresh seeds from {fresh}");
    let met = plays(workspace, &["run", "--seeds", FRESH, "--from", &fresh])?;
    if !met {
        println!("a fresh seed broke a promise; replay it, mend what it shows, and keep it as a named test");
    }
    Ok(plays(workspace, &["mutants", "--small"])? && fixed && met)
}

fn plays(workspace: &Workspace, arguments: &[&str]) -> Result<bool> {
    let mut all = vec!["run", "--locked", "--release", "-p", "issuesync-dst", "--"];
    all.extend(arguments);
    child::succeeds(&mut child::cargo(workspace, &all))
}

/// The hash of the commit that is checked out; empty where there is no repository.
fn commit(workspace: &Workspace) -> String {
    let told = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(&workspace.root).output();
    told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
}

/// A number that differs from commit to commit.
fn of_commit(hash: &str) -> u64 {
    hash.get(..DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::of_commit;

    #[test]
    fn each_commit_has_seeds_of_its_own() {
        assert_eq!(of_commit("0000ff3fb06"), 0xff);
        assert_ne!(of_commit("3b0fb06"), of_commit("3b0fb16"));
        assert_eq!(of_commit(""), 0);
    }
}

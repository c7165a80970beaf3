//! `cargo xtask deny`: licences, bans and sources of the dependencies always; advisories when their database can be reached.
//!
//! Uses the `cargo-deny` that is installed, or builds one into the target folder, where a cache of it keeps the next run short.

use crate::{Workspace, child};
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Builds with the workspace's `rust-version`; raise it by hand.
const VERSION: &str = "0.20.2";
/// An advisory database that has not come by then is out of reach.
const FETCH_LIMIT_S: u64 = 60;

/// Runs the checks; true when all that could run passed.
///
/// # Errors
/// When `cargo-deny` can be neither found nor built.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let program = installed(workspace)?;
    let deny = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(&workspace.root);
        command
    };
    let offline = child::succeeds(&mut deny(&["check", "licenses", "bans", "sources"]))?;
    if !child::succeeds_within(&mut deny(&["fetch", "db"]), Duration::from_secs(FETCH_LIMIT_S))? {
        println!("deny: advisories skipped: their database cannot be reached from here");
        return Ok(offline);
    }
    let advisories = child::succeeds(&mut deny(&["check", "--disable-fetch", "advisories"]))?;
    Ok(offline && advisories)
}

/// The program: from the search path, from the target folder, or built there.
fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let built = tools.join("bin").join("cargo-deny");
    for program in [PathBuf::from("cargo-deny"), built.clone()] {
        let mut version = Command::new(&program);
        if version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|end| end.success())
        {
            return Ok(program);
        }
    }
    println!("deny: building cargo-deny {VERSION} (about two minutes on two cores)");
    let mut install = child::cargo(workspace, &["install", "--locked", "cargo-deny", "--version", VERSION, "--root"]);
    install.arg(&tools).arg("--target-dir").arg(tools.join("build"));
    ensure!(child::succeeds(&mut install)?, "cargo-deny cannot be built; install it by hand and try again");
    Ok(built)
}

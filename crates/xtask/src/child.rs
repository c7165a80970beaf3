//! Starts cargo and other programs in the workspace's root, and says what it starts.

use crate::Workspace;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a child with a time limit is looked at.
const LOOK_MS: u64 = 100;

/// Cargo as it started this chore, in the workspace's root.
#[must_use]
pub fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(&workspace.root);
    command
}

/// Runs it to its end; true when it succeeded.
///
/// # Errors
/// When it cannot be started.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    say(command);
    let status = command.status().with_context(|| format!("cannot start {}", show(command)))?;
    Ok(status.success())
}

/// Runs it to its end and hands each line of its standard output on as it comes; true when it succeeded.
///
/// # Errors
/// When it cannot be started.
pub fn lines(command: &mut Command, mut line_came: impl FnMut(&str)) -> Result<bool> {
    say(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", show(command)))?;
    let output = child.stdout.take().context("the child has no standard output")?;
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    // By bytes: a test may print what is no UTF-8.
    while output.read_until(b'\n', &mut bytes)? > 0 {
        line_came(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(child.wait()?.success())
}

/// Runs it for `limit` at most and then ends it; true when it succeeded in time.
///
/// # Errors
/// When it cannot be started.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> Result<bool> {
    say(command);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", show(command)))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(LOOK_MS));
    }
}

fn say(command: &Command) {
    eprintln!("$ {}", show(command));
}

fn show(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
}

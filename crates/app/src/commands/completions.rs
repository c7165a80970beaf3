//! `completions`: what a shell needs to complete this command line.

use crate::cli::Cli;
use crate::failure::{Exit, Failure};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints them.
///
/// # Errors
/// When nobody reads them.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "issuesync", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(Exit::Done)
}

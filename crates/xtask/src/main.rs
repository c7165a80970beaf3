//! `cargo xtask <chore>`: reads the command line and hands over to the chore.

#![allow(clippy::print_stderr, reason = "errors go to the terminal")]

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{Workspace, chaos, ci, deny, simulate, test, tidy};

/// The project's chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check the arrows between crates, file sizes, first lines, dead files, words and paths.
    Tidy,
    /// Run all tests, and the property tests in release; with arguments, just `cargo test ARGUMENTS`.
    Test {
        /// Given to `cargo test` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Everything a change must pass besides its tests: tidy, fmt, clippy, docs, deny.
    Ci,
    /// A minute of seeded scenarios in a hostile world, and the quick mutants.
    Simulate,
    /// Licences, bans and sources of the dependencies; advisories when their database can be reached.
    Deny,
    /// Kill the service at random moments while edits flow, and see that nothing is lost or doubled.
    Chaos {
        /// How many times it is killed.
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// Given to the `chaos` command as they are.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let chore = Args::parse().chore;
    let done = Workspace::load().and_then(|workspace| match chore {
        Chore::Tidy => tidy::run(&workspace),
        Chore::Test { arguments } => test::run(&workspace, &arguments),
        Chore::Ci => ci::run(&workspace),
        Chore::Simulate => simulate::run(&workspace),
        Chore::Deny => deny::run(&workspace),
        Chore::Chaos { rounds, arguments } => chaos::run(&workspace, rounds, &arguments),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

//! The command line: what can be asked, and the way from arguments to an exit code.

use crate::commands::{
    self, chaos, completions, conflicts, connect, deliveries, demo, doctor, init, issue, judge, log, outbox, seal,
    serve, status, sync, token, webhook,
};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps the issues of Gitea and Forgejo repositories and a local mirror in step, both ways.
#[derive(Debug, Parser)]
#[command(name = "issuesync", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The configuration file
    #[arg(long, global = true, env = "ISSUESYNC_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented configuration file and a key file
    Init(init::Args),
    /// Run the service
    Serve(serve::Args),
    /// Show it all at work: a simulated tracker, edits on both sides, and a judge at the end
    Demo(demo::Args),
    /// Connect a repository: test the token, register the webhook, import the issues
    Connect(connect::Args),
    /// Show the health of every connection
    Status(status::Args),
    /// Explain what is wrong and what to do about it
    Doctor(doctor::Args),
    /// Compare a connection with its tracker now
    Sync(sync::Args),
    /// Look at and edit issues of the mirror
    #[command(subcommand)]
    Issue(issue::Command),
    /// Decide where both sides disagree
    #[command(subcommand)]
    Conflicts(conflicts::Command),
    /// What is still to be sent, or could not be
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Webhook requests that arrived
    #[command(subcommand)]
    Deliveries(deliveries::Command),
    /// Show the audit log, of everything or of one issue
    Log(log::Args),
    /// API tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Look into webhook requests
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Seal a secret from standard input for the configuration file
    Seal(seal::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Kill the service again and again while both sides edit, then judge
    #[command(hide = true)]
    Chaos(chaos::Args),
    /// Compare a simulated forge and its mirror
    #[command(hide = true)]
    Judge(judge::Args),
}

/// What every command is given besides its arguments.
#[derive(Clone, Debug)]
pub struct Context {
    /// The configuration file that was named.
    pub config: Option<PathBuf>,
    /// The way to standard output.
    pub output: Output,
}

/// Runs the command of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    crate::install_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(Failure::no(format!("cannot start: {error}")))),
    };
    let result = runtime.block_on(run(cli));
    // What a name resolution or a database still does in a thread must not keep the process alive.
    runtime.shutdown_background();
    end(result)
}

async fn run(cli: Cli) -> Result<Exit, Failure> {
    let context = Context { config: cli.config, output: Output::new(cli.json) };
    if !matches!(cli.command, Command::Serve(_)) {
        crate::telemetry::start_quietly();
    }
    match cli.command {
        Command::Init(args) => init::run(&args, &context),
        Command::Serve(args) => serve::run(args, &context).await,
        Command::Demo(args) => demo::run(args, &context).await,
        Command::Connect(args) => connect::run(args, &context).await,
        Command::Status(args) => status::run(args, &context).await,
        Command::Doctor(args) => doctor::run(args, &context).await,
        Command::Sync(args) => sync::run(args, &context).await,
        Command::Issue(command) => issue::run(command, &context).await,
        Command::Conflicts(command) => conflicts::run(command, &context).await,
        Command::Outbox(command) => outbox::run(command, &context).await,
        Command::Deliveries(command) => deliveries::run(command, &context).await,
        Command::Log(args) => log::run(args, &context).await,
        Command::Token(command) => token::run(command, &context).await,
        Command::Webhook(command) => webhook::run(command, &context),
        Command::Seal(args) => seal::run(&args, &context),
        Command::Completions(args) => completions::run(&args),
        Command::Chaos(args) => chaos::run(args, &context).await,
        Command::Judge(args) => judge::run(args, &context).await,
    }
}

fn end(result: Result<Exit, Failure>) -> ExitCode {
    let exit = result.unwrap_or_else(|failure| {
        commands::complain(&failure.message);
        failure.exit
    });
    ExitCode::from(exit.code())
}

//! The commands, one file each. All but `init`, `serve`, `webhook inspect`, `seal` and `completions` speak REST.

pub mod chaos;
pub mod completions;
pub mod conflicts;
pub mod connect;
pub mod deliveries;
pub mod demo;
pub mod doctor;
mod find;
pub mod init;
pub mod issue;
pub mod issue_edit;
pub mod issue_show;
pub mod judge;
pub mod log;
pub mod outbox;
mod progress;
pub mod seal;
pub mod serve;
pub mod status;
pub mod sync;
pub mod token;
pub mod webhook;

use crate::api::{Api, Reach};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use std::io::{IsTerminal, Read, Write};

/// Opens the service, lets a command speak to it, and closes it in order whatever came of it.
async fn with_api<F>(reach: &Reach, context: &Context, work: bool, command: F) -> Result<Exit, Failure>
where
    F: AsyncFnOnce(&Api) -> Result<Exit, Failure>,
{
    let api = Api::open(context.config.as_deref(), reach, work).await?;
    let result = tokio::select! {
        biased;
        result = command(&api) => result,
        () = interrupted() => Err(Failure::no("interrupted; run the same command again to go on")),
    };
    let closed = api.close().await;
    let exit = result?;
    closed.map(|()| exit)
}

/// Waits for an interrupt or a request to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A secret argument: `env:NAME`, `file:PATH`, or the text itself.
pub(crate) fn secret(text: &str) -> Result<String, Failure> {
    let value = if let Some(name) = text.strip_prefix("env:") {
        std::env::var(name).map_err(|_| Failure::wrong_use(format!("the environment variable {name} is not set")))?
    } else if let Some(path) = text.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| Failure::wrong_use(format!("{path} cannot be read: {error}")))?
    } else {
        text.to_owned()
    };
    let value = value.trim_end_matches(['\r', '\n']);
    if value.is_empty() { Err(Failure::wrong_use("the secret is empty")) } else { Ok(value.to_owned()) }
}

/// A secret from standard input, without a prompt.
fn secret_from_input(what: &str) -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        complain(&format!("reading {what} from standard input; end it with Ctrl-D"));
    }
    let text = input()?;
    let text = text.trim();
    if text.is_empty() { Err(Failure::wrong_use(format!("{what} is empty"))) } else { Ok(text.to_owned()) }
}

fn input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// A text argument: `-` is standard input.
fn text_or_input(text: String) -> Result<String, Failure> {
    if text == "-" { input() } else { Ok(text) }
}

/// Says something on standard error.
pub(crate) fn complain(message: &str) {
    let _nobody_may_listen = writeln!(std::io::stderr().lock(), "{}", crate::output::lines(message));
}

//! `webhook inspect`: verifies and reads a captured delivery, without a service.

use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::plain;
use issuesync_model::{ProviderKind, Secret};
use issuesync_provider::Provider;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The subcommand.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Verify and read a captured delivery; exit code 2 when it is malformed
    Inspect(Inspect),
}

/// A captured delivery.
#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// Whose delivery it is
    #[arg(long, default_value = "gitea")]
    provider: String,
    /// A file with one header a line (NAME: VALUE), or a JSON object of them
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// A file with the body, byte by byte as it came
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// The secret to verify with: env:NAME, file:PATH or the secret
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
}

/// Prints what it says.
///
/// # Errors
/// When a file cannot be read or the delivery is malformed.
pub fn run(command: Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Inspect(inspect) = command;
    let kind = ProviderKind::from_word(&inspect.provider);
    let adapter = issuesync_forges::providers().into_iter().find(|adapter| Some(adapter.kind()) == kind);
    let adapter = adapter
        .ok_or_else(|| Failure::wrong_use(format!("there is no provider \"{}\"; use gitea", inspect.provider)))?;
    let headers = headers(&String::from_utf8_lossy(&read(&inspect.headers)?))?;
    let body = read(&inspect.body)?;
    let secret = inspect.secret.as_deref().map(super::secret).transpose()?.map(Secret::new);
    let seen = look(adapter.as_ref(), &headers, &body, secret)?;
    if !context.output.json(&seen) {
        for (key, value) in seen.as_object().into_iter().flatten() {
            context.output.line(&format!("{key}: {}", if value.is_null() { "-".to_owned() } else { plain(value) }));
        }
    }
    Ok(Exit::Done)
}

fn look(
    adapter: &dyn Provider,
    headers: &[(String, String)],
    body: &[u8],
    secret: Option<Secret>,
) -> Result<Value, Failure> {
    let signature = match secret {
        None => "unchecked",
        Some(secret) => match adapter.verify(headers, body, &[secret]) {
            Ok(_) => "valid",
            Err(_) => "invalid",
        },
    };
    let notice = adapter.notice(headers, &adapter.payload(headers, body));
    let notice = notice.map_err(|error| Failure::wrong_use(format!("the delivery is malformed: {error}")))?;
    Ok(json!({
        "provider": notice.provider.word(),
        "signature": signature,
        "event": notice.event,
        "action": notice.action,
        "repository": notice.repo_path,
        "number": notice.number,
        "kind": notice.kind,
        "snapshot": notice.snapshot.is_some(),
        "delivery_id": adapter.delivery_id(headers),
        "ignored": notice.ignored,
    }))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::wrong_use(format!("{} cannot be read: {error}", path.display())))
}

/// Header lines, the request line skipped; or a JSON object.
fn headers(text: &str) -> Result<Vec<(String, String)>, Failure> {
    if text.trim_start().starts_with('{') {
        let object: serde_json::Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| Failure::wrong_use(format!("the headers are no JSON object: {error}")))?;
        let value = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Ok(object.into_iter().map(|(name, text)| (name.to_lowercase(), value(text))).collect());
    }
    let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    let pairs = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| is_name(name));
    Ok(pairs.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect())
}

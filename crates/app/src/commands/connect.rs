//! `connect`: recognises the tracker, tests the token, registers the webhook and imports, resumably.

use super::{progress, secret, secret_from_input, with_api};
use crate::api::{Api, Reach};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, plain, shown};
use serde_json::{Map, Value, json};

/// Arguments of `connect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address of the repository's page
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// The tracker's token: env:NAME or file:PATH; read from standard input without it
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The connection's name; the repository's name without it
    #[arg(long)]
    name: Option<String>,
    /// The project; the repository's owner without it
    #[arg(long)]
    project: Option<String>,
    /// The tracker, when it is not to be recognised
    #[arg(long)]
    provider: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    /// Show what would be done and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Return as soon as it is connected; the service imports by itself
    #[arg(long)]
    no_wait: bool,
    /// The address of a remote service
    #[arg(long, env = "ISSUESYNC_URL", value_name = "URL")]
    url: Option<String>,
    /// The API token for it: env:NAME or file:PATH
    #[arg(long, env = "ISSUESYNC_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    api_token: Option<String>,
}

/// What a person decides for the connection.
#[derive(Debug, clap::Args)]
struct SettingArgs {
    /// Time between incremental passes, such as 60s
    #[arg(long, value_name = "DURATION")]
    poll: Option<String>,
    /// Time between full passes, such as 15m
    #[arg(long, value_name = "DURATION")]
    full: Option<String>,
    /// Edits on both sides closer than this are a conflict
    #[arg(long, value_name = "DURATION")]
    conflict_window: Option<String>,
    /// Only from the tracker to the mirror
    #[arg(long)]
    pull: bool,
    /// Leave the tracker's webhooks alone
    #[arg(long)]
    no_hook: bool,
    /// Refuse edits with labels that the tracker does not define
    #[arg(long)]
    no_create_labels: bool,
    /// The tracker is on the local network or on this machine
    #[arg(long)]
    allow_private_network: bool,
    /// The tracker speaks plain http
    #[arg(long)]
    allow_http: bool,
}

/// Connects.
///
/// # Errors
/// When the token, the repository or the settings are wrong, or nobody answers.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let token = match &args.token {
        Some(text) => secret(text)?,
        None => secret_from_input("the tracker's token")?,
    };
    let body = body(&args, &token)?;
    let reach = Reach { url: args.url.clone(), token: args.api_token.clone() };
    with_api(&reach, context, !args.dry_run, async |api| {
        if args.dry_run {
            let plan = api.post("/connections", body).await?;
            if !context.output.json(&plan) {
                show_plan(&plan, context);
            }
            return Ok(Exit::Done);
        }
        let connection = match api.post("/connections", body).await {
            Ok(connection) => connection,
            Err(failure) => known(api, &args, failure).await?,
        };
        let id = shown(&connection, "id");
        let wait = !args.no_wait || api.is_local();
        let connection = if wait { progress::import(api, &id).await? } else { connection };
        if !context.output.json(&connection) {
            show(&connection, wait, api.is_local(), context);
        }
        Ok(Exit::Done)
    })
    .await
}

fn body(args: &Args, token: &str) -> Result<Value, Failure> {
    let page = url::Url::parse(&args.repository).map_err(|_| {
        Failure::wrong_use(format!(
            "\"{}\" is no address; give that of the repository's page, such as https://git.example.org/acme/web",
            args.repository
        ))
    })?;
    let path: Vec<&str> = page.path().trim_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let [.., owner, repository] = path.as_slice() else {
        return Err(Failure::wrong_use("the address names no repository; it ends in OWNER/NAME"));
    };
    let settings = &args.settings;
    let mut body = Map::new();
    let mut set = |key: &str, value: Value| body.insert(key.to_owned(), value);
    set("url", json!(args.repository));
    set("token", json!(token));
    set("name", json!(args.name.as_deref().unwrap_or(repository.trim_end_matches(".git"))));
    set("project", json!(args.project.as_deref().unwrap_or(owner)));
    let texts = [
        ("provider", &args.provider),
        ("poll", &settings.poll),
        ("full", &settings.full),
        ("conflict_window", &settings.conflict_window),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            set(key, json!(value));
        }
    }
    if settings.pull {
        set("direction", json!("pull"));
    }
    let flags = [
        ("manage_hook", false, settings.no_hook),
        ("create_labels", false, settings.no_create_labels),
        ("allow_private_network", true, settings.allow_private_network),
        ("allow_http", true, settings.allow_http),
        ("dry_run", true, args.dry_run),
    ];
    for (key, value, given) in flags {
        if given {
            set(key, json!(value));
        }
    }
    Ok(Value::Object(body))
}

/// A repository that is connected already: its import goes on.
async fn known(api: &Api, args: &Args, failure: Failure) -> Result<Value, Failure> {
    if failure.exit != Exit::No {
        return Err(failure);
    }
    let page = args.repository.trim_end_matches('/').trim_end_matches(".git");
    let connections = api.get("/connections", &[]).await?;
    let same = |row: &&Value| shown(row, "url").eq_ignore_ascii_case(page);
    items(&connections).iter().find(same).cloned().ok_or(failure)
}

fn show_plan(plan: &Value, context: &Context) {
    let output = context.output;
    output.line(&format!("{} {} at {}", shown(plan, "flavour"), shown(plan, "version"), shown(plan, "base_url")));
    output.line(&format!("repository {} as {}", shown(plan, "repo_path"), shown(plan, "self_login")));
    let count = if plan["issues"].is_null() { "an unknown number of".to_owned() } else { shown(plan, "issues") };
    output.line(&format!("{count} issues would be imported; nothing was changed."));
    for warning in plan["warnings"].as_array().into_iter().flatten() {
        output.line(&format!("{}: {}", output.status("warning"), plain(warning)));
    }
}

fn show(connection: &Value, imported: bool, local: bool, context: &Context) {
    let output = context.output;
    let name = shown(connection, "name");
    output.line(&format!(
        "Connected {} as \"{name}\" ({} {}).",
        shown(connection, "url"),
        shown(connection, "flavour"),
        shown(connection, "version")
    ));
    if imported {
        let counts = &connection["counts"];
        output.line(&format!(
            "Imported {} issues and {} comments.",
            shown(counts, "issues"),
            shown(counts, "comments")
        ));
    }
    if connection["hook"].is_null() {
        output
            .line(&format!("No webhook is registered, changes arrive by polling; `issuesync doctor {name}` says why."));
    }
    if local {
        output.line("Start `issuesync serve` to keep both sides in step.");
    }
}

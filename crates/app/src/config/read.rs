//! The tree as a [`Config`]: every section, every key, every default.

use super::node::Table;
use super::secret::Secrets;
use super::section::Section;
use super::{Config, ConfigError, Environment, LogConfig, ServerConfig, settings};
use crate::vault::KeyVault;
use issuesync_model::{ProviderKind, Timing};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const LISTEN: &str = "127.0.0.1:8080";
const DATABASE: &str = "data/issuesync.db";
const KEY: &str = "file:issuesync.key";

/// Reads the whole tree.
pub(super) fn config(root: Table, folder: &Path, environment: &Environment) -> Result<Config, ConfigError> {
    let mut root = Section::root(root);
    let (server, store, log) = (root.section("server")?, root.section("store")?, root.section("log")?);
    let (timing, webhooks, connections) =
        (root.section("timing")?, root.section("webhooks")?, root.sections("connection")?);
    root.finish()?;

    let server = read_server(server)?;
    let (database, vault, mut warnings) = read_store(store, folder, environment)?;
    let log = read_log(log)?;
    let timing = read_timing(timing)?;
    let mut secrets = Secrets { folder, environment, vault: Some(&vault), warnings: Vec::new() };
    let webhooks = read_webhooks(webhooks, &mut secrets)?;
    let mut names = BTreeSet::new();
    let mut declared = Vec::new();
    for section in connections {
        let place = section.place().to_owned();
        let connection = settings::declared(section, &mut secrets)?;
        if !names.insert(connection.name.clone()) {
            return Err(ConfigError::of(place, format!("connection.name: \"{}\" is declared twice", connection.name)));
        }
        declared.push(connection);
    }
    warnings.append(&mut secrets.warnings);
    Ok(Config { server, database, vault, connections: declared, webhooks, timing, log, warnings })
}

fn read_server(mut section: Section) -> Result<ServerConfig, ConfigError> {
    let listen = address(&mut section, "listen", LISTEN)?;
    let admin = address(&mut section, "admin_listen", "")?;
    let public_url = match section.entry("public_url") {
        None => None,
        Some(entry) => {
            let text = entry.text()?;
            let known =
                |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
            if !text.is_empty() && !url::Url::parse(&text).is_ok_and(|url| known(&url)) {
                return Err(entry.wrong("must be an address such as \"https://issuesync.example.org\""));
            }
            Some(text.trim_end_matches('/').to_owned()).filter(|text| !text.is_empty())
        }
    };
    section.finish()?;
    let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
    Ok(ServerConfig { listen, admin_listen: admin, public_url })
}

fn address(section: &mut Section, key: &'static str, default: &str) -> Result<Option<SocketAddr>, ConfigError> {
    let Some(entry) = section.entry(key) else { return Ok(default.parse().ok()) };
    let text = entry.text()?;
    if text.is_empty() {
        return Ok(default.parse().ok());
    }
    let address = text.parse().map(Some);
    address.map_err(|_| entry.wrong(&format!("must be an IP address and a port such as \"{LISTEN}\", not \"{text}\"")))
}

fn read_store(
    mut section: Section,
    folder: &Path,
    environment: &Environment,
) -> Result<(PathBuf, KeyVault, Vec<String>), ConfigError> {
    let path = section.text("path")?.filter(|path| !path.is_empty()).unwrap_or_else(|| DATABASE.to_owned());
    let mut secrets = Secrets { folder, environment, vault: None, warnings: Vec::new() };
    let (place, key) = match section.entry("key") {
        Some(entry) => (entry.place.clone(), secrets.read_one(&entry)?),
        None => {
            let file = folder.join(KEY.trim_start_matches("file:"));
            let missing = |error: std::io::Error| {
                let message =
                    format!("store.key: the key file cannot be read: {error}; run `issuesync init` to make one");
                ConfigError::of(file.display().to_string(), message)
            };
            let text = std::fs::read_to_string(&file).map_err(missing)?;
            (file.display().to_string(), issuesync_model::Secret::new(text))
        }
    };
    let vault = KeyVault::parse(key.reveal()).map_err(|error| ConfigError::of(place, format!("store.key: {error}")))?;
    section.finish()?;
    Ok((folder.join(path), vault, secrets.warnings))
}

fn read_log(mut section: Section) -> Result<LogConfig, ConfigError> {
    let level = match section.entry("level") {
        None => "info".to_owned(),
        Some(entry) => {
            let text = entry.text()?;
            if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&text) {
                return Err(entry.wrong(&format!("must be error, warn, info, debug, trace or directives: {error}")));
            }
            text
        }
    };
    let json = section.choice("format", &[("text", false), ("json", true)])?.unwrap_or(false);
    section.finish()?;
    Ok(LogConfig { level, json })
}

fn read_timing(mut section: Section) -> Result<Timing, ConfigError> {
    let mut timing = Timing::default();
    let fields: [(&'static str, &mut i64); 11] = [
        ("retry_base", &mut timing.retry_base_us),
        ("create_settle", &mut timing.create_settle_us),
        ("gone_confirm", &mut timing.gone_confirm_us),
        ("regress_confirm", &mut timing.regress_confirm_us),
        ("echo_wait", &mut timing.echo_wait_us),
        ("lease", &mut timing.lease_us),
        ("http_timeout", &mut timing.http_timeout_us),
        ("poll", &mut timing.poll_us),
        ("full", &mut timing.full_us),
        ("poll_overlap", &mut timing.poll_overlap_us),
        ("commit_lag", &mut timing.commit_lag_us),
    ];
    for (key, place) in fields {
        if let Some(us) = section.duration(key)? {
            *place = us;
        }
    }
    if timing.lease_us <= timing.lease_margin_us() {
        let message =
            "timing.lease must be clearly longer than timing.http_timeout, or no request is ever sent under a lease";
        return Err(ConfigError::of(section.place(), message));
    }
    section.finish()?;
    Ok(timing)
}

fn read_webhooks(
    mut section: Section,
    secrets: &mut Secrets<'_>,
) -> Result<BTreeMap<ProviderKind, Vec<issuesync_model::Secret>>, ConfigError> {
    let mut webhooks = BTreeMap::new();
    let mut gitea = section.section("gitea")?;
    section.finish()?;
    if let Some(entry) = gitea.entry("secret") {
        let too_many = entry.wrong("takes one secret, or a list of two while rotating");
        let list = secrets.read(entry)?;
        if list.is_empty() || list.len() > 2 {
            return Err(too_many);
        }
        webhooks.insert(ProviderKind::Gitea, list);
    }
    gitea.finish()?;
    Ok(webhooks)
}

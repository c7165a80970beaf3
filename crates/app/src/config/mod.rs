//! The configuration: `issuesync.toml`, overlaid by `ISSUESYNC__SECTION__KEY` variables, checked before anything starts.
//!
//! Every mistake is one sentence that names file, line, column and key. Nothing here opens a port or a database.

mod error;
mod node;
mod read;
mod secret;
mod section;
mod settings;
pub mod template;

pub use error::ConfigError;
pub use issuesync_server::duration::parse_us;

use crate::vault::KeyVault;
use issuesync_model::{ProviderKind, Secret, Settings, Timing};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where the file is looked for when none is named.
pub const DEFAULT_FILE: &str = "issuesync.toml";

/// Environment variables by name: an argument, so that tests bring their own.
pub type Environment = BTreeMap<String, String>;

/// Everything that a service is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// The database file; its folder is the data directory.
    pub database: PathBuf,
    /// The keys that seal stored secrets.
    pub vault: KeyVault,
    /// Connections that are applied at start.
    pub connections: Vec<Declared>,
    /// Secrets of the short webhook address, the newest first.
    pub webhooks: BTreeMap<ProviderKind, Vec<Secret>>,
    /// Every delay.
    pub timing: Timing,
    /// What is logged.
    pub log: LogConfig,
    /// What is allowed but should be better; said once at start.
    pub warnings: Vec<String>,
}

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// API and webhooks.
    pub listen: SocketAddr,
    /// Metrics; `None` is off.
    pub admin_listen: Option<SocketAddr>,
    /// The address by which trackers reach this service; `None` is `http://` and the listening address.
    pub public_url: Option<String>,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// A level, or directives such as `info,issuesync_engine=debug`.
    pub level: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

/// A connection that the file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its project.
    pub project: String,
    /// The repository's page.
    pub url: String,
    /// The tracker's token.
    pub token: Secret,
    /// The adapter; recognised when `None`.
    pub provider: Option<ProviderKind>,
    /// What a person decided.
    pub settings: Settings,
}

impl Config {
    /// Reads a file and the variables over it.
    ///
    /// # Errors
    /// One sentence about the first mistake.
    pub fn load(file: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ConfigError::of(
                file.display().to_string(),
                "there is no such file; run `issuesync init` to make one, or name another with --config",
            ),
            _ => ConfigError::of(file.display().to_string(), format!("it cannot be read: {error}")),
        })?;
        Self::parse(file, &text, environment)
    }

    /// Reads the text of a file; its folder is where relative paths begin.
    ///
    /// # Errors
    /// One sentence about the first mistake.
    pub fn parse(file: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let mut root = node::from_toml(&file.display().to_string(), text)?;
        node::overlay(&mut root, environment)?;
        read::config(root, file.parent().unwrap_or(Path::new("")), environment)
    }

    /// A configuration without a file, for a data directory of its own: any free port of loopback, a key file made
    /// when there is none. `demo`, the benchmarks and the live test start from it.
    ///
    /// # Errors
    /// When the directory or the key file cannot be made.
    pub fn in_dir(data: &Path) -> anyhow::Result<Self> {
        crate::data::make_private_dir(data)?;
        let key = data.join("issuesync.key");
        if !key.exists() {
            crate::data::write_private(&key, &KeyVault::new_key_text(), false)?;
        }
        Ok(Self {
            server: ServerConfig {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                admin_listen: None,
                public_url: None,
            },
            database: data.join("issuesync.db"),
            vault: KeyVault::parse(&std::fs::read_to_string(&key)?)?,
            connections: Vec::new(),
            webhooks: BTreeMap::new(),
            timing: Timing::default(),
            log: LogConfig { level: "warn".to_owned(), json: false },
            warnings: Vec::new(),
        })
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        match self.database.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

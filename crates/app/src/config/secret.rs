//! Secrets in the configuration: references, sealed values, and plain text with a warning.

use super::section::Entry;
use super::{ConfigError, Environment};
use crate::vault::{CONFIG_OWNER, KeyVault, SEALED_PREFIX};
use issuesync_model::Secret;
use issuesync_store::Vault;
use std::path::Path;

/// What turns references into secrets.
pub(super) struct Secrets<'a> {
    pub(super) folder: &'a Path,
    pub(super) environment: &'a Environment,
    pub(super) vault: Option<&'a KeyVault>,
    pub(super) warnings: Vec<String>,
}

impl Secrets<'_> {
    /// One secret or a list of them; each is there and not empty.
    pub(super) fn read(&mut self, entry: Entry) -> Result<Vec<Secret>, ConfigError> {
        let (key, place) = (entry.key.clone(), entry.place.clone());
        entry.texts()?.iter().map(|text| self.resolve(&key, &place, text)).collect()
    }

    /// Exactly one secret.
    pub(super) fn read_one(&mut self, entry: &Entry) -> Result<Secret, ConfigError> {
        let text = entry.text()?;
        self.resolve(&entry.key, &entry.place, &text)
    }

    fn resolve(&mut self, key: &str, place: &str, text: &str) -> Result<Secret, ConfigError> {
        let wrong = |message: String| ConfigError::of(place, format!("{key}: {message}"));
        let secret = if let Some(name) = text.strip_prefix("env:") {
            let value = self.environment.get(name);
            value.cloned().ok_or_else(|| wrong(format!("the environment variable {name} is not set")))?
        } else if let Some(path) = text.strip_prefix("file:") {
            let path = self.folder.join(path);
            let read = std::fs::read_to_string(&path);
            read.map_err(|error| wrong(format!("the file {} cannot be read: {error}", path.display())))?
        } else if text.starts_with(SEALED_PREFIX) {
            let vault = self.vault.ok_or_else(|| wrong("the key itself cannot be sealed".to_owned()))?;
            let opened = vault.open(CONFIG_OWNER, text);
            opened
                .map_err(|_| wrong("it was sealed with another key file; seal it again".to_owned()))?
                .reveal()
                .to_owned()
        } else {
            if !text.is_empty() {
                self.warnings.push(format!(
                    "{place}: {key} holds its secret as plain text; put it into a file and write \"file:PATH\", or use \"env:NAME\""
                ));
            }
            text.to_owned()
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(wrong("the secret is empty".to_owned()));
        }
        Ok(Secret::new(secret))
    }
}

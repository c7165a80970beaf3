//! The configuration, the key file and sealed secrets: every mistake is a sentence with a place, and nothing opens by chance.

use crate::input::Input;
use issuesync::config::{Config, Environment};
use issuesync::vault::{KeyVault, SEALED_PREFIX};
use issuesync_model::Secret;
use std::path::Path;

/// A key of 64 hex digits.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// A folder that is nowhere, so that no file is read but what a text names from the root.
const FOLDER: &str = "/nowhere/issuesync";

/// A variable's name and value, then the text of the file.
///
/// # Panics
/// When a promise about the configuration is broken.
pub fn config(data: &[u8]) {
    let mut input = Input::new(data);
    let (name, value) = (input.short(), input.short());
    let text = input.rest_text();
    if [&value, &text].iter().any(|text| text.contains("file:/") || text.contains("\\u")) {
        // Files of this machine are nobody's input; an endless one would never be read to its end.
        return;
    }
    let mut environment = Environment::from([("KEY".to_owned(), KEY.to_owned())]);
    environment.insert("ISSUESYNC__STORE__KEY".to_owned(), "env:KEY".to_owned());
    environment.insert(format!("ISSUESYNC__{name}"), value);
    let file = Path::new(FOLDER).join("issuesync.toml");
    match Config::parse(&file, &text, &environment) {
        Ok(config) => {
            assert!(config.timing.lease_us > config.timing.lease_margin_us(), "a request can be sent under a lease");
            assert!(config.webhooks.values().flatten().all(|secret| !secret.is_empty()));
            for declared in &config.connections {
                assert!(!declared.name.is_empty() && !declared.token.is_empty());
            }
        }
        Err(error) => {
            let knows = error.place.starts_with(FOLDER) || error.place.starts_with("the environment variable ");
            assert!(knows, "a mistake has a place: {error}");
            assert!(!error.message.trim().is_empty(), "a mistake has a sentence: {error}");
        }
    }
}

/// An owner, a text that may be sealed, then the text of a key file.
///
/// # Panics
/// When a promise about keys and sealed secrets is broken.
pub fn vault(data: &[u8]) {
    use issuesync_store::Vault;
    let mut input = Input::new(data);
    let (owner, sealed) = (input.short(), input.long());
    let text = input.rest_text();
    let own = KeyVault::parse(KEY).expect("the key is one");
    assert!(own.open(&owner, &sealed).is_err(), "nobody guesses a sealed text");
    assert!(own.open(&owner, &format!("{SEALED_PREFIX}{sealed}")).is_err(), "nobody guesses a sealed text");
    let Ok(keys) = KeyVault::parse(&text) else { return };
    let made = keys.seal(&owner, &Secret::new(sealed.clone()));
    assert_eq!(keys.open(&owner, &made).map(|secret| secret.reveal().to_owned()), Ok(sealed));
    assert!(keys.open(&format!("{owner}."), &made).is_err(), "a secret is bound to its owner");
    assert!(!format!("{keys:?}").contains(text.trim()) || text.trim().len() < 64, "keys are not printed");
}

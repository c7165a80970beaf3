//! The vault: what is sealed opens for its owner under its key, and for nobody else.

use issuesync::vault::{KeyError, KeyVault};
use issuesync_model::Secret;
use issuesync_store::{Vault, VaultError};

fn vault() -> KeyVault {
    KeyVault::parse(&KeyVault::new_key_text()).expect("a fresh key")
}

#[test]
fn a_secret_opens_for_its_owner_only() {
    let vault = vault();
    let sealed = vault.seal("account-1", &Secret::new("canary"));
    assert!(!sealed.contains("canary") && sealed.starts_with("sealed:v1:"));
    assert_eq!(vault.open("account-1", &sealed), Ok(Secret::new("canary")));
    assert_eq!(vault.open("account-2", &sealed), Err(VaultError));
    assert_eq!(self::vault().open("account-1", &sealed), Err(VaultError));
}

#[test]
fn equal_secrets_seal_differently() {
    let vault = vault();
    assert_ne!(vault.seal("o", &Secret::new("s")), vault.seal("o", &Secret::new("s")));
}

#[test]
fn every_changed_digit_is_found() {
    let vault = vault();
    let sealed = vault.seal("o", &Secret::new("s"));
    for at in 0..sealed.len() {
        let digit = if &sealed[at..=at] == "0" { "1" } else { "0" };
        let changed = format!("{}{digit}{}", &sealed[..at], &sealed[at + 1..]);
        assert_eq!(vault.open("o", &changed), Err(VaultError), "{changed}");
    }
    for broken in ["", "sealed:v1:", "sealed:v1:00:", &sealed[..sealed.len() - 2], &sealed[..40]] {
        assert_eq!(vault.open("o", broken), Err(VaultError));
    }
}

#[test]
fn an_older_key_still_opens_after_rotation() {
    let (old, new) = (KeyVault::new_key_text(), KeyVault::new_key_text());
    let sealed = KeyVault::parse(&old).expect("a key").seal("o", &Secret::new("s"));
    let rotated = KeyVault::parse(&format!("{new}{old}")).expect("two keys");
    assert_eq!(rotated.open("o", &sealed), Ok(Secret::new("s")));
    assert!(KeyVault::parse(&new).expect("a key").open("o", &rotated.seal("o", &Secret::new("s"))).is_ok());
}

#[test]
fn a_key_file_that_is_none_is_refused() {
    assert_eq!(KeyVault::parse("# only words\n\n").err(), Some(KeyError::Empty));
    assert_eq!(KeyVault::parse("abc").err(), Some(KeyError::Malformed));
    assert_eq!(KeyVault::parse(&"g".repeat(64)).err(), Some(KeyError::Malformed));
}

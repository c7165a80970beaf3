//! Secrets at rest: sealed before they reach a store, opened when they are needed.

use issuesync_model::Secret;

/// Seals and opens secrets. `owner` (an account's or connection's id) is bound to the sealed text, so that a
/// sealed secret copied to another row does not open there.
pub trait Vault: Send + Sync {
    /// Seals a secret for its owner.
    fn seal(&self, owner: &str, secret: &Secret) -> String;

    /// Opens what was sealed for that owner.
    ///
    /// # Errors
    /// When it was sealed with another key, for another owner, or was changed.
    fn open(&self, owner: &str, sealed: &str) -> Result<Secret, VaultError>;
}

/// A sealed secret that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret cannot be opened with this key file; restore the key file that belongs to the database")]
pub struct VaultError;

/// No sealing at all: for simulations and tests whose secrets are not secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainVault;

impl Vault for PlainVault {
    fn seal(&self, _owner: &str, secret: &Secret) -> String {
        secret.reveal().to_owned()
    }

    fn open(&self, _owner: &str, sealed: &str) -> Result<Secret, VaultError> {
        Ok(Secret::new(sealed))
    }
}

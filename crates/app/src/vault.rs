//! Secrets at rest: XChaCha20-Poly1305 under the installation's key file, bound to the row that owns them.
//!
//! The key file holds one key a line, 64 hex digits each, `#` begins a comment. The first key seals, every key opens:
//! a new line at the top rotates. A sealed text is `sealed:v1:KEY_ID:HEX`, the hex being a random nonce and the ciphertext.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use issuesync_model::{Secret, log::hex};
use issuesync_store::{Vault, VaultError};
use sha2::{Digest, Sha256};
use std::fmt;

/// What every sealed text begins with.
pub const SEALED_PREFIX: &str = "sealed:v1:";
/// The owner of values that are sealed for the configuration file.
pub const CONFIG_OWNER: &str = "config";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The keys of one installation.
#[derive(Clone)]
pub struct KeyVault {
    keys: Vec<(String, XChaCha20Poly1305)>,
}

impl KeyVault {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// A sentence when it holds no key or something that is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|line| key(line).ok_or(KeyError::Malformed)).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyError::Empty) } else { Ok(Self { keys }) }
    }

    /// The text of a fresh key file.
    #[must_use]
    pub fn new_key_text() -> String {
        let digits = hex(&crate::random::bytes::<KEY_BYTES>());
        format!(
            "# Opens the secrets in issuesync's database. Keep it private, and a copy of it apart from backups.\n{digits}\n"
        )
    }
}

impl Vault for KeyVault {
    fn seal(&self, owner: &str, secret: &Secret) -> String {
        let (id, cipher) = self.keys.first().expect("a vault is never made without a key");
        let nonce = crate::random::bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: owner.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).expect("a secret is far below the cipher's limit");
        format!("{SEALED_PREFIX}{id}:{}{}", hex(&nonce), hex(&sealed))
    }

    fn open(&self, owner: &str, sealed: &str) -> Result<Secret, VaultError> {
        let (id, digits) =
            sealed.strip_prefix(SEALED_PREFIX).and_then(|rest| rest.split_once(':')).ok_or(VaultError)?;
        let (_, cipher) = self.keys.iter().find(|(key, _)| key == id).ok_or(VaultError)?;
        let bytes = unhex(digits).ok_or(VaultError)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        let opened = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError)?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| VaultError)
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyVault with {} keys", self.keys.len())
    }
}

/// A key file that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no key in it.
    #[error("the key file holds no key; run `issuesync init` in an empty folder to make one")]
    Empty,
    /// A line is no key.
    #[error("a line of the key file is no key: each is 64 hex digits")]
    Malformed,
}

fn key(line: &str) -> Option<(String, XChaCha20Poly1305)> {
    let bytes: [u8; KEY_BYTES] = unhex(line)?.try_into().ok()?;
    let id = hex(&Sha256::digest(bytes)[..4]);
    Some((id, XChaCha20Poly1305::new(&Key::from(bytes))))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

//! API tokens as texts: `isy_`, 64 hex digits of randomness, 8 hex digits of CRC32.
//!
//! The check sum tells a mistyped or invented token without a look into the store, and lets scanners of secrets
//! recognise one. Only the SHA-256 of the text is ever stored.

use issuesync_model::{Secret, log::hex};
use sha2::{Digest, Sha256};

const PREFIX: &str = "isy_";
const RANDOM_DIGITS: usize = 64;
const SUM_DIGITS: usize = 8;

/// A token that was just made: its text is shown once, its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The text for whoever will use it.
    pub text: Secret,
    /// SHA-256 of the text, in hex.
    pub hash: String,
}

/// Makes a token of 32 random bytes, which must come from a cryptographic source.
#[must_use]
pub fn create(random: [u8; 32]) -> Created {
    let digits = hex(&random);
    let text = format!("{PREFIX}{digits}{:08x}", crc32(digits.as_bytes()));
    Created { hash: hash(&text), text: Secret::new(text) }
}

/// SHA-256 of a token's text, in hex, as it is stored.
#[must_use]
pub fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Whether a text can be a token at all: prefix, length, digits and check sum.
#[must_use]
pub fn is_well_formed(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    if rest.len() != RANDOM_DIGITS + SUM_DIGITS || !rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let (digits, sum) = rest.split_at(RANDOM_DIGITS);
    u32::from_str_radix(sum, 16) == Ok(crc32(digits.as_bytes()))
}

/// CRC-32 as in IEEE 802.3 and zlib, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg()))
    });
    !crc
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;

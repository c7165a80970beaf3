//! HMAC-SHA256 (RFC 2104) over raw bytes, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use issuesync_model::Secret;
use sha2::Sha256;

/// Whether a hexadecimal signature is that of the message under one of the secrets.
pub(crate) fn matches_any(secrets: &[Secret], message: &[u8], signature_hex: &str) -> bool {
    let Some(signature) = from_hex(signature_hex) else { return false };
    secrets.iter().filter(|secret| !secret.is_empty()).any(|secret| {
        Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes())
            .is_ok_and(|mac| mac.chain_update(message).verify_slice(&signature).is_ok())
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    // A number parser would take `+c` for `0c`: only the digits themselves are a signature.
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|start| u8::from_str_radix(text.get(start..start + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const SIGNATURE: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const MESSAGE: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn the_published_vector_matches() {
        let secrets = [Secret::new("other"), Secret::new("Jefe")];
        assert!(matches_any(&secrets, MESSAGE, SIGNATURE));
        assert!(!matches_any(&secrets[..1], MESSAGE, SIGNATURE));
    }

    #[test]
    fn what_is_no_signature_never_matches() {
        let secrets = [Secret::new("Jefe")];
        for bad in [
            "",
            "5",
            "zz",
            &SIGNATURE[..62],
            &format!("{SIGNATURE}00"),
            &SIGNATURE.replace("04", "+4"),
            &SIGNATURE.replace('5', "\u{ff15}"),
            &format!(" {SIGNATURE}"),
        ] {
            assert!(!matches_any(&secrets, MESSAGE, bad), "{bad}");
        }
        assert!(!matches_any(&[], MESSAGE, SIGNATURE));
        assert!(!matches_any(&[Secret::new("")], MESSAGE, SIGNATURE));
    }
}

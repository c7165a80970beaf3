//! Deliveries: whatever comes is turned away by a value, and only a true signature verifies.

use crate::input::Input;
use hmac::{Hmac, KeyInit, Mac};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Secret, log::hex};
use issuesync_provider::Provider;
use sha2::Sha256;

/// Values of the event header, the common ones first.
pub(crate) const EVENTS: [&str; 5] = ["issues", "issue_comment", "pull_request", "push", ""];
/// Content types, as far as they matter.
pub(crate) const KINDS: [&str; 4] = ["application/json", "application/x-www-form-urlencoded", "text/plain; x=y", ""];
/// Headers that carry signatures.
pub(crate) const SIGNATURES: [&str; 4] =
    ["x-gitea-signature", "x-forgejo-signature", "x-gogs-signature", "x-hub-signature-256"];

/// The longest message about a delivery.
const MESSAGE_MAX: usize = 300;

fn header(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// A delivery: event, content type, one more header, then the body.
///
/// # Panics
/// When a promise about deliveries is broken.
pub fn webhook(data: &[u8]) {
    let mut input = Input::new(data);
    let mut headers = vec![header("x-gitea-event", input.pick(&EVENTS)), header("content-type", input.pick(&KINDS))];
    let names = ["x-gitea-event-type", "x-gitea-delivery", "x-forgejo-event", "x-gitea-signature"];
    headers.push(header(input.pick(&names), input.short()));
    let body = input.rest();
    let json = Gitea.payload(&headers, body);
    if let Some(id) = Gitea.delivery_id(&headers) {
        assert!(!id.is_empty(), "an empty id folds every delivery into one");
    }
    match Gitea.notice(&headers, &json) {
        Ok(notice) => {
            let points = notice.number.is_some() && notice.repo_id.is_some();
            assert!(points || notice.ignored.is_some(), "a notice points at an issue or says why it does not matter");
            assert!(notice.snapshot.is_none(), "payloads of Gitea are not to be trusted");
        }
        Err(error) => {
            assert!(error.0.chars().count() <= MESSAGE_MAX, "{}", error.0);
            assert!(!error.0.chars().any(char::is_control), "{:?}", error.0);
        }
    }
    let verified = Gitea.verify(&headers, body, &[Secret::new("s3cret")]);
    assert!(verified.is_err(), "nobody guesses a signature");
}

/// A signature: which header, a secret, another secret, where a bit is turned, then the message.
///
/// # Panics
/// When a wrong signature verifies or a true one does not.
pub fn signature(data: &[u8]) {
    let mut input = Input::new(data);
    let name = input.pick(&SIGNATURES[..3]);
    let (secret, other, text) = (input.short(), input.short(), input.short());
    let place = usize::from(input.byte());
    let message = input.rest();
    let verify = |signature: &str, secret: &str, message: &[u8]| {
        let headers = [header("content-type", "application/json"), header(name, signature)];
        Gitea.verify(&headers, message, &[Secret::new("unused"), Secret::new(secret)]).is_ok()
    };
    let signed = sign(&secret, message);
    assert_eq!(verify(&signed, &secret, message), !secret.is_empty(), "a true signature, unless the secret is none");
    assert!(verify(&signed.to_uppercase(), &secret, message) || secret.is_empty(), "hex digits have no case");
    if text != signed && text.to_lowercase() != signed {
        assert!(!verify(&text, &secret, message), "{text}");
    }
    if other != secret {
        assert!(!verify(&sign(&other, message), &secret, message) || sign(&other, message) == signed);
    }
    let mut turned = message.to_vec();
    match turned.get_mut(place) {
        Some(byte) => *byte ^= 1,
        None => turned.push(0),
    }
    assert!(!verify(&signed, &secret, &turned), "another message");
    let mut digits = signed.into_bytes();
    let at = place % digits.len();
    digits[at] = if digits[at] == b'0' { b'1' } else { b'0' };
    let digits = String::from_utf8_lossy(&digits).into_owned();
    assert!(!verify(&digits, &secret, message), "one digit off");
    let doubled = [header(name, &*sign(&secret, message)), header(name, &*sign(&secret, message))];
    assert!(Gitea.verify(&doubled, message, &[Secret::new(secret)]).is_err(), "which of the two is meant?");
}

/// HMAC-SHA256 in hex.
pub(crate) fn sign(secret: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    hex(&mac.chain_update(message).finalize().into_bytes())
}

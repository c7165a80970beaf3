//! Deliveries prove their origin over raw bytes; everything else is turned away alike.

use crate::fixture::{headers, signature};
use issuesync_forges::gitea::Gitea;
use issuesync_model::Secret;
use issuesync_provider::{Provider, Unverified};

const SECRET: &str = "s3cret";
const BODY: &[u8] = b"{\n  \"action\": \"edited\", \"text\": \"\\u003cb\\u003e +&=\"\n}";

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new(*text)).collect()
}

fn verify(pairs: &[(&str, &str)], body: &[u8], known: &[&str]) -> Result<Vec<u8>, Unverified> {
    Gitea.verify(&headers(pairs), body, &secrets(known)).map(std::borrow::Cow::into_owned)
}

#[test]
fn each_products_header_is_accepted() {
    let good = signature(SECRET, BODY);
    for name in ["x-gitea-signature", "x-forgejo-signature", "x-gogs-signature"] {
        assert_eq!(verify(&[(name, &good)], BODY, &[SECRET]), Ok(BODY.to_vec()), "{name}");
    }
    let both = [("x-gitea-signature", good.as_str()), ("x-forgejo-signature", good.as_str())];
    assert_eq!(verify(&both, BODY, &[SECRET]), Ok(BODY.to_vec()));
}

#[test]
fn both_secrets_of_a_rotation_are_accepted_and_no_third() {
    for secret in ["old", "new"] {
        let good = signature(secret, BODY);
        assert!(verify(&[("x-gitea-signature", &good)], BODY, &["new", "old"]).is_ok());
    }
    let expired = signature("older", BODY);
    assert_eq!(verify(&[("x-gitea-signature", &expired)], BODY, &["new", "old"]), Err(Unverified));
}

#[test]
fn a_tampered_byte_is_seen() {
    let good = signature(SECRET, BODY);
    for place in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[place] ^= 1;
        assert_eq!(verify(&[("x-gitea-signature", &good)], &body, &[SECRET]), Err(Unverified), "byte {place}");
    }
}

#[test]
fn every_other_cause_is_turned_away_alike() {
    let good = signature(SECRET, BODY);
    let prefixed = format!("sha256={good}");
    let longer = format!("{good}00");
    let other = signature("other", BODY);
    let name = "x-gitea-signature";
    for pairs in [
        vec![],
        vec![(name, "")],
        vec![(name, "zz")],
        vec![(name, &good[..63])],
        vec![(name, &good[..62])],
        vec![(name, longer.as_str())],
        vec![(name, prefixed.as_str())],
        vec![(name, other.as_str())],
        vec![(name, good.as_str()), (name, good.as_str())],
        vec![(name, good.as_str()), ("x-forgejo-signature", other.as_str())],
        vec![(name, good.as_str()), ("x-gogs-signature", "")],
        vec![("x-hub-signature-256", prefixed.as_str())],
        vec![("x-hub-signature", good.as_str())],
    ] {
        assert_eq!(verify(&pairs, BODY, &[SECRET]), Err(Unverified), "{pairs:?}");
    }
}

#[test]
fn without_a_secret_nothing_is_verified() {
    let good = signature(SECRET, BODY);
    assert_eq!(verify(&[("x-gitea-signature", &good)], BODY, &[]), Err(Unverified));
    let empty = signature("", BODY);
    assert_eq!(verify(&[("x-gitea-signature", &empty)], BODY, &[""]), Err(Unverified));
    assert_eq!(verify(&[("x-gitea-signature", "")], BODY, &[""]), Err(Unverified));
}

/// The JSON as a form, quoted as Go's `url.Values` does.
fn form() -> Vec<u8> {
    let mut form = b"payload=".to_vec();
    for byte in BODY {
        match byte {
            b' ' => form.push(b'+'),
            byte if byte.is_ascii_alphanumeric() => form.push(*byte),
            byte => form.extend(format!("%{byte:02X}").bytes()),
        }
    }
    form
}

#[test]
fn of_a_form_the_payload_alone_is_what_was_signed() {
    let good = signature(SECRET, BODY);
    for kind in [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded",
    ] {
        let pairs = [("x-gitea-signature", good.as_str()), ("content-type", kind)];
        assert_eq!(verify(&pairs, &form(), &[SECRET]), Ok(BODY.to_vec()), "{kind}");
        let more = [b"other=1&".to_vec(), form(), b"&last=%zz".to_vec()].concat();
        assert_eq!(verify(&pairs, &more, &[SECRET]), Ok(BODY.to_vec()), "{kind}");
        assert_eq!(verify(&pairs, b"other=1", &[SECRET]), Err(Unverified));
        assert_eq!(Gitea.payload(&headers(&pairs), &form()).as_ref(), BODY);
    }
    let json = [("x-gitea-signature", good.as_str()), ("content-type", "application/json")];
    assert_eq!(verify(&json, &form(), &[SECRET]), Err(Unverified));
}

//! Names and contents of fixture files: one kind of exchange, one file.

use super::api::parse;
use super::scrub::{DATE, Scrub};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The secret that every recorded delivery is signed with.
pub(super) const SECRET: &str = "fixture-secret";

/// Headers as they came: names in lower case.
pub(super) type Headers = Vec<(String, String)>;

/// Longer lists are cut: three show the shape.
const LIST_MAX: usize = 3;

/// One request and its answer, before scrubbing.
pub(super) struct Exchange<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) request_headers: &'a Headers,
    pub(super) request_body: &'a str,
    pub(super) status: u16,
    pub(super) response_headers: &'a Headers,
    pub(super) response_body: &'a str,
}

impl Exchange<'_> {
    /// `GET /api/v1/repos/o/r/issues/7/comments` is `issue_comments_list`; a refusal adds its status.
    pub(super) fn name(&self) -> String {
        let path = self.path.trim_start_matches("/api/");
        let (path, product) = path.strip_prefix("v1/").map_or((path, false), |path| (path, true));
        let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if product && parts.first() == Some(&"repos") && parts.len() >= 3 {
            parts.drain(..3);
        }
        let mut words: Vec<String> = Vec::new();
        for part in &parts {
            if part.bytes().all(|byte| byte.is_ascii_digit()) {
                if let Some(last) = words.last_mut() {
                    *last = singular(last);
                }
            } else {
                words.push((*part).to_owned());
            }
        }
        let plural = words.last().is_some_and(|word| word.ends_with('s') && parts.last() == Some(&word.as_str()));
        if words.is_empty() {
            words.push("repo".to_owned());
        }
        let verb = match self.method {
            "GET" if plural => "list",
            "GET" => "get",
            "POST" => "create",
            "PATCH" => "edit",
            "PUT" => "put",
            _ => "delete",
        };
        words.push(verb.to_owned());
        if self.status >= 300 {
            words.push(self.status.to_string());
        }
        words.join("_").replace('-', "_")
    }

    pub(super) fn file(&self, scrub: &Scrub) -> Value {
        let mut headers = kept(scrub, self.request_headers, &["accept", "content-type"]);
        if self.request_headers.iter().any(|(name, _)| name == "authorization") {
            headers.insert("authorization".to_owned(), "token fixture-token".into());
        }
        let mut answer =
            kept(scrub, self.response_headers, &["content-type", "link", "location", "retry-after", "x-total-count"]);
        answer.insert("date".to_owned(), DATE.into());
        json!({
            "request": { "method": self.method, "path": self.path, "query": scrub.query(self.query), "headers": headers,
                "body": settled(parse(&scrub.text(self.request_body))) },
            "response": { "status": self.status, "headers": answer, "body": settled(parse(&scrub.text(self.response_body))) },
        })
    }
}

fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

fn kept(scrub: &Scrub, headers: &Headers, names: &[&str]) -> Map<String, Value> {
    let kept = headers.iter().filter(|(name, _)| names.contains(&name.as_str()));
    let scrubbed = |name: &str, value: &str| if name == "link" { scrub.link(value) } else { scrub.text(value) };
    kept.map(|(name, value)| (name.clone(), scrubbed(name, value).into())).collect()
}

/// Cuts lists, and orders the events of hooks, which Gitea shuffles.
fn settled(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.truncate(LIST_MAX);
            Value::Array(items.into_iter().map(hook_in_order).collect())
        }
        other => hook_in_order(other),
    }
}

fn hook_in_order(mut value: Value) -> Value {
    if let Some(Value::Array(events)) = value.get_mut("events") {
        events.sort_by_key(Value::to_string);
    }
    if let Some(Value::String(secret)) = value.pointer_mut("/config/secret") {
        SECRET.clone_into(secret);
    }
    value
}

/// `delivery_issues_edited_title`; comments on pull requests add `pull`, a tag of the scenario comes last.
pub(super) fn delivery_name(headers: &Headers, body: &str, tag: &str) -> String {
    let header = |name: &str| headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value.as_str());
    let body = parse(body);
    let mut words = vec!["delivery".to_owned(), header("x-gitea-event").to_owned()];
    words.extend(body["action"].as_str().map(str::to_owned));
    if let Some(changes) = body["changes"].as_object() {
        words.extend(changes.keys().cloned());
    }
    if body["is_pull"] == true {
        words.push("pull".to_owned());
    }
    if !tag.is_empty() {
        words.push(tag.to_owned());
    }
    words.join("_").replace('-', "_")
}

/// The file of a delivery, signed anew over its scrubbed text.
pub(super) fn delivery_file(scrub: &Scrub, name: &str, headers: &Headers, body: &str) -> Value {
    let text = scrub.text(body);
    let signature = sign(SECRET, text.as_bytes());
    let uuid = uuid_of(name);
    let mut out = Map::new();
    for (name, value) in headers {
        let value = match name.as_str() {
            "x-gitea-delivery" | "x-gogs-delivery" | "x-github-delivery" | "x-forgejo-delivery" => uuid.clone(),
            "x-gitea-signature" | "x-gogs-signature" | "x-forgejo-signature" => signature.clone(),
            "x-hub-signature-256" => format!("sha256={signature}"),
            // The SHA-1 form is left out: nothing here should come to trust it.
            "x-hub-signature" => continue,
            "content-type" | "user-agent" => value.clone(),
            other if other.starts_with("x-") => scrub.text(value),
            _ => continue,
        };
        out.insert(name.clone(), value.into());
    }
    json!({ "delivery": { "headers": out, "body_text": text, "secret": SECRET } })
}

/// Lower-case hexadecimal HMAC-SHA256.
pub(super) fn sign(secret: &str, text: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text);
    hex(&mac.finalize().into_bytes())
}

/// A delivery id that stays the same from recording to recording and differs from file to file.
fn uuid_of(name: &str) -> String {
    let hash = hex(&Sha256::digest(name.as_bytes()));
    format!("{}-{}-4{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "fixture_tests.rs"]
mod tests;

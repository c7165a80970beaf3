//! Deliveries: verified over the JSON that was signed, then read only for what they point at.

use super::map::issue_of;
use super::status::clipped;
use super::wire::{self, Issue, Payload};
use crate::depth;
use crate::hmac::matches_any;
use crate::time::micros;
use issuesync_model::{Field, ItemKind, Named, ProviderKind, Reason, Secret, State, Value};
use issuesync_provider::{Malformed, Notice, Unverified};
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// Headers that carry the bare hexadecimal signature; a server that sends several sends the same in each.
const SIGNATURES: [&str; 3] = ["x-gitea-signature", "x-forgejo-signature", "x-gogs-signature"];
const DELIVERIES: [&str; 4] = ["x-gitea-delivery", "x-forgejo-delivery", "x-gogs-delivery", "x-github-delivery"];
const EVENTS: [&str; 4] = ["x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-github-event"];
const EVENT_TYPES: [&str; 4] =
    ["x-gitea-event-type", "x-forgejo-event-type", "x-gogs-event-type", "x-github-event-type"];

const FORM: &str = "application/x-www-form-urlencoded";

fn headers_named<'a>(headers: &'a [(String, String)], names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    names.iter().flat_map(move |name| {
        headers.iter().filter(move |(known, _)| known == name).map(|(known, value)| (known.as_str(), value.as_str()))
    })
}

fn first<'a>(headers: &'a [(String, String)], names: &'a [&str]) -> Option<&'a str> {
    headers_named(headers, names).map(|(_, value)| value).next()
}

pub(super) fn verify<'a>(
    headers: &[(String, String)],
    body: &'a [u8],
    secrets: &[Secret],
) -> Result<Cow<'a, [u8]>, Unverified> {
    let signatures: Vec<(&str, &str)> = headers_named(headers, &SIGNATURES).collect();
    let doubled = signatures.windows(2).any(|pair| pair[0].0 == pair[1].0);
    if signatures.is_empty() || doubled {
        return Err(Unverified);
    }
    let json = payload(headers, body).ok_or(Unverified)?;
    // Equal ones are one proof: the body is hashed once for them all.
    let mut signatures: Vec<&str> = signatures.into_iter().map(|(_, signature)| signature).collect();
    signatures.dedup();
    let all_match = signatures.iter().all(|signature| matches_any(secrets, &json, signature));
    if all_match { Ok(json) } else { Err(Unverified) }
}

/// The JSON that was signed: the body, or the decoded `payload` of a form.
pub(super) fn payload<'a>(headers: &[(String, String)], body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let kind = first(headers, &["content-type"]).unwrap_or_default();
    let is_form = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
    if !is_form {
        return Some(Cow::Borrowed(body));
    }
    let value = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"payload="))?;
    let spaced: Vec<u8> = value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Some(Cow::Owned(percent_decode(&spaced).collect()))
}

pub(super) fn delivery_id(headers: &[(String, String)]) -> Option<String> {
    first(headers, &DELIVERIES).filter(|id| !id.is_empty()).map(str::to_owned)
}

pub(super) fn notice(headers: &[(String, String)], json: &[u8]) -> Result<Notice, Malformed> {
    let event = first(headers, &EVENTS).ok_or_else(|| Malformed("no header names the event".to_owned()))?.to_owned();
    if depth::is_too_deep(json) {
        return Err(Malformed(format!("the JSON is nested deeper than {} levels", depth::DEPTH_MAX)));
    }
    let kind = match event.as_str() {
        "issues" => ItemKind::Issue,
        "issue_comment" => ItemKind::Comment,
        _ => {
            let value: serde_json::Value = wire::read(json).map_err(malformed)?;
            let reason = format!("{event} events do not matter here");
            return Ok(ignored(&event, value.get("action").and_then(|action| action.as_str()), reason));
        }
    };
    let payload: Payload<'_> = wire::read(json).map_err(malformed)?;
    let is_pull = payload.is_pull
        || first(headers, &EVENT_TYPES).is_some_and(|exact| exact.starts_with("pull_request"))
        || payload.issue.as_ref().is_some_and(|issue| issue.pull_request.is_some());
    if is_pull {
        return Ok(ignored(&event, payload.action.as_deref(), "pull requests are not mirrored".to_owned()));
    }
    read(event, kind, &payload)
}

#[expect(clippy::needless_pass_by_value, reason = "it is used with map_err")]
fn malformed(why: String) -> Malformed {
    Malformed(clipped(&why))
}

fn ignored(event: &str, action: Option<&str>, reason: String) -> Notice {
    Notice {
        provider: ProviderKind::Gitea,
        event: event.to_owned(),
        action: action.map(str::to_owned),
        repo_id: None,
        repo_path: None,
        kind: ItemKind::Issue,
        number: None,
        comment: None,
        deleted: false,
        named: Vec::new(),
        sender: None,
        snapshot: None,
        ignored: Some(reason),
    }
}

fn read(event: String, kind: ItemKind, payload: &Payload<'_>) -> Result<Notice, Malformed> {
    let repository =
        payload.repository.as_ref().ok_or_else(|| Malformed("the payload names no repository".to_owned()))?;
    let action = payload.action.as_deref().ok_or_else(|| Malformed("the payload has no action".to_owned()))?;
    let comment = payload.comment.as_ref();
    if kind == ItemKind::Comment && comment.is_none() {
        return Err(Malformed("a comment event without a comment".to_owned()));
    }
    let number = payload
        .issue
        .as_ref()
        .map(|issue| issue.number)
        .or(payload.number)
        .or_else(|| comment.and_then(issue_of))
        .ok_or_else(|| Malformed("the payload names no issue".to_owned()))?;
    let sender = payload.sender.as_ref().map(|user| user.id);
    let named = match (kind, &payload.issue) {
        (ItemKind::Comment, _) => named_comment(payload, sender),
        (ItemKind::Issue, Some(issue)) => named_issue(action, payload, issue, sender),
        (ItemKind::Issue, None) => Vec::new(),
    };
    Ok(Notice {
        provider: ProviderKind::Gitea,
        repo_id: Some(repository.id),
        repo_path: Some(repository.full_name.to_string()),
        kind,
        number: Some(number),
        comment: comment.filter(|_| kind == ItemKind::Comment).map(|comment| comment.id),
        deleted: action == "deleted",
        event,
        action: Some(action.to_owned()),
        named,
        sender,
        snapshot: None,
        ignored: None,
    })
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The fields that an issue event names. Values after the change are taken only where every release has them right (titles, bodies, states).
fn named_issue(action: &str, payload: &Payload<'_>, issue: &Issue<'_>, sender: Option<i64>) -> Vec<Named> {
    let u_us = micros(&issue.updated_at);
    let named = |field, from: Option<Value>, to: Option<Value>| Named { field, from, to, u_us, sender };
    let state = |state| Some(Value::State(state));
    match action {
        "edited" => {
            let changes = payload.changes.iter();
            let title = changes.clone().filter_map(|changes| changes.title.as_ref());
            let body = changes.filter_map(|changes| changes.body.as_ref());
            title
                .map(|title| named(Field::Title, Some(text(&title.from)), Some(text(&issue.title))))
                .chain(body.map(|body| named(Field::Body, Some(text(&body.from)), Some(text(&issue.body)))))
                .collect()
        }
        "closed" => vec![named(Field::State, None, state(State::Closed(Reason::None)))],
        "reopened" => vec![named(Field::State, None, state(State::Open))],
        "assigned" | "unassigned" => vec![named(Field::Assignees, None, None)],
        "label_updated" | "label_cleared" => vec![named(Field::Labels, None, None)],
        "milestoned" | "demilestoned" => vec![named(Field::Milestone, None, None)],
        _ => Vec::new(),
    }
}

fn named_comment(payload: &Payload<'_>, sender: Option<i64>) -> Vec<Named> {
    let edits = payload.changes.iter().filter_map(|changes| changes.body.as_ref());
    let comment = payload.comment.as_ref();
    edits
        .map(|body| Named {
            field: Field::Body,
            from: Some(text(&body.from)),
            to: comment.map(|comment| text(&comment.body)),
            u_us: comment.and_then(|comment| micros(&comment.updated_at)),
            sender,
        })
        .collect()
}

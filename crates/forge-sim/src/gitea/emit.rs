//! Webhooks: what an event says, how it is signed, and which faults strike it on its way.
//!
//! A payload is written when the event happens, not when it is sent. One hook gets one delivery per event.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, Serializer};
use sha1::Sha1;
use sha2::Sha256;

use crate::config::Flavour;
use crate::gitea::object::object;
use crate::gitea::wire::Wrong;
use crate::gitea::{auth, gojson, wire, wire_repo};
use crate::history::DeliveryRow;
use crate::http::Delivery;
use crate::sim::{Cx, Sim};
use crate::world::{Comment, Hook, Repo};

/// What happened to an issue.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Opened,
    Title { from: String },
    Body { from: String },
    Closed,
    Reopened,
    Deleted,
    Assigned,
    Unassigned,
    Labels,
    Cleared,
    Milestoned,
    Demilestoned,
}

impl Event {
    fn action(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Title { .. } | Self::Body { .. } => "edited",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Deleted => "deleted",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Labels => "label_updated",
            Self::Cleared => "label_cleared",
            Self::Milestoned => "milestoned",
            Self::Demilestoned => "demilestoned",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Assigned | Self::Unassigned => "issue_assign",
            Self::Labels | Self::Cleared => "issue_label",
            Self::Milestoned | Self::Demilestoned => "issue_milestone",
            _ => "issues",
        }
    }
}

/// Tells the hooks about an issue, with what the snapshot has `wrong`.
pub(crate) fn issue(sim: &mut Sim, cx: &Cx, at: (u64, u64), event: &Event, wrong: &Wrong) {
    let (repo_id, number) = at;
    let Some(repo) = sim.world.repos.get(&repo_id) else { return };
    let Some(row) = repo.issues.get(&number).map(crate::world::Dated::get) else { return };
    if row.pull || !listens(repo.hooks.values(), event.kind()) {
        return;
    }
    let message = Message { group: "issues", kind: event.kind(), action: event.action(), number };
    send(sim, cx, repo_id, &message, |sim| {
        let repo = sim.world.repos.get(&repo_id)?;
        let issue = wire::issue(sim, repo, repo.issues.get(&number)?.get()).but(wrong);
        Some(gojson::indented(&AboutIssue { sim, cx, repo, event, number, issue }))
    });
}

/// Tells the hooks about a comment. `count` is the number of comments that the snapshot claims.
pub(crate) fn comment(
    sim: &mut Sim,
    cx: &Cx,
    repo_id: u64,
    comment: &Comment,
    action: &'static str,
    from: Option<&str>,
    count: u64,
) {
    let Some(repo) = sim.world.repos.get(&repo_id) else { return };
    let Some(row) = repo.issues.get(&comment.number).map(crate::world::Dated::get) else { return };
    let kind = if row.pull { "pull_request_comment" } else { "issue_comment" };
    if !listens(repo.hooks.values(), kind) {
        return;
    }
    let is_pull = row.pull;
    let message = Message { group: "issue_comment", kind, action, number: comment.number };
    send(sim, cx, repo_id, &message, |sim| {
        let repo = sim.world.repos.get(&repo_id)?;
        let wrong = Wrong { comments: Some(count), ..Wrong::default() };
        let issue = wire::issue(sim, repo, repo.issues.get(&comment.number)?.get()).but(&wrong);
        let comment = wire::comment(sim, repo, comment);
        Some(gojson::indented(&AboutComment { sim, cx, repo, action, from, is_pull, issue, comment }))
    });
}

/// The payload of an issue's event.
struct AboutIssue<'a> {
    sim: &'a Sim,
    cx: &'a Cx,
    repo: &'a Repo,
    event: &'a Event,
    number: u64,
    issue: wire::Issue<'a>,
}

impl Serialize for AboutIssue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changed = match self.event {
            Event::Title { from } => Some(Changed { field: "title", from }),
            Event::Body { from } => Some(Changed { field: "body", from }),
            _ => None,
        };
        object!(serializer, {
            "action": self.event.action(),
            "changes" [if changed.is_some()]: changed,
            "commit_id": "",
            "issue": self.issue,
            "number": self.number,
            "repository": repository(self.sim, self.cx, self.repo),
            "sender": wire::user(self.sim, self.cx.actor()),
        })
    }
}

/// The payload of a comment's event.
struct AboutComment<'a> {
    sim: &'a Sim,
    cx: &'a Cx,
    repo: &'a Repo,
    action: &'static str,
    from: Option<&'a str>,
    is_pull: bool,
    issue: wire::Issue<'a>,
    comment: wire::Comment<'a>,
}

impl Serialize for AboutComment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changed = self.from.map(|from| Changed { field: "body", from });
        object!(serializer, {
            "action": self.action,
            "changes" [if changed.is_some()]: changed,
            "comment": self.comment,
            "is_pull": self.is_pull,
            "issue": self.issue,
            "repository": repository(self.sim, self.cx, self.repo),
            "sender": wire::user(self.sim, self.cx.actor()),
        })
    }
}

/// The one text that an edit replaced.
struct Changed<'a> {
    field: &'static str,
    from: &'a str,
}

impl Serialize for Changed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.field, From(self.from))])
    }
}

struct From<'a>(&'a str);

impl Serialize for From<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, { "from": self.0 })
    }
}

fn repository<'a>(sim: &'a Sim, cx: &Cx, repo: &'a Repo) -> wire_repo::Repository<'a> {
    wire_repo::repository(sim, repo, auth::access(sim, cx, repo))
}

struct Message {
    group: &'static str,
    kind: &'static str,
    action: &'static str,
    number: u64,
}

fn listens<'a>(mut hooks: impl Iterator<Item = &'a Hook>, kind: &str) -> bool {
    hooks.any(|hook| hook.active && hook.events.contains(kind))
}

/// Sends a message to every hook that listens. What it says is written once, and not at all when it reaches nobody.
fn send(sim: &mut Sim, cx: &Cx, repo_id: u64, message: &Message, document: impl Fn(&Sim) -> Option<Vec<u8>>) {
    let hooks: Vec<Hook> = sim
        .world
        .repos
        .get(&repo_id)
        .map(|repo| {
            repo.hooks.values().filter(|hook| hook.active && hook.events.contains(message.kind)).cloned().collect()
        })
        .unwrap_or_default();
    let mut written: Option<Vec<u8>> = None;
    for hook in hooks {
        let id = sim.dice.uuid();
        let (fate, arrivals) = fate(sim, cx, &id);
        if !arrivals.is_empty() {
            if written.is_none() {
                written = document(sim);
            }
            let Some(document) = &written else { return };
            let signed = Signed::of(&hook, document);
            for (id, due_ms) in &arrivals {
                enqueue(sim, &hook, message, &signed, (id, *due_ms));
            }
        }
        let label = format!("{}/{}", message.group, message.action);
        let (at_ms, request, number) = (cx.now_ms, cx.request, message.number);
        let row = DeliveryRow { at_ms, request, id, hook_id: hook.id, label, number, fate };
        sim.history.delivery(row);
    }
}

/// What becomes of a delivery on its way: its fate, and under which id it arrives when.
fn fate(sim: &mut Sim, cx: &Cx, id: &str) -> (&'static str, Vec<(String, i64)>) {
    if sim.dice.hit(sim.faults.hook_drop_pm) {
        return ("dropped", Vec::new());
    }
    let mut fate = "queued";
    let mut arrivals = vec![(id.to_owned(), cx.now_ms + delay(sim))];
    if sim.dice.hit(sim.faults.hook_duplicate_pm) {
        fate = "duplicated";
        arrivals.push((id.to_owned(), cx.now_ms + delay(sim)));
    }
    if sim.dice.hit(sim.faults.hook_replay_pm) {
        fate = "replayed";
        let again = sim.dice.uuid();
        // A replay follows the first arrival.
        let first_ms = arrivals[0].1;
        arrivals.push((again, first_ms + 1 + delay(sim)));
    }
    (fate, arrivals)
}

fn delay(sim: &mut Sim) -> i64 {
    let (low, high) = (sim.faults.hook_delay_min_ms, sim.faults.hook_delay_max_ms);
    let mut delay = sim.dice.between(low, high);
    if sim.dice.hit(sim.faults.hook_reorder_pm) {
        delay += sim.dice.between(0, sim.faults.hook_reorder_ms);
    }
    delay
}

/// A payload as one hook gets it.
struct Signed {
    body: Vec<u8>,
    sha256: String,
    sha1: String,
}

impl Signed {
    fn of(hook: &Hook, document: &[u8]) -> Self {
        let keyed = !hook.secret.is_empty();
        let sha256 = if keyed { hex(&sign256(&hook.secret, document)) } else { String::new() };
        let sha1 = if keyed { hex(&sign1(&hook.secret, document)) } else { String::new() };
        let body = if hook.content_type == "form" {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("payload", &String::from_utf8_lossy(document));
            form.finish().into_bytes()
        } else {
            document.to_vec()
        };
        Self { body, sha256, sha1 }
    }
}

fn enqueue(sim: &mut Sim, hook: &Hook, message: &Message, signed: &Signed, (id, due_ms): (&str, i64)) {
    let delivery = Delivery {
        id: id.to_owned(),
        hook_id: hook.id,
        due_ms,
        url: hook.url.clone(),
        headers: headers(sim.config.flavour, hook, message, signed, id),
        body: signed.body.clone(),
        label: format!("{}/{}", message.group, message.action),
    };
    sim.queued += 1;
    sim.queue.insert((due_ms, sim.queued), delivery);
}

fn headers(flavour: Flavour, hook: &Hook, message: &Message, signed: &Signed, id: &str) -> Vec<(String, String)> {
    let content_type =
        if hook.content_type == "form" { "application/x-www-form-urlencoded" } else { "application/json" };
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    put("Content-Type", content_type);
    put("User-Agent", "Go-http-client/1.1");
    let mut brands = vec!["Gitea", "Gogs", "GitHub"];
    if flavour == Flavour::Forgejo {
        brands.push("Forgejo");
    }
    for brand in brands {
        put(&format!("X-{brand}-Delivery"), id);
        put(&format!("X-{brand}-Event"), message.group);
        put(&format!("X-{brand}-Event-Type"), message.kind);
        if brand != "GitHub" {
            put(&format!("X-{brand}-Signature"), &signed.sha256);
        }
    }
    put("X-Hub-Signature", &format!("sha1={}", signed.sha1));
    put("X-Hub-Signature-256", &format!("sha256={}", signed.sha256));
    if flavour == Flavour::Gitea {
        put("X-Gitea-Hook-Installation-Target-Type", "repository");
        put("X-GitHub-Hook-Installation-Target-Type", "repository");
    }
    if !hook.authorization_header.is_empty() {
        put("Authorization", &hook.authorization_header);
    }
    headers
}

fn sign256(secret: &str, document: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(document);
    mac.finalize().into_bytes().to_vec()
}

fn sign1(secret: &str, document: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(document);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

//! The edits of one side: people on the tracker, or an API user on the mirror. Both draw from the same few issues, so that they meet.

use crate::failure::Failure;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Time between two edits of one side.
const EVERY: Duration = Duration::from_millis(70);
/// One edit in so many is a delete, which keeps them below the mass-delete fuse.
const DELETE_EVERY: u64 = 90;
/// Deletes of one side.
const DELETES_MAX: u64 = 2;
const WORDS: [&str; 8] = ["login", "export", "menu", "search", "upload", "report", "cache", "theme"];

/// How many edits were accepted.
pub(in crate::commands) type Accepted = u64;

/// Where the edits are made.
pub(in crate::commands) struct Side {
    client: Client,
    kind: Kind,
    /// Whether the other end may die in the middle of a request.
    kills: bool,
}

enum Kind {
    Forge { root: String, tokens: Vec<String> },
    Mirror { root: String, token: String },
}

/// A small generator of numbers (SplitMix64), so that a seed repeats a run's draws.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % bound
    }

    fn words(&mut self) -> String {
        let mut word = || WORDS[usize::try_from(self.below(8)).unwrap_or(0)];
        format!("{} and {}", word(), word())
    }
}

impl Side {
    /// The tracker, edited by these people.
    pub(in crate::commands) fn forge(tracker: &str, repo: &str, people: [(&str, &str); 2]) -> Self {
        let tokens = people.iter().map(|(_, token)| (*token).to_owned()).collect();
        Self {
            client: Client::new(),
            kind: Kind::Forge { root: format!("{tracker}/api/v1/repos/{repo}"), tokens },
            kills: false,
        }
    }

    /// The mirror, edited by an API user.
    pub(in crate::commands) fn mirror(url: &str, token: &str) -> Self {
        Self {
            client: Client::new(),
            kind: Kind::Mirror { root: format!("{url}/api/v1"), token: token.to_owned() },
            kills: false,
        }
    }

    /// The same side, whose other end may be killed at any moment.
    pub(in crate::commands) fn through_kills(mut self) -> Self {
        self.kills = true;
        self
    }

    /// Issues that are there from the start.
    pub(in crate::commands) async fn seed(&self, issues: usize) -> Result<(), Failure> {
        for n in 1..=issues {
            let body = json!({"title": format!("Issue {n}"), "body": format!("What happens in case {n}.\n\nWhat should happen.\n")});
            self.send(Method::POST, "/issues", &body, 0).await?;
        }
        Ok(())
    }

    /// Edits until `end`; answers how many edits were accepted.
    pub(in crate::commands) async fn edit(&self, end: Instant, seed: u64) -> Result<Accepted, Failure> {
        let mut draw = Draw(seed);
        let (mut accepted, mut deletes, mut n) = (0, 0, 0_u64);
        let mut tick = tokio::time::interval(EVERY);
        while Instant::now() < end {
            tick.tick().await;
            n += 1;
            let delete = n.is_multiple_of(DELETE_EVERY) && deletes < DELETES_MAX;
            deletes += u64::from(delete);
            accepted += u64::from(self.one(&mut draw, n, delete).await?);
        }
        Ok(accepted)
    }

    /// Deletes the issue of that number; answers whether that was accepted.
    pub(in crate::commands) async fn delete(&self, number: u64) -> Result<bool, Failure> {
        let Some(target) = self.find(number).await? else { return Ok(false) };
        let answer = self.send(Method::DELETE, &format!("/issues/{target}"), &Value::Null, 0).await?;
        Ok(answer.is_some())
    }

    /// One edit; answers whether it was accepted (an issue that is just being deleted refuses it).
    async fn one(&self, draw: &mut Draw, n: u64, delete: bool) -> Result<bool, Failure> {
        let side = if matches!(self.kind, Kind::Forge { .. }) { "tracker" } else { "mirror" };
        // Few enough issues that both sides often edit the same one, and the same field of it.
        let number = draw.below(30) + 1;
        let Some(target) = self.find(number).await? else { return Ok(false) };
        let issue = format!("/issues/{target}");
        let person = draw.below(2);
        let (method, path, body) = match draw.below(12) {
            _ if delete && side == "mirror" => (Method::DELETE, issue, Value::Null),
            0..=2 => (Method::PATCH, issue, json!({"title": format!("{} ({side} {n})", draw.words())})),
            3..=4 => (Method::PATCH, issue, json!({"body": format!("The {} of {side} {n}.\n", draw.words())})),
            5 => (Method::PATCH, issue, json!({"state": if draw.below(2) == 0 { "closed" } else { "open" }})),
            6..=7 => return self.label(&target, draw, person).await,
            8 => (
                Method::POST,
                "/issues".to_owned(),
                json!({"title": format!("New {} ({side} {n})", draw.words()), "body": "Found today."}),
            ),
            _ => (
                Method::POST,
                format!("{issue}/comments"),
                json!({"body": format!("A remark about {} ({side} {n}).", draw.words())}),
            ),
        };
        self.send(method, &path, &body, person).await.map(|answer| answer.is_some())
    }

    async fn label(&self, target: &str, draw: &mut Draw, person: u64) -> Result<bool, Failure> {
        let names = ["bug", "feature", "docs", "wontfix"];
        let index = usize::try_from(draw.below(4)).unwrap_or(0);
        let answer = match &self.kind {
            Kind::Forge { .. } => {
                self.send(Method::POST, &format!("/issues/{target}/labels"), &json!({"labels": [index + 1]}), person)
                    .await?
            }
            Kind::Mirror { .. } => {
                let change = if draw.below(2) == 0 { "add_labels" } else { "remove_labels" };
                self.send(Method::PATCH, &format!("/issues/{target}"), &json!({change: [names[index]]}), person).await?
            }
        };
        Ok(answer.is_some())
    }

    /// The name by which this side knows an issue of that number.
    async fn find(&self, number: u64) -> Result<Option<String>, Failure> {
        match &self.kind {
            Kind::Forge { .. } => Ok(Some(number.to_string())),
            Kind::Mirror { .. } => {
                let page =
                    self.send(Method::GET, "/issues?state=all&limit=200", &Value::Null, 0).await?.unwrap_or_default();
                let ids: BTreeMap<u64, String> = page["items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|issue| Some((issue["external_number"].as_u64()?, issue["id"].as_str()?.to_owned())))
                    .collect();
                Ok(ids.get(&number).cloned())
            }
        }
    }

    /// One request; `None` when it was refused for a reason that edits on a moving target meet.
    async fn send(&self, method: Method, path: &str, body: &Value, person: u64) -> Result<Option<Value>, Failure> {
        let (url, credentials) = match &self.kind {
            Kind::Forge { root, tokens } => {
                let token = &tokens[usize::try_from(person).unwrap_or(0) % tokens.len()];
                (format!("{root}{path}"), format!("token {token}"))
            }
            Kind::Mirror { root, token } => (format!("{root}{path}"), format!("Bearer {token}")),
        };
        let mut request = self.client.request(method, url).header("authorization", credentials);
        if !body.is_null() {
            request = request.json(body);
        }
        let lost = |error: reqwest::Error| Failure::no(format!("an edit of the demo was not answered: {error}"));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(_) if self.kills => return Ok(None),
            Err(error) => return Err(lost(error)),
        };
        match answer.status().as_u16() {
            200..=299 => Ok(Some(answer.json().await.unwrap_or_default())),
            404 | 409 | 412 => Ok(None),
            // Gitea's own answer to a comment on an issue that was deleted.
            500 if path.ends_with("/comments") => Ok(None),
            status => Err(Failure::no(format!("an edit of the demo was refused with status {status}"))),
        }
    }
}

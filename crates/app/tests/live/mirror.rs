//! A person at the mirror: every local edit is a request to its REST API over loopback, with a bearer token of scope write.

use anyhow::{Context, Result, bail, ensure};
use issuesync::Service;
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an edit may take to reach the server.
const PATIENCE_MS: u64 = 20_000;
/// Longer than that: an answer that does not come is a failure of its own.
const ANSWER: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Mirror {
    client: Client,
    base: String,
    token: String,
}

struct Reply {
    status: u16,
    etag: Option<String>,
    json: Value,
}

impl Mirror {
    /// Has the administrator of the running service make the token, as anybody would.
    pub(crate) async fn of(service: &Service) -> Result<Self> {
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(ANSWER).build()?;
        let base = format!("{}/api/v1", service.url().context("the service listens")?);
        let admin = Self { client, base, token: service.token().to_owned() };
        let new = json!({"name": "live test", "scopes": ["write"]});
        let made = admin.send(Method::POST, "/tokens", Some(&new), &[]).await?.expect(201)?;
        let token = made["token"].as_str().context("a token is shown once")?.to_owned();
        Ok(Self { token, ..admin })
    }

    /// Edits an issue, whatever its version.
    pub(crate) async fn edit(&self, id: &str, changes: &Value) -> Result<Value> {
        self.send(Method::PATCH, &format!("/issues/{id}"), Some(changes), &[]).await?.item(200)
    }

    /// Makes an issue on the only connection.
    pub(crate) async fn create(&self, issue: &Value) -> Result<Value> {
        self.send(Method::POST, "/issues", Some(issue), &[]).await?.item(201)
    }

    /// Makes it under a key, and then once more: both answers must be the same row.
    pub(crate) async fn create_twice(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let under = [("idempotency-key", key)];
        let made = self.send(Method::POST, path, Some(body), &under).await?.item(201)?;
        let again = self.send(Method::POST, path, Some(body), &under).await?.item(201)?;
        ensure!(made["id"] == again["id"], "one key made two rows: {made} {again}");
        Ok(made)
    }

    /// Changes a comment's text if it still has this version; a version that it no longer has is refused first.
    pub(crate) async fn edit_comment(&self, comment: &Value, text: &str) -> Result<Value> {
        let path = format!("/comments/{}", id_of(comment)?);
        let version = comment["version"].as_i64().context("a version")?;
        let body = json!({"body": text});
        let (stale, fresh) = (format!("\"{}\"", version - 1), format!("\"{version}\""));
        let refused = self.send(Method::PATCH, &path, Some(&body), &[("if-match", stale.as_str())]).await?;
        ensure!(refused.json["code"] == "stale_version", "{}", refused.json);
        refused.expect(412)?;
        self.send(Method::PATCH, &path, Some(&body), &[("if-match", fresh.as_str())]).await?.item(200)
    }

    /// Deletes an issue or a comment.
    pub(crate) async fn delete(&self, kind: &str, id: &str) -> Result<Value> {
        self.send(Method::DELETE, &format!("/{kind}/{id}"), None, &[]).await?.item(200)
    }

    /// Decides the open conflict of a field from what the inbox shows, which must be two different values.
    pub(crate) async fn decide(&self, id: &str, field: &str, mut decision: Value) -> Result<Value> {
        loop {
            let inbox = self.send(Method::GET, "/conflicts", None, &[]).await?.expect(200)?;
            let of_it = |row: &&Value| row["id"] == id && row["field"] == field;
            let row = inbox["items"].as_array().into_iter().flatten().find(of_it);
            let row = row.with_context(|| format!("the inbox has the {field} of {id}: {inbox}"))?;
            ensure!(row["kind"] == "clash" && row["local"] != row["remote"], "both values are kept: {row}");
            decision["rev"] = row["rev"].clone();
            let path = format!("/issues/{id}/conflicts/{field}");
            let answer = self.send(Method::POST, &path, Some(&decision), &[]).await?;
            // A delivery came between the look and the decision: a person would look again.
            if answer.status != 412 {
                return answer.item(200);
            }
            ensure!(answer.json["code"] == "stale_rev", "{}", answer.json);
        }
    }

    /// Waits until every edit up to this answer's version has reached the server; the issue or comment as it is then.
    pub(crate) async fn arrived(&self, edited: &Value) -> Result<Value> {
        let (id, version) = (id_of(edited)?, &edited["version"]);
        let path = format!("/issues/{id}/wait?version={version}&timeout_ms={PATIENCE_MS}");
        let waited = self.send(Method::GET, &path, None, &[]).await?.expect(200)?;
        ensure!(waited["result"] == "reached", "the edit did not arrive: {waited}");
        Ok(waited["item"].clone())
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Result<Reply> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("the mirror answers {path}"))?;
        let etag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Reply { status: answer.status().as_u16(), etag, json: answer.json().await? })
    }
}

impl Reply {
    fn expect(self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("{} instead of {status}: {}", self.status, self.json);
        }
        Ok(self.json)
    }

    /// An issue or comment, whose `ETag` is its version.
    fn item(self, status: u16) -> Result<Value> {
        let etag = self.etag.clone();
        let item = self.expect(status)?;
        ensure!(etag == Some(format!("\"{}\"", item["version"])), "ETag {etag:?} of {item}");
        Ok(item)
    }
}

/// The id of an issue or comment in an answer.
pub(crate) fn id_of(item: &Value) -> Result<&str> {
    item["id"].as_str().with_context(|| format!("an id in {item}"))
}

//! A thin client of the REST API, for what a test does to the server by itself.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::time::Duration;

/// One person at one server. Follows no redirect, retries nothing.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
    login: String,
    token: String,
}

impl Api {
    /// A client for the server at `base` (no slash at the end).
    pub fn new(base: &str, login: &str, token: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { client, base: base.to_owned(), login: login.to_owned(), token: token.to_owned() })
    }

    /// The login.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The access token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same person by another address, such as a recorder's.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// One request below `/api/v1`. Status and body: JSON, a string when it is none, null when it is empty.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        self.send(method, path, body, None).await
    }

    /// The same, naming the fixture of a recorder in between.
    pub async fn named(
        &self,
        name: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(u16, Value)> {
        self.send(method, path, body, Some(name)).await
    }

    /// One request that must succeed; its body.
    pub async fn must(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let (status, answer) = self.api(method, path, Some(body)).await?;
        ensure!((200..300).contains(&status), "{method} {path} as {}: {status} {answer}", self.login);
        Ok(answer)
    }

    /// One read that must succeed; its body.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.api("GET", path, None).await?;
        ensure!(status == 200, "GET {path} as {}: {status} {answer}", self.login);
        Ok(answer)
    }

    pub(super) async fn get_raw(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        name: Option<&str>,
    ) -> anyhow::Result<(u16, Value)> {
        let method = reqwest::Method::from_bytes(method.as_bytes())?;
        let mut request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.base))
            .header("authorization", format!("token {}", self.token));
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(name) = name {
            request = request.header("x-fixture", name);
        }
        let answer = request.send().await.with_context(|| path.to_owned())?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, parse(&text)))
    }

    /// As administrator: makes an account with a token of the scopes that the product asks for.
    pub(super) async fn create_person(&self, login: &str) -> anyhow::Result<Self> {
        let password = "pw-12345678";
        let account = json!({ "username": login, "email": format!("{login}@example.org"), "password": password,
            "must_change_password": false });
        self.must("POST", "/admin/users", account).await?;
        let answer = self
            .client
            .post(format!("{}/api/v1/users/{login}/tokens", self.base))
            .basic_auth(login, Some(password))
            .json(&json!({ "name": "test", "scopes": ["write:issue", "write:repository", "read:user"] }))
            .send()
            .await?;
        let made = parse(&answer.text().await?);
        let token = made["sha1"].as_str().with_context(|| format!("no token for {login}: {made}"))?;
        Self::new(&self.base, login, token)
    }
}

pub(super) fn parse(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

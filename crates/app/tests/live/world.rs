//! One real server, one product connected to one repository, and ways to ask both.

use anyhow::{Context, Result, bail, ensure};
use issuesync::{Config, Service};
use issuesync_engine::NewConnection;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{Connection, Field, Item, Lifecycle, Secret, Settings, SyncStatus, Timing};
use issuesync_testkit::live::{Api, LiveServer};
use serde_json::{Value, json};
use std::future::Future;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Issues that are there before the product connects: more than two pages.
pub(crate) const ISSUES: i64 = 120;
/// How long a server may take to send.
const SENDING: Duration = Duration::from_secs(10);
/// From a delivery's arrival to the mirror.
const DELIVERED_MS: i64 = 500;
/// One incremental pass every two seconds, the time it takes, and a busy machine.
pub(crate) const BY_POLL: Duration = Duration::from_secs(5);
/// One full pass every five seconds, two looks a second apart, and a busy machine.
pub(crate) const BY_FULL: Duration = Duration::from_secs(12);
/// An hour: no pass comes while a test waits.
const NEVER_US: i64 = 3600 * SECOND_US;

pub(crate) struct World {
    pub server: LiveServer,
    pub service: Service,
    pub connection: Connection,
    pub repo: String,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let server = LiveServer::start().await?;
        let repo = server.create_repo("web").await?;
        seed(&server, &repo).await?;
        let folder = tempfile::tempdir()?;
        let mut config = Config::in_dir(folder.path())?;
        config.timing = Timing::short();
        let service = Service::start(config).await?;
        let settings = Settings {
            allow_http: true,
            allow_private_network: true,
            poll_us: Some(2 * SECOND_US),
            full_us: Some(5 * SECOND_US),
            ..Settings::default()
        };
        let new = NewConnection {
            name: Some("web".to_owned()),
            project: "acme".to_owned(),
            url: format!("{}/{repo}", server.url()),
            token: Secret::new(server.bot().token()),
            provider: None,
            settings,
        };
        let connection = service.engine().connect(service.cx(), new).await?;
        println!(
            "connected {} {}, hook {:?}",
            connection.capabilities.flavour,
            connection.capabilities.version,
            connection.hook.as_ref().map(|hook| hook.id)
        );
        ensure!(connection.hook.as_ref().is_some_and(|hook| hook.id > 0), "the hook is registered");
        Ok(Self { server, service, connection, repo, _folder: folder })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.service.stop().await
    }

    /// A request of a person about the repository's issues, which must succeed.
    pub(crate) async fn tell(&self, who: &str, method: &str, path: String, body: Value) -> Result<Value> {
        self.ask(self.server.person(who), method, &path, body).await
    }

    /// The same by the administrator.
    pub(crate) async fn order(&self, method: &str, path: &str, body: Value) -> Result<Value> {
        self.ask(self.server.admin(), method, path, body).await
    }

    async fn ask(&self, api: &Api, method: &str, path: &str, body: Value) -> Result<Value> {
        let path = format!("/repos/{}{path}", self.repo);
        let (status, answer) = api.api(method, &path, (!body.is_null()).then_some(body)).await?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        Ok(answer)
    }

    /// Puts passes an hour apart and waits for one that is running; answers how many there were.
    pub(crate) async fn hold_passes(&self) -> Result<u64> {
        let settings =
            Settings { poll_us: Some(NEVER_US), full_us: Some(NEVER_US), ..self.connection.settings.clone() };
        self.let_passes(&settings).await?;
        loop {
            let passes = self.passes();
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.passes() == passes {
                return Ok(passes);
            }
        }
    }

    pub(crate) async fn let_passes(&self, settings: &Settings) -> Result<()> {
        self.service.engine().change_settings(self.connection.id, settings.clone()).await?;
        Ok(())
    }

    pub(crate) fn passes(&self) -> u64 {
        self.service.engine().counters().passes
    }

    /// A change there is on the mirror within half a second of the arrival of the first delivery that followed it.
    pub(crate) async fn brought<T>(
        &self,
        what: &str,
        change: impl Future<Output = Result<T>>,
        holds: impl AsyncFn() -> Result<bool>,
    ) -> Result<()> {
        let (engine, cx) = (self.service.engine(), self.service.cx());
        let before_us = cx.now_us();
        change.await?;
        let started = Instant::now();
        while !holds().await? {
            ensure!(started.elapsed() < SENDING, "{what}: no delivery brought it within {SENDING:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let seen_us = cx.now_us();
        let deliveries = engine.store().deliveries(Some(self.connection.id), None, 10_000).await?;
        let arrived = deliveries.iter().map(|delivery| delivery.received_us).filter(|us| *us >= before_us).min();
        let arrived_us = arrived.with_context(|| format!("{what}: it came without a delivery"))?;
        let (sending_ms, lag_ms) = ((arrived_us - before_us) / 1000, (seen_us - arrived_us) / 1000);
        println!("{what}: delivered after {sending_ms} ms, on the mirror {lag_ms} ms later");
        ensure!(lag_ms <= DELIVERED_MS, "{what}: {lag_ms} ms after its delivery");
        // What else the server sends for this change must not count for the next one.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    }

    /// A change there is on the mirror with the first pass that began after it: at most one was running before.
    pub(crate) async fn polled<T>(
        &self,
        what: &str,
        change: impl Future<Output = Result<T>>,
        holds: impl AsyncFn() -> Result<bool>,
    ) -> Result<()> {
        change.await?;
        let before = self.passes();
        until(&format!("{what}, by the next pass"), BY_POLL, &holds).await?;
        let passes = self.passes() - before;
        ensure!(passes <= 2, "{what}: {passes} passes were needed");
        Ok(())
    }

    /// The tracker's issue.
    pub(crate) async fn remote(&self, number: i64) -> Result<Value> {
        let (status, issue) =
            self.server.admin().api("GET", &format!("/repos/{}/issues/{number}", self.repo), None).await?;
        Ok(if status == 200 { issue } else { Value::Null })
    }

    /// The mirror's issue.
    pub(crate) async fn local(&self, number: i64) -> Result<Item> {
        let found = self.service.engine().store().issues_numbered(self.connection.id, vec![number]).await?;
        found.into_iter().next().with_context(|| format!("issue {number} is on the mirror"))
    }

    pub(crate) async fn local_comment(&self, id: i64) -> Result<Option<Item>> {
        Ok(self.service.engine().store().comments_numbered(self.connection.id, vec![id]).await?.into_iter().next())
    }

    pub(crate) async fn live_issues(&self) -> Result<i64> {
        Ok(self.service.engine().store().counts(self.connection.id).await?.issues)
    }

    /// Whether both sides of an issue show the same title, body and state and nothing waits.
    pub(crate) async fn equal(&self, number: i64) -> Result<bool> {
        let (remote, local) = (self.remote(number).await?, self.local(number).await?);
        let body = remote["body"].as_str().unwrap_or_default();
        let body = issuesync_model::marker::split(body).0.trim_end();
        Ok(remote["title"] == local.local.text(Field::Title)
            && body == local.local.text(Field::Body)
            && (remote["state"] == "open") == local.local.state().is_open()
            && local.sync_status() == SyncStatus::Synced)
    }

    pub(crate) async fn is_deleted(&self, number: i64) -> Result<bool> {
        Ok(self.local(number).await?.lifecycle == Lifecycle::Deleted)
    }
}

async fn seed(server: &LiveServer, repo: &str) -> Result<()> {
    let bob = server.person("bob");
    let label = server
        .admin()
        .must("POST", &format!("/repos/{repo}/labels"), json!({"name": "bug", "color": "#ee0701"}))
        .await?;
    let milestone = server.admin().must("POST", &format!("/repos/{repo}/milestones"), json!({"title": "1.0"})).await?;
    for n in 1..=ISSUES {
        let mut issue = json!({"title": format!("Issue {n}"), "body": format!("Body {n}")});
        if n % 10 == 0 {
            issue["labels"] = json!([label["id"]]);
            issue["milestone"] = milestone["id"].clone();
            issue["assignees"] = json!(["alice"]);
        }
        bob.must("POST", &format!("/repos/{repo}/issues"), issue).await?;
        if n % 20 == 0 {
            bob.must("POST", &format!("/repos/{repo}/issues/{n}/comments"), json!({"body": format!("Comment on {n}")}))
                .await?;
        }
    }
    Ok(())
}

/// Waits until something holds, and tells how long that took.
pub(crate) async fn until(what: &str, within: Duration, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    loop {
        if holds().await? {
            println!("{what}: {} ms", started.elapsed().as_millis());
            return Ok(());
        }
        if started.elapsed() > within {
            bail!("{what}: not within {within:?}");
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

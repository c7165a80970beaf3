//! One real server, one product connected to one repository, and ways to ask both.

use crate::mirror::Mirror;
use anyhow::{Context, Result, ensure};
use issuesync::{Config, Service};
use issuesync_engine::NewConnection;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{Connection, Field, Item, Lifecycle, Secret, Settings, SyncStatus, Timing};
use issuesync_testkit::live::{Api, LiveServer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Issues that are there before the product connects: more than two pages.
pub(crate) const ISSUES: i64 = 120;

pub(crate) struct World {
    pub server: LiveServer,
    pub service: Service,
    pub mirror: Mirror,
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
        let mirror = Mirror::of(&service).await?;
        Ok(Self { server, service, mirror, connection, repo, _folder: folder })
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

    /// A local edit of an issue, by its number on the server.
    pub(crate) async fn edit(&self, number: i64, changes: &Value) -> Result<Value> {
        self.mirror.edit(&self.local(number).await?.id.to_string(), changes).await
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

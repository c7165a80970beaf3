//! A real Gitea or Forgejo for a test: started on loopback, stopped and started again, killed when dropped.
//!
//! `ISSUESYNC_LIVE_GITEA` names the binary (of either product), `ISSUESYNC_LIVE_STATIC` its folder of templates and
//! options when they are not built in, and `ISSUESYNC_RECORD=1` puts a [`Recorder`] between product and server.
//! `git` must be in `PATH`. The data live in a private folder that goes with the value.

mod api;
mod fixture;
mod place;
mod record;
mod scrub;
pub mod tour;

pub use api::Api;
pub use record::{Recorder, Save};
pub use scrub::Scrub;

use anyhow::{Context, bail};
use place::Place;
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::Child;

/// The two products that speak this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
}

impl Flavour {
    /// The folder of its fixtures.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gitea => "gitea",
            Self::Forgejo => "forgejo",
        }
    }
}

/// A running server with an administrator and four people.
pub struct LiveServer {
    // Declared before the place: the process ends before its folder goes.
    child: Option<Child>,
    recorder: Option<Recorder>,
    place: Place,
    port: u16,
    url: String,
    flavour: Flavour,
    people: Vec<Api>,
}

/// Logins: the administrator, the account of the product, two writers, and a stranger.
const PEOPLE: [&str; 5] = ["chief", "issuesync", "alice", "bob", "carol"];

impl LiveServer {
    /// Why a live test cannot run here; `None` when it can.
    #[must_use]
    pub fn skip_reason() -> Option<String> {
        match std::env::var("ISSUESYNC_LIVE_GITEA") {
            Ok(path) if !path.is_empty() => None,
            _ => Some("skipped: ISSUESYNC_LIVE_GITEA names no Gitea or Forgejo binary".to_owned()),
        }
    }

    /// Starts the binary of the environment; records when `ISSUESYNC_RECORD=1`.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(std::env::var("ISSUESYNC_RECORD").is_ok_and(|word| word == "1")).await
    }

    /// Starts the binary of the environment, with a recorder before it or without.
    pub async fn start_with(record: bool) -> anyhow::Result<Self> {
        let binary = std::env::var("ISSUESYNC_LIVE_GITEA").context("ISSUESYNC_LIVE_GITEA names no binary")?;
        let folder = std::env::var("ISSUESYNC_LIVE_STATIC").ok().map(PathBuf::from);
        // Several tests of one process come here: the first one installs, the others find it installed.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let direct = format!("http://127.0.0.1:{port}");
        let recorder = if record { Some(Recorder::start(&direct).await?) } else { None };
        let url = recorder.as_ref().map_or_else(|| direct.clone(), |recorder| recorder.url().to_owned());
        let place = Place::prepare(PathBuf::from(binary), folder.as_deref(), port, &url)?;
        place.run(&["migrate"]).await?;
        let token = place.create_admin(PEOPLE[0]).await?;
        let admin = Api::new(&direct, PEOPLE[0], &token)?;
        let mut server =
            Self { child: None, recorder, place, port, url, flavour: Flavour::Gitea, people: vec![admin.clone()] };
        server.restart().await?;
        if admin.get_raw("/api/forgejo/v1/version").await?.0 == 200 {
            server.flavour = Flavour::Forgejo;
        }
        for login in &PEOPLE[1..] {
            server.people.push(admin.create_person(login).await?);
        }
        if let Some(recorder) = &server.recorder {
            recorder.hide(server.people.iter().map(|person| (person.token().to_owned(), "fixture-token".to_owned())));
        }
        Ok(server)
    }

    /// Gitea or Forgejo.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The address for the product, without a slash at the end: the recorder's when there is one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The recorder, when one is in between.
    #[must_use]
    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// The base address to tell the product as its own public one, given where it really listens.
    #[must_use]
    pub fn intake(&self, product: &str) -> String {
        match &self.recorder {
            None => product.to_owned(),
            Some(recorder) => {
                recorder.deliver_to(product);
                recorder.intake_url().to_owned()
            }
        }
    }

    /// The client of one of the people, straight to the server: its requests are not recorded.
    ///
    /// # Panics
    /// On a login that is not `chief` (administrator), `issuesync`, `alice`, `bob` or `carol`.
    #[must_use]
    pub fn person(&self, login: &str) -> &Api {
        self.people.iter().find(|person| person.login() == login).expect("a login of PEOPLE")
    }

    /// The administrator.
    #[must_use]
    pub fn admin(&self) -> &Api {
        self.person("chief")
    }

    /// The account that the product uses. Its token has the least scopes that the product needs.
    #[must_use]
    pub fn bot(&self) -> &Api {
        self.person("issuesync")
    }

    /// A repository `issuesync/<name>` with alice and bob as writers. Returns its path.
    pub async fn create_repo(&self, name: &str) -> anyhow::Result<String> {
        self.admin()
            .must("POST", "/admin/users/issuesync/repos", serde_json::json!({"name": name, "auto_init": true}))
            .await?;
        let path = format!("issuesync/{name}");
        for login in ["alice", "bob"] {
            let address = format!("/repos/{path}/collaborators/{login}");
            self.admin().must("PUT", &address, serde_json::json!({"permission": "write"})).await?;
        }
        Ok(path)
    }

    /// Stops the server in an orderly way. Stopping a stopped server is fine.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if let Some(pid) = child.id() {
            tokio::process::Command::new("sh").arg("-c").arg(format!("kill -TERM {pid}")).status().await?;
        }
        if tokio::time::timeout(Duration::from_secs(20), child.wait()).await.is_err() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Kills the server without warning, as a crash would.
    pub async fn crash(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Starts it (again) on the same port and data, and returns when it is healthy.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        let mut child = self.place.web()?;
        let health = format!("http://127.0.0.1:{}/api/healthz", self.port);
        for _ in 0..300 {
            if let Some(status) = child.try_wait()? {
                bail!("the server ended at its start ({status}): {}", self.place.log_tail());
            }
            if reqwest::get(&health).await.is_ok_and(|answer| answer.status().is_success()) {
                self.child = Some(child);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the server was not healthy within 30 s: {}", self.place.log_tail())
    }

    /// Writes what the recorder saw to `fixtures/gitea/<flavour>/`. Returns the names written; none without a recorder.
    pub fn save_recording(&self, save: Save) -> anyhow::Result<Vec<String>> {
        let Some(recorder) = &self.recorder else { return Ok(Vec::new()) };
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/gitea");
        recorder.save(&PathBuf::from(folder).join(self.flavour.word()), save)
    }
}

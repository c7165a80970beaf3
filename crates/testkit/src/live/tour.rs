//! One walk through everything the product may see of a server, always the same, so that its recording is stable.
//!
//! Reads and writes of the account go through the recorder; alice's edits too, under names of their own.
//! After each edit the deliveries are awaited, so that none is filed under the next one's name.

mod edits;
mod reads;

use super::{Api, Flavour, LiveServer, Recorder, Save};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Walks the tour and writes its fixtures. Returns, in order, each step with the deliveries it caused.
pub async fn record(server: &LiveServer) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let report = walk(server).await?;
    server.save_recording(Save::Replace)?;
    Ok(report)
}

/// Walks the tour and writes nothing.
pub async fn walk(server: &LiveServer) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let recorder = server.recorder().context("the tour needs a server started with a recorder")?;
    let path = server.create_repo("web").await?;
    let mut tour = Tour {
        bot: server.bot().at(server.url()),
        alice: server.person("alice").at(server.url()),
        direct: server.admin().clone(),
        recorder,
        flavour: server.flavour(),
        repo: format!("/repos/{path}"),
        seen: 0,
        report: Vec::new(),
    };
    tour.catalogue().await?;
    tour.hook().await?;
    edits::walk(&mut tour).await?;
    reads::walk(&mut tour).await?;
    Ok(tour.report)
}

struct Tour<'a> {
    /// The account of the product, through the recorder.
    bot: Api,
    /// A person, through the recorder.
    alice: Api,
    /// The administrator, past the recorder.
    direct: Api,
    recorder: &'a Recorder,
    flavour: Flavour,
    repo: String,
    seen: usize,
    report: Vec<(String, Vec<String>)>,
}

impl Tour<'_> {
    /// Forgejo 7 announces no edit of a body that came by the API.
    fn silent_body(&self) -> bool {
        self.flavour == Flavour::Forgejo
    }

    /// A request of the account, filed by its path.
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        self.bot.api(method, &format!("{}{path}", self.repo), body).await
    }

    /// A request of the account, filed under this name.
    async fn named(&self, name: &str, method: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        self.bot.named(name, method, &format!("{}{path}", self.repo), body).await
    }

    /// An edit by alice that must succeed, then a wait for at least this many deliveries.
    /// The name files the exchange; the tag, when there is one, ends the names of the deliveries.
    async fn edit(
        &mut self,
        name: &str,
        tag: &str,
        (method, path, body): (&str, &str, Value),
        least: usize,
    ) -> anyhow::Result<Value> {
        self.recorder.tag(tag);
        let (status, answer) = self
            .alice
            .named(name, method, &format!("{}{path}", self.repo), Some(body).filter(|body| !body.is_null()))
            .await?;
        ensure!((200..300).contains(&status), "{name}: {status} {answer}");
        self.settle(name, least).await?;
        Ok(answer)
    }

    /// Waits for the deliveries of a step, and a little for those nobody expected.
    async fn settle(&mut self, step: &str, least: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        // What sends nothing must be given the time in which a server may be late (seen: up to 2 s).
        let patience = if least == 0 { Duration::from_millis(2500) } else { Duration::from_secs(10) };
        while begun.elapsed() < patience && (least == 0 || self.recorder.deliveries().len() < self.seen + least) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let all = self.recorder.deliveries();
        let fresh = all[self.seen..].to_vec();
        ensure!(fresh.len() >= least, "{step}: {least} deliveries expected, there came {fresh:?}");
        self.seen = all.len();
        self.report.push((step.to_owned(), fresh));
        self.recorder.tag("");
        Ok(())
    }

    /// Two labels and two milestones: ids 1 and 2 of a fresh server.
    async fn catalogue(&self) -> anyhow::Result<()> {
        for (name, color) in [("bug", "#ee0701"), ("docs", "#0e8a16")] {
            self.ask("POST", "/labels", Some(json!({"name": name, "color": color, "description": ""}))).await?;
        }
        for (title, due) in [("1.0", "2031-03-01T00:00:00Z"), ("2.0", "2031-09-01T00:00:00Z")] {
            self.ask("POST", "/milestones", Some(json!({"title": title, "due_on": due}))).await?;
        }
        Ok(())
    }

    async fn hook(&self) -> anyhow::Result<()> {
        let url = format!("{}/webhooks/gitea/web", self.recorder.intake_url());
        let events = json!(["issues", "issue_comment", "pull_request", "pull_request_comment", "repository"]);
        let hook = json!({ "type": "gitea", "active": true, "events": events,
            "config": {"url": url, "content_type": "json", "secret": "tour-secret"} });
        let (status, made) = self.ask("POST", "/hooks", Some(hook)).await?;
        ensure!(status == 201, "hook: {status} {made}");
        let path = format!("/hooks/{}", made["id"]);
        self.ask("GET", "/hooks?page=1&limit=50", None).await?;
        self.ask("GET", &path, None).await?;
        self.ask("PATCH", &path, Some(json!({"active": true, "events": events}))).await?;
        self.ask("GET", "/hooks/999", None).await?;
        Ok(())
    }
}

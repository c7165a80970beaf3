//! `demo`: the main job with nothing else installed. The service on an embedded database, a simulated Gitea beside it (real
//! HTTP, real signatures, lossy webhooks), edits on both sides at once, and at the end a judge that shares no code with
//! the engine.

mod edits;
mod lag;
mod verdict;

use crate::api::Api;
use crate::cli::Context;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::wiring::Service;
pub(super) use edits::Side;
use issuesync_forge_sim::{Config as SimConfig, Faults, Sim};
use issuesync_model::Timing;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
pub(super) use verdict::verdict;

pub(super) const REPO: &str = "acme/web";
/// The account that the mirror uses, and the people who edit on the tracker.
const BOT: (&str, &str) = ("issuesync", "demo-token-of-the-mirror");
pub(super) const PEOPLE: [(&str, &str); 2] = [("alice", "demo-token-of-alice"), ("bob", "demo-token-of-bob")];
/// Issues that are there before anybody edits.
pub(super) const ISSUES: usize = 40;
/// How long the end is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long both sides edit
    #[arg(long, default_value_t = 20, value_name = "N")]
    seconds: u64,
    /// The seed of every draw
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
}

/// Runs the demo; exit code 1 when the sides differ at the end, or anything was lost or doubled.
///
/// # Errors
/// When it cannot start.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::no(format!("no temporary folder: {error}")))?;
    let (tracker, sim) = tracker(args.seed).await?;
    let mut config = Config::in_dir(folder.path())?;
    config.timing = Timing::short();
    let service = Service::start(config).await?;
    let url = service.url().ok_or_else(|| Failure::no("the service does not listen"))?;
    let api = Api::remote(&url, service.token())?;
    if !context.output.is_json() {
        context.output.line(&format!("A simulated Gitea is at {tracker}, the mirror's API at {url}/api/v1."));
        context.output.line(&format!(
            "Watch the edits arrive: curl -NH 'Authorization: Bearer {}' {url}/api/v1/events",
            service.token()
        ));
    }
    let result = play(&args, context, &tracker, &sim, &api, &url, service.token()).await;
    service.stop().await?;
    result
}

async fn play(
    args: &Args,
    context: &Context,
    tracker: &str,
    sim: &Arc<Mutex<Sim>>,
    api: &Api,
    url: &str,
    token: &str,
) -> Result<Exit, Failure> {
    let forge = Side::forge(tracker, REPO, PEOPLE);
    forge.seed(ISSUES).await?;
    connect(api, tracker).await?;
    let started = Instant::now();
    let end = started + Duration::from_secs(args.seconds);
    let mirror = Side::mirror(url, token);
    set_faults(sim, Faults { hook_drop_pm: 100, hook_duplicate_pm: 100, hook_delay_max_ms: 300, ..Faults::default() });
    let (remote, local) = tokio::join!(forge.edit(end, args.seed), mirror.edit(end, args.seed ^ 0xA5A5));
    let (remote, local) = (remote?, local?);
    set_faults(sim, Faults::default());
    let quiet = settle(api).await?;
    let report = verdict(api, tracker, remote, local, quiet).await?;
    let passed = report["converged"] == json!(true) && report["lost"] == json!(0) && report["duplicates"] == json!(0);
    if !context.output.json(&report) {
        verdict::print(context, &report, started.elapsed());
    }
    Ok(if passed { Exit::Done } else { Exit::No })
}

pub(super) async fn tracker(seed: u64) -> Result<(String, Arc<Mutex<Sim>>), Failure> {
    let users = [BOT, PEOPLE[0], PEOPLE[1]];
    let sim = Arc::new(Mutex::new(Sim::new(SimConfig { seed, ..SimConfig::simple(REPO, &users) })));
    let cannot = |error: std::io::Error| Failure::no(format!("no free port on loopback: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(cannot)?;
    let url = format!("http://{}", listener.local_addr().map_err(cannot)?);
    tokio::spawn(issuesync_forge_sim::serve(listener, Arc::clone(&sim), std::future::pending()));
    Ok((url, sim))
}

pub(super) fn set_faults(sim: &Arc<Mutex<Sim>>, faults: Faults) {
    sim.lock().unwrap_or_else(std::sync::PoisonError::into_inner).set_faults(faults);
}

/// Connects the repository and waits for its import.
pub(super) async fn connect(api: &Api, tracker: &str) -> Result<(), Failure> {
    let new = json!({
        "name": "web", "project": "acme", "url": format!("{tracker}/{REPO}"), "token": BOT.1,
        "allow_http": true, "allow_private_network": true, "poll": "2s", "full": "5s",
    });
    api.post("/connections", new).await?;
    let patience = Instant::now() + PATIENCE;
    loop {
        let connection = api.get("/connections/web", &[]).await?;
        if connection["import"]["complete"] == json!(true) {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(Failure::no("the import of the simulated repository did not end"));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nothing is left to do: nothing to send, and two full passes after the last edit. Answers whether that came.
pub(super) async fn settle(api: &Api) -> Result<bool, Failure> {
    let patience = Instant::now() + PATIENCE;
    let mut quiet = 0;
    while quiet < 3 && Instant::now() < patience {
        api.post("/connections/web/sync", json!({"full": true})).await.ok();
        tokio::time::sleep(LOOK * 6).await;
        let connection = api.get("/connections/web", &[]).await?;
        let idle = connection["counts"]["pending"] == json!(0) && connection["dirty"] != Value::Bool(true);
        quiet = if idle { quiet + 1 } else { 0 };
    }
    Ok(quiet >= 3)
}

//! `chaos`: the real service in a process of its own, killed at random moments while both sides edit, and judged at the end.
//! Nobody helps it after a kill: it is only started again.

use super::demo::{self, Side};
use crate::api::Api;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::one_line;
use crate::vault::KeyVault;
use issuesync_forge_sim::Faults;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long a start may take.
const START: Duration = Duration::from_secs(30);
/// The service lives between kills for at least this, plus a drawn time.
const LIFE_MIN_MS: u64 = 200;
const LIFE_DRAWN_MS: u64 = 1_300;
/// One round in so many begins a delete just before the kill: few enough to stay below the mass-delete fuse in 50 rounds.
const DELETE_EVERY: u32 = 11;
/// The kill follows within this time.
const DELETE_DRAWN_MS: u64 = 120;

/// Arguments of `chaos`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How often the service is killed
    #[arg(long, default_value_t = 50, value_name = "N")]
    rounds: u32,
    /// The seed of every draw but the moments of the kills
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,
}

/// Runs the rounds; exit code 1 when anything was lost or doubled, or the sides differ.
///
/// # Errors
/// When the service does not start.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::no(format!("no temporary folder: {error}")))?;
    let (tracker, sim) = demo::tracker(args.seed).await?;
    let config = configure(folder.path())?;
    let mut victim = Victim::start(&config).await?;
    let forge = Side::forge(&tracker, demo::REPO, demo::PEOPLE);
    forge.seed(demo::ISSUES).await?;
    demo::connect(&victim.api, &tracker).await?;
    demo::set_faults(&sim, Faults { hook_drop_pm: 100, hook_duplicate_pm: 100, ..Faults::default() });

    let mut edits = tokio::task::JoinSet::new();
    let mut deletes = 0_u64;
    let far = Instant::now() + Duration::from_secs(3600);
    edits.spawn(async move { forge.edit(far, args.seed).await });
    for round in 1..=args.rounds {
        let mirror = Side::mirror(&victim.url, &victim.token).through_kills();
        let mine = tokio::spawn(async move { mirror.edit(far, args.seed.wrapping_add(u64::from(round))).await });
        let life = LIFE_MIN_MS + u64::from_le_bytes(crate::random::bytes()) % LIFE_DRAWN_MS;
        tokio::time::sleep(Duration::from_millis(life)).await;
        if round % DELETE_EVERY == 1 {
            let person = Side::mirror(&victim.url, &victim.token).through_kills();
            deletes += u64::from(person.delete(u64::from(round)).await?);
            // Somewhere between the request and its end on the tracker.
            let rest = u64::from_le_bytes(crate::random::bytes()) % DELETE_DRAWN_MS;
            tokio::time::sleep(Duration::from_millis(rest)).await;
        }
        victim.kill().await?;
        mine.abort();
        victim = Victim::start(&config).await?;
        if !context.output.is_json() {
            context.output.line(&format!("killed {round} of {} times", args.rounds));
        }
    }
    edits.abort_all();
    demo::set_faults(&sim, Faults::default());
    let quiet = demo::settle(&victim.api).await?;
    let report = demo::verdict(&victim.api, &tracker, 0, 0, quiet).await?;
    victim.kill().await?;
    Ok(conclude(context, &report, args.rounds, deletes))
}

fn conclude(context: &Context, report: &Value, rounds: u32, deletes: u64) -> Exit {
    let passed = report["converged"] == json!(true) && report["lost"] == json!(0) && report["duplicates"] == json!(0);
    let mut report = report.clone();
    report["rounds"] = json!(rounds);
    report["deletes"] = json!(deletes);
    if !context.output.json(&report) {
        for detail in report["details"].as_array().into_iter().flatten() {
            context.output.line(&one_line(detail.as_str().unwrap_or_default()));
        }
        context.output.line(&format!(
            "{rounds} kills, {deletes} of them over a delete, {} local and {} remote edits: {} lost, {} doubled, {}.",
            report["judged"]["local"],
            report["judged"]["remote"],
            report["lost"],
            report["duplicates"],
            if report["converged"] == json!(true) { "both sides are equal" } else { "the sides differ" }
        ));
    }
    if passed { Exit::Done } else { Exit::No }
}

/// A configuration with short timings, on a port that stays the same over all restarts.
fn configure(folder: &Path) -> Result<PathBuf, Failure> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map(|addr| addr.port())?;
    crate::data::write_private(&folder.join("issuesync.key"), &KeyVault::new_key_text(), false)?;
    let short = ["retry_base", "create_settle", "gone_confirm", "regress_confirm", "echo_wait"]
        .map(|key| format!("{key} = \"1s\"\n"));
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\n\n[store]\npath = \"data/issuesync.db\"\nkey = \"file:issuesync.key\"\n\n\
         [timing]\n{}http_timeout = \"2s\"\nlease = \"10s\"\npoll = \"2s\"\nfull = \"5s\"\n",
        short.concat()
    );
    let path = folder.join("issuesync.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// The service in its own process.
struct Victim {
    child: Child,
    api: Api,
    url: String,
    token: String,
}

impl Victim {
    /// Starts it and waits until it answers.
    async fn start(config: &Path) -> Result<Self, Failure> {
        let folder = config.parent().unwrap_or(config).to_owned();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--config")
            .arg(config)
            .arg("serve")
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let patience = Instant::now() + START;
        loop {
            if let Some((url, token)) = whereabouts(&folder.join("data"), child.id()) {
                let api = Api::remote(&url, &token)?;
                if api.get("/connections", &[]).await.is_ok() {
                    return Ok(Self { child, api, url, token });
                }
            }
            if let Some(status) = child.try_wait()? {
                return Err(Failure::no(format!("the service did not start again: {status}")));
            }
            if Instant::now() > patience {
                return Err(Failure::no("the service did not answer in time after a start"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL: nothing is finished, nothing is released.
    async fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().await?;
        Ok(())
    }
}

/// What the process of that id wrote about itself.
fn whereabouts(data: &Path, pid: Option<u32>) -> Option<(String, String)> {
    let service: Value = serde_json::from_str(&std::fs::read_to_string(data.join("service.json")).ok()?).ok()?;
    let token = std::fs::read_to_string(data.join("cli.token")).ok()?;
    let ours = service["pid"].as_u64() == pid.map(u64::from);
    let url = service["url"].as_str()?.to_owned();
    ours.then(|| (url, token.trim().to_owned()))
}

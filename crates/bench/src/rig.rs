//! What the measurements run on: a simulated tracker with issues, and the product on an embedded store in a folder of its own.

use anyhow::{Context, Result};
use issuesync_engine::{Engine, NewConnection, Parts};
use issuesync_forge_sim::{Config, Request, Sim};
use issuesync_model::{BoxFuture, Clock, Connection, Cx, Secret, Settings, Timing};
use issuesync_provider::{Response, Transport, TransportError};
use issuesync_store::{PlainVault, Store};
use issuesync_store_sql::SqliteStore;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const REPO: &str = "acme/web";
pub(crate) const BOT: &str = "bot-token";
pub(crate) const ALICE: &str = "alice-token";

/// A share of an amount, at least ten.
pub(crate) fn scaled(amount: usize, scale: f64) -> usize {
    ((amount as f64 * scale) as usize).max(10)
}

pub(crate) type SharedSim = Arc<Mutex<Sim>>;

pub(crate) fn cx() -> Cx {
    Cx { clock: Arc::new(issuesync::SystemClock::new()), rng: Arc::new(issuesync::OsRng) }
}

/// A simulated repository with that many issues.
pub(crate) fn sim(issues: usize) -> SharedSim {
    let mut sim = Sim::new(Config::simple(REPO, &[("bot", BOT), ("alice", ALICE)]));
    let now_ms = cx().now_us() / 1000;
    for n in 0..issues {
        let body = json!({"title": format!("Issue number {n}"), "body": "What happens, what should happen, and how to see it. ".repeat(12)});
        call(&mut sim, now_ms, "POST", &format!("/api/v1/repos/{REPO}/issues"), &body);
    }
    Arc::new(Mutex::new(sim))
}

/// One request of a person.
pub(crate) fn call(sim: &mut Sim, now_ms: i64, method: &str, path: &str, body: &serde_json::Value) {
    let answer = sim.handle(now_ms, &Request::new(method, path).token(ALICE).json(body));
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.status);
}

/// Serves a simulated tracker on loopback; answers its address.
pub(crate) async fn serve(sim: &SharedSim) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(issuesync_forge_sim::serve(listener, Arc::clone(sim), std::future::pending()));
    Ok(url)
}

/// Calls a simulated tracker without a socket.
pub(crate) struct Direct {
    pub sim: SharedSim,
    pub clock: Arc<dyn Clock>,
    /// How long the tracker worked on its answers, nanoseconds.
    pub spent_ns: AtomicU64,
}

impl Transport for Direct {
    fn send(
        &self,
        request: issuesync_provider::Request,
        _timeout_us: i64,
    ) -> BoxFuture<'_, Result<Response, TransportError>> {
        let t_send_us = self.clock.now_us();
        let path = request.url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        let mut wire = Request::new(request.method.word(), &path);
        wire.headers = request.headers;
        wire.body = request.body.unwrap_or_default();
        let began = Instant::now();
        let answer = self.sim.lock().unwrap_or_else(PoisonError::into_inner).handle(t_send_us / 1000, &wire);
        self.spent_ns.fetch_add(began.elapsed().as_nanos() as u64, Ordering::Relaxed);
        let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        let response =
            Response { status: answer.status, headers, body: answer.body, t_send_us, t_recv_us: self.clock.now_us() };
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// The product on an embedded store.
pub(crate) struct Product {
    pub engine: Arc<Engine>,
    pub store: Arc<dyn Store>,
    pub cx: Cx,
    pub connection: Connection,
    /// Deleted with the rig.
    pub folder: TempDir,
}

/// The product, connected to a repository but without loops.
pub(crate) async fn product(
    tracker: &str,
    transport: Arc<dyn Transport>,
    cx: Cx,
    hook_base: Option<String>,
) -> Result<Product> {
    let folder = tempfile::tempdir()?;
    let (engine, store, connection) = connected(folder.path(), tracker, transport, &cx, hook_base).await?;
    Ok(Product { engine, store, cx, connection, folder })
}

pub(crate) async fn connected(
    folder: &Path,
    tracker: &str,
    transport: Arc<dyn Transport>,
    cx: &Cx,
    hook_base: Option<String>,
) -> Result<(Arc<Engine>, Arc<dyn Store>, Connection)> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.join("issuesync.db"))?);
    let engine = Engine::new(Parts {
        store: Arc::clone(&store),
        providers: issuesync_forges::providers(),
        transport,
        vault: Arc::new(PlainVault),
        timing: Timing::default(),
        hook_base,
        provider_secrets: BTreeMap::new(),
    });
    let settings = Settings { allow_http: true, allow_private_network: true, ..Settings::default() };
    let new = NewConnection {
        name: Some("web".to_owned()),
        project: "acme".to_owned(),
        url: format!("{tracker}/{REPO}"),
        token: Secret::new(BOT),
        provider: None,
        settings,
    };
    let connection = engine.connect(cx, new).await.context("the simulated repository is connected")?;
    Ok((engine, store, connection))
}

/// Serves the product's HTTP surface; answers its address. Nothing limits the rate.
pub(crate) async fn surface(listener: TcpListener, engine: Arc<Engine>, cx: Cx) {
    let limits = issuesync_server::Limits {
        hook_rate_per_s: u32::MAX,
        hook_burst: u32::MAX,
        ..issuesync_server::Limits::default()
    };
    let router = issuesync_server::router(issuesync_server::AppState::new(engine, cx, limits.clone()));
    if let Err(error) = issuesync_server::serve(listener, router, limits, std::future::pending()).await {
        eprintln!("the surface stopped: {error}");
    }
}

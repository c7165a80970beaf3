//! The one place that puts a service together: store, adapters, vault, transport, engine, router, loops.

use crate::clock::SystemClock;
use crate::config::Config;
use crate::data::DataDir;
use crate::declared;
use crate::failure::Failure;
use crate::random::{OsRng, bytes};
use crate::transport::HttpTransport;
use anyhow::Context;
use axum::Router;
use issuesync_engine::{Engine, Parts, Roles, Running};
use issuesync_model::{ConnectionChange, ConnectionEvent, Cx, TokenId};
use issuesync_server::{AppState, Limits};
use issuesync_store::{Store, Token};
use issuesync_store_sql::SqliteStore;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The one row of the token that commands on this machine use; each start gives it a new text.
const CLI_TOKEN: TokenId = TokenId(Uuid::from_u128(1));

/// What a service does besides answering in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Whether it listens.
    pub web: bool,
    /// Which loops run; `None`: nothing happens by itself, and declared connections are not applied.
    pub roles: Option<Roles>,
}

/// A running service.
pub struct Service {
    engine: Arc<Engine>,
    cx: Cx,
    state: AppState,
    data: DataDir,
    token: String,
    addr: Option<SocketAddr>,
    running: Option<Running>,
    declared: Option<JoinHandle<()>>,
    listening: Vec<JoinHandle<()>>,
    stopping: watch::Sender<bool>,
}

impl Service {
    /// Starts everything: it listens, polls, pushes and takes deliveries.
    ///
    /// # Errors
    /// When another process has the data directory, the store does not open or the address is taken.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let data = config.data_dir().to_owned();
        let service = Self::try_start(config, Start { web: true, roles: Some(Roles::all()) }).await?;
        service.ok_or_else(|| busy(&data).into())
    }

    /// Starts what is asked for; `None` when another process has the data directory.
    ///
    /// # Errors
    /// When the store does not open or the address is taken.
    pub async fn try_start(config: Config, start: Start) -> anyhow::Result<Option<Self>> {
        let Some(data) = DataDir::claim(config.data_dir())? else { return Ok(None) };
        let clean = !data.was_unclean();
        match Parted::make(&config, start, &data).await {
            Ok(parted) => Ok(Some(parted.run(config, start, data)?)),
            Err(error) => {
                if clean {
                    data.leave()?;
                }
                Err(error)
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        self.addr
    }

    /// Its address as a URL.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.addr.map(|addr| format!("http://{addr}"))
    }

    /// A token of scope admin, new at each start.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Its clock and random numbers.
    #[must_use]
    pub fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Its router, to be called without a network.
    pub fn router(&self) -> Router {
        issuesync_server::router(self.state.clone())
    }

    /// Stops in order: nothing new comes in, steps in progress end, leases are given back, the stop is noted.
    ///
    /// # Errors
    /// When the stop cannot be noted; the next start then does one full pass more.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stopping.send_replace(true);
        if let Some(task) = self.declared {
            task.abort();
        }
        for task in self.listening {
            let _ended_or_aborted = task.await;
        }
        if let Some(running) = self.running {
            running.stop().await;
        }
        let now_us = self.cx.now_us();
        self.engine.store().revoke_token(CLI_TOKEN, now_us).await.context("the store does not answer at the end")?;
        self.data.leave()
    }
}

/// A service whose parts exist and whose loops do not run yet.
struct Parted {
    engine: Arc<Engine>,
    cx: Cx,
    token: String,
    listener: Option<TcpListener>,
    admin: Option<TcpListener>,
}

impl Parted {
    async fn make(config: &Config, start: Start, data: &DataDir) -> anyhow::Result<Self> {
        let cx = Cx { clock: Arc::new(SystemClock::new()), rng: Arc::new(OsRng) };
        let store = open(config)?;
        store.void_leases().await?;
        if data.was_unclean() {
            mark_dirty(store.as_ref(), &cx).await?;
        }
        let token = new_token(store.as_ref(), cx.now_us()).await?;
        let listener = if start.web { Some(bind("server.listen", config.server.listen).await?) } else { None };
        let admin = match config.server.admin_listen.filter(|_| start.web) {
            Some(address) => Some(bind("server.admin_listen", address).await?),
            None => None,
        };
        let addr = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let engine = Engine::new(Parts {
            store,
            providers: issuesync_forges::providers(),
            transport: Arc::new(HttpTransport::new(Arc::clone(&cx.clock))?),
            vault: Arc::new(config.vault.clone()),
            timing: config.timing.clone(),
            hook_base: hook_base(config, addr.unwrap_or(config.server.listen)),
            provider_secrets: config.webhooks.clone(),
        });
        Ok(Self { engine, cx, token, listener, admin })
    }

    fn run(self, config: Config, start: Start, data: DataDir) -> anyhow::Result<Service> {
        let Self { engine, cx, token, listener, admin } = self;
        let addr = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let state = AppState::new(Arc::clone(&engine), cx.clone(), Limits::default());
        let (stopping, _) = watch::channel(false);
        let mut listening = Vec::new();
        if let Some(listener) = listener {
            listening.push(tokio::spawn(crate::listen::api(listener, state.clone(), stopping.subscribe())));
        }
        if let Some(admin) = admin {
            listening.push(tokio::spawn(crate::listen::admin(admin, state.clone(), stopping.subscribe())));
        }
        let running = start.roles.map(|roles| issuesync_engine::start(Arc::clone(&engine), cx.clone(), roles));
        let apply = start.roles.is_some() && !config.connections.is_empty();
        let declared = apply
            .then(|| tokio::spawn(declared::apply(Arc::clone(&engine), cx.clone(), config.vault, config.connections)));
        if start.web || start.roles.is_some() {
            data.announce(addr.map(|addr| format!("http://{}", reachable(addr))), &token)?;
        }
        Ok(Service { engine, cx, state, data, token, addr, running, declared, listening, stopping })
    }
}

/// The sentence for a data directory that is in use.
#[must_use]
pub fn busy(data: &std::path::Path) -> Failure {
    Failure::no(format!(
        "another issuesync process uses the data directory {}; stop it first, or set another store.path",
        data.display()
    ))
}

/// Opens the store of a configuration.
///
/// # Errors
/// When the database cannot be opened.
pub fn open(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    if !config.database.exists() {
        // The database would make its file readable to everybody.
        crate::data::write_private(&config.database, "", false)?;
    }
    let store = SqliteStore::open(&config.database).with_context(|| {
        format!(
            "the database {} cannot be opened; check that it is a file of issuesync and that the disk has room",
            config.database.display()
        )
    })?;
    Ok(Arc::new(store))
}

async fn mark_dirty(store: &dyn Store, cx: &Cx) -> anyhow::Result<()> {
    for connection in store.connections().await? {
        let event = ConnectionEvent {
            connection: connection.id,
            kind: "dirty".to_owned(),
            detail: "The service did not stop in order; a full pass looks for what was missed.".to_owned(),
            time_us: cx.now_us(),
        };
        store.change_connection(connection.id, vec![ConnectionChange::Dirty], vec![event]).await?;
    }
    Ok(())
}

async fn new_token(store: &dyn Store, now_us: i64) -> anyhow::Result<String> {
    let created = issuesync_server::token::create(bytes());
    let token = Token {
        id: CLI_TOKEN,
        name: "cli".to_owned(),
        hash: created.hash,
        scopes: vec!["admin".to_owned()],
        created_us: now_us,
        expires_us: None,
        last_used_us: None,
        revoked_us: None,
    };
    store.put_token(token).await?;
    Ok(created.text.reveal().to_owned())
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("cannot listen on {address}; another program may use it, set another {key}"))
}

/// The address that hooks are registered with; none when the service listens everywhere and nobody said how it is reached.
fn hook_base(config: &Config, addr: SocketAddr) -> Option<String> {
    let usable = !addr.ip().is_unspecified() && addr.port() != 0;
    config.server.public_url.clone().or_else(|| usable.then(|| format!("http://{addr}")))
}

/// The address by which this machine reaches a listener on all addresses.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], addr.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, addr.port()))
        }
        _ => addr,
    }
}

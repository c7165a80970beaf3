//! One world: a tracker, a mirror, and the process between them, which may die and start again.

use crate::clock::SimClock;
use crate::dice::Dice;
use crate::exec::{Actor, Executor};
use crate::gate::Gate;
use crate::setup::Setup;
use crate::transport::{SharedSim, SimTransport, Traffic, lock, lower_case};
use crate::twist::{Bent, Lagging, Twist};
use issuesync_engine::{Engine, Incoming, NewConnection, Parts};
use issuesync_forge_sim::{Access, Config, Delivery, RepoSpec, Request, Response, Sim};
use issuesync_model::{Connection, ConnectionId, Cx, Item, ProviderKind, Secret, Settings, Timing};
use issuesync_provider::Provider;
use issuesync_store::{Deliveries, GatedStore, IssueQuery, MemoryStore, PlainVault, Store};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The mirror's own account.
pub const BOT: &str = "bot";
/// Its token.
pub const BOT_TOKEN: &str = "bot-token";
/// The first person on the tracker.
pub const ALICE: &str = "alice-token";
/// The second.
pub const BOB: &str = "bob-token";
/// The first repository.
pub const REPO: &str = "acme/web";
/// The second, where there is one.
pub const SECOND: &str = "api";

/// The world of one scenario.
pub struct World {
    /// The tracker.
    pub sim: SharedSim,
    /// What survives the process.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<SimClock>,
    /// The process's gate.
    pub gate: Arc<Gate>,
    /// What is on its way to the tracker.
    pub traffic: Arc<Mutex<Traffic>>,
    /// The steps under way.
    pub exec: Executor,
    /// The connections, one for each repository.
    pub connections: Vec<ConnectionId>,
    /// Their repositories' ids.
    pub repos: Vec<u64>,
    /// What callers of the API were told.
    pub told: Rc<RefCell<Vec<Result<(), String>>>>,
    /// From when to when the database forgot, milliseconds: what lay between a backup and its return.
    pub forgotten_ms: Vec<(i64, i64)>,
    memory: Option<Arc<MemoryStore>>,
    backup: Option<(i64, MemoryStore)>,
    lagging: bool,
    twist: Arc<dyn Twist>,
    engine: Arc<Engine>,
    cx: Cx,
    hooks: u64,
    callers: u64,
}

impl World {
    /// A tracker, connected and imported, with nothing going wrong yet.
    ///
    /// # Errors
    /// When the peaceful beginning fails, which no scenario may cause.
    pub fn new(setup: Setup) -> Result<Self, String> {
        let mut config = Config::simple(REPO, &[(BOT, BOT_TOKEN), ("alice", ALICE), ("bob", BOB)]);
        config.seed = setup.seed;
        config.flavour = setup.flavour;
        config.content_version = setup.content_version;
        config.delete_events = setup.delete_events;
        let more: Vec<RepoSpec> =
            (1..setup.repos).map(|_| RepoSpec { name: SECOND.to_owned(), ..config.repos[0].clone() }).collect();
        config.repos.extend(more);
        let paths: Vec<String> = config.repos.iter().map(|repo| format!("{}/{}", repo.owner, repo.name)).collect();
        let mut sim = Sim::new(config);
        let repos: Vec<u64> = paths.iter().filter_map(|path| sim.repo_id(path)).collect();
        // Only who administers a repository may delete its issues.
        repos.iter().for_each(|id| sim.set_access(*id, "alice", Some(Access::Admin)));
        let root_url = sim.root_url().to_owned();
        let sim = Arc::new(Mutex::new(sim));
        let memory = setup.store.is_none().then(|| Arc::new(MemoryStore::new()));
        let store: Arc<dyn Store> = match (setup.store, &memory) {
            (Some(given), _) => given,
            (None, Some(memory)) => Arc::clone(memory) as _,
            (None, None) => return Err("there is no store".to_owned()),
        };
        let clock = Arc::new(SimClock::default());
        let gate = Arc::new(Gate::new(setup.seed));
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let cx = Cx { clock: Arc::clone(&clock) as _, rng: Arc::new(Dice::new(setup.seed, 2)) };
        let mut settings = Settings { allow_http: true, allow_private_network: true, ..setup.settings };
        setup.twist.settings(&mut settings);
        let parts = Around { sim: &sim, clock: &clock, gate: &gate, traffic: &traffic };
        let engine = process(&store, &parts, setup.lagging, setup.twist.as_ref());
        let mut connections = Vec::new();
        for path in &paths {
            let new = NewConnection {
                name: path.split('/').next_back().map(str::to_owned),
                project: "acme".to_owned(),
                url: format!("{root_url}/{path}"),
                token: Secret::new(BOT_TOKEN),
                provider: Some(ProviderKind::Gitea),
                settings: settings.clone(),
            };
            let connection = now(engine.connect(&cx, new)).map_err(|error| format!("connecting failed: {error}"))?;
            now(engine.sync(&cx, connection.id, false)).map_err(|error| format!("the import failed: {error}"))?;
            connections.push(connection.id);
        }
        Ok(Self {
            sim,
            store,
            clock,
            gate,
            traffic,
            exec: Executor::default(),
            connections,
            repos,
            told: Rc::default(),
            forgotten_ms: Vec::new(),
            memory,
            backup: None,
            lagging: setup.lagging,
            twist: setup.twist,
            engine,
            cx,
            hooks: 0,
            callers: 0,
        })
    }

    /// Starts a step of an actor that is not busy.
    pub fn start(&mut self, actor: Actor) {
        if self.exec.is_busy(actor) {
            return;
        }
        let (engine, cx) = (Arc::clone(&self.engine), self.cx.clone());
        match actor {
            Actor::Worker(_) => self.exec.spawn(actor, async move { drop(engine.work(&cx).await) }),
            Actor::Checker => self.exec.spawn(actor, async move { drop(engine.check(&cx).await) }),
            Actor::Pusher(_) => self.exec.spawn(actor, async move { drop(engine.push(&cx).await) }),
            Actor::Sweeper => self.exec.spawn(actor, async move { drop(engine.sweep(&cx).await) }),
            Actor::Poller(n, full) => {
                let Some(id) = self.connections.get(usize::from(n)).copied() else { return };
                self.exec.spawn(actor, async move { drop(engine.sync(&cx, id, full).await) });
            }
            Actor::Caller(_) | Actor::Hook(_) => {}
        }
    }

    /// A caller of the API; what it is told is kept.
    pub fn call<F: Future<Output = Result<(), String>> + 'static>(
        &mut self,
        request: impl FnOnce(Arc<Engine>, Cx) -> F,
    ) {
        self.callers += 1;
        // Boxed: rustc 1.95 miscompiles the largest of these futures where it is inlined into the block below (told is read from an
        // uninitialised slot after the await); debug builds and boxed ones are sound.
        let (future, told) = (Box::pin(request(Arc::clone(&self.engine), self.cx.clone())), Rc::clone(&self.told));
        self.exec.spawn(Actor::Caller(self.callers), async move {
            let answer = future.await;
            told.borrow_mut().push(answer);
        });
    }

    /// Hands over the deliveries whose time has come. The tracker sends each once.
    pub fn pump(&mut self) {
        let due = lock(&self.sim).due(self.clock.now_ms());
        for delivery in due {
            self.hooks += 1;
            let (engine, cx) = (Arc::clone(&self.engine), self.cx.clone());
            // Until it is acknowledged it is lost: the process may die over it, or its store refuse it.
            lock(&self.sim).delivered(&delivery.id, false);
            let (sim, id, incoming) = (Arc::clone(&self.sim), delivery.id.clone(), incoming(delivery));
            self.exec.spawn(Actor::Hook(self.hooks), async move {
                if engine.ingest(&cx, incoming).await.is_ok() {
                    lock(&sim).delivered(&id, true);
                }
            });
        }
    }

    /// The process dies where it stands and starts again on what it had committed.
    pub fn restart(&mut self) {
        self.exec.kill();
        self.gate.restart();
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner).cut();
        // The embedded store is held by one process, so what the dead one had claimed is void.
        drop(now(self.store.void_leases()));
        let parts = Around { sim: &self.sim, clock: &self.clock, gate: &self.gate, traffic: &self.traffic };
        self.engine = process(&self.store, &parts, self.lagging, self.twist.as_ref());
    }

    /// Puts the database away, as a nightly backup does.
    pub fn back_up(&mut self) {
        if let Some(memory) = &self.memory {
            self.backup = Some((self.clock.now_ms(), memory.backup()));
        }
    }

    /// The process dies, and comes back on the database as it was put away; answers whether one was.
    pub fn restore(&mut self) -> bool {
        let (Some(memory), Some((taken_ms, backup))) = (&self.memory, self.backup.take()) else { return false };
        // What came since then is forgotten with all that it told, as if it had never come.
        for delivery in now(memory.deliveries(None, None, usize::MAX)).unwrap_or_default() {
            if delivery.received_us / 1000 >= taken_ms {
                lock(&self.sim).delivered(&delivery.key.id, false);
            }
        }
        memory.restore(&backup);
        self.forgotten_ms.push((taken_ms, self.clock.now_ms()));
        self.restart();
        true
    }

    /// Which pass each connection owes now (full or not), and when the next one is due.
    #[must_use]
    pub fn passes_due(&self) -> Vec<(Option<bool>, i64)> {
        let now_us = self.cx.now_us();
        self.rows(|rows| {
            let known = self.connections.iter().filter_map(|id| rows.connections.get(id));
            known.map(|connection| self.engine.pass_due(connection, now_us)).collect()
        })
    }

    /// The connections as they are.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        let known = |id: &ConnectionId| now(self.store.connection(*id)).ok().flatten();
        self.connections.iter().filter_map(known).collect()
    }

    /// The path of the n-th connection's repository, wherever it is now.
    #[must_use]
    pub fn path(&self, n: usize) -> String {
        let id = self.repos.get(n).copied().unwrap_or_default();
        lock(&self.sim).repo_path(id).unwrap_or_default()
    }

    /// The store in memory, when it is one.
    pub(crate) fn memory(&self) -> Option<&MemoryStore> {
        self.memory.as_deref()
    }

    /// All issues of the mirror, the deleted ones too.
    #[must_use]
    pub fn issues(&self) -> Vec<Item> {
        let query = IssueQuery { deleted: true, limit: 1000, ..IssueQuery::default() };
        now(self.store.list(query)).map(|page| page.items).unwrap_or_default()
    }

    /// All comments of an issue.
    #[must_use]
    pub fn comments(&self, issue: &Item) -> Vec<Item> {
        now(self.store.comments_of(issue.id, true)).unwrap_or_default()
    }

    /// The process as it is: every call of it passes the gate.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    /// What its steps are called with.
    #[must_use]
    pub fn cx(&self) -> Cx {
        self.cx.clone()
    }

    /// A request of a person on the tracker.
    pub fn person(&self, token: &str, method: &str, path: &str, body: &Value) -> Response {
        let mut request = Request::new(method, &format!("/api/v1/repos/{path}")).token(token);
        if !body.is_null() {
            request = request.json(body);
        }
        lock(&self.sim).handle(self.clock.now_ms(), &request)
    }
}

/// What a process finds around itself.
struct Around<'a> {
    sim: &'a SharedSim,
    clock: &'a Arc<SimClock>,
    gate: &'a Arc<Gate>,
    traffic: &'a Arc<Mutex<Traffic>>,
}

fn process(store: &Arc<dyn Store>, around: &Around<'_>, lagging: bool, twist: &dyn Twist) -> Arc<Engine> {
    let transport = SimTransport {
        sim: Arc::clone(around.sim),
        clock: Arc::clone(around.clock),
        gate: Arc::clone(around.gate),
        traffic: Arc::clone(around.traffic),
    };
    let mut timing = Timing::default();
    twist.timing(&mut timing);
    let lag = |provider: Arc<dyn Provider>| match lagging {
        true => Arc::new(Bent { inner: provider, bend: Lagging }) as Arc<dyn Provider>,
        false => provider,
    };
    Engine::new(Parts {
        store: Arc::new(GatedStore { inner: twist.store(Arc::clone(store)), gate: Arc::clone(around.gate) as _ }),
        providers: issuesync_forges::providers().into_iter().map(|one| twist.provider(lag(one))).collect(),
        transport: twist.transport(Arc::new(transport)),
        vault: Arc::new(PlainVault),
        timing,
        hook_base: Some("https://mirror.test".to_owned()),
        provider_secrets: BTreeMap::new(),
    })
}

/// A delivery as the server hands it on.
#[must_use]
pub fn incoming(delivery: Delivery) -> Incoming {
    Incoming {
        provider: ProviderKind::Gitea,
        connection: delivery.url.rsplit('/').next().map(str::to_owned),
        headers: lower_case(delivery.headers),
        body: delivery.body,
    }
}

/// Runs a future whose waits are all in this world, to its end.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

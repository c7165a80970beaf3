//! One world: a tracker, a mirror, and the process between them, which may die and start again.

use crate::clock::SimClock;
use crate::dice::Dice;
use crate::exec::{Actor, Executor};
use crate::gate::Gate;
use crate::transport::{SharedSim, SimTransport, Traffic, lock};
use issuesync_engine::{Engine, Incoming, NewConnection, Parts};
use issuesync_forge_sim::{Config, Delivery, Flavour, Request, Sim};
use issuesync_model::{Connection, ConnectionId, Cx, Item, ProviderKind, Secret, Settings, Timing};
use issuesync_store::{GatedStore, IssueQuery, MemoryStore, PlainVault, Store};
use serde_json::Value;
use std::cell::RefCell;
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
/// The repository.
pub const REPO: &str = "acme/web";

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
    /// The connection.
    pub connection: ConnectionId,
    engine: Arc<Engine>,
    cx: Cx,
    hooks: u64,
    callers: u64,
    /// What callers of the API were told.
    pub told: Rc<RefCell<Vec<Result<(), String>>>>,
}

impl World {
    /// A tracker of that flavour, connected and imported, with nothing going wrong yet.
    ///
    /// # Errors
    /// When the peaceful beginning fails, which no scenario may cause.
    pub fn new(seed: u64, flavour: Flavour, settings: Settings) -> Result<Self, String> {
        let mut config = Config::simple(REPO, &[(BOT, BOT_TOKEN), ("alice", ALICE), ("bob", BOB)]);
        config.seed = seed;
        config.flavour = flavour;
        let sim = Arc::new(Mutex::new(Sim::new(config)));
        let clock = Arc::new(SimClock::default());
        let gate = Arc::new(Gate::default());
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let cx = Cx { clock: Arc::clone(&clock) as _, rng: Arc::new(Dice::new(seed, 2)) };
        let engine = process(&store, &sim, &clock, &gate, &traffic);
        let new = NewConnection {
            name: Some("web".to_owned()),
            project: "acme".to_owned(),
            url: format!("{}/{REPO}", lock(&sim).root_url()),
            token: Secret::new(BOT_TOKEN),
            provider: Some(ProviderKind::Gitea),
            settings: Settings { allow_http: true, allow_private_network: true, ..settings },
        };
        let connection = now(engine.connect(&cx, new)).map_err(|error| format!("connecting failed: {error}"))?;
        now(engine.sync(&cx, connection.id, false)).map_err(|error| format!("the import failed: {error}"))?;
        Ok(Self {
            sim,
            store,
            clock,
            gate,
            traffic,
            exec: Executor::default(),
            connection: connection.id,
            engine,
            cx,
            hooks: 0,
            callers: 0,
            told: Rc::default(),
        })
    }

    /// Starts a step of an actor that is not busy.
    pub fn start(&mut self, actor: Actor) {
        if self.exec.is_busy(actor) {
            return;
        }
        let (engine, cx, id) = (Arc::clone(&self.engine), self.cx.clone(), self.connection);
        match actor {
            Actor::Worker(_) => self.exec.spawn(actor, async move { drop(engine.work(&cx).await) }),
            Actor::Checker => self.exec.spawn(actor, async move { drop(engine.check(&cx).await) }),
            Actor::Pusher(_) => self.exec.spawn(actor, async move { drop(engine.push(&cx).await) }),
            Actor::Poller(full) => self.exec.spawn(actor, async move { drop(engine.sync(&cx, id, full > 0).await) }),
            Actor::Caller(_) | Actor::Hook(_) => {}
        }
    }

    /// A caller of the API; what it is told is kept.
    pub fn call<F: Future<Output = Result<(), String>> + 'static>(
        &mut self,
        request: impl FnOnce(Arc<Engine>, Cx) -> F,
    ) {
        self.callers += 1;
        let (future, told) = (request(Arc::clone(&self.engine), self.cx.clone()), Rc::clone(&self.told));
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
        self.engine = process(&self.store, &self.sim, &self.clock, &self.gate, &self.traffic);
    }

    /// Which pass is owed now (full or not), and when the next one is.
    #[must_use]
    pub fn pass_due(&self) -> (Option<bool>, i64) {
        self.engine.pass_due(&self.connection(), self.cx.now_us())
    }

    /// The connection as it is.
    #[must_use]
    pub fn connection(&self) -> Connection {
        now(self.store.connection(self.connection))
            .ok()
            .flatten()
            .expect("the memory store always answers, and nobody disconnects")
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

    /// A request of a person on the tracker; answers its status and body.
    pub fn person(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::new(method, &format!("/api/v1/repos/{path}")).token(token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = lock(&self.sim).handle(self.clock.now_ms(), &request);
        (answer.status, answer.json())
    }
}

fn process(
    store: &Arc<dyn Store>,
    sim: &SharedSim,
    clock: &Arc<SimClock>,
    gate: &Arc<Gate>,
    traffic: &Arc<Mutex<Traffic>>,
) -> Arc<Engine> {
    let transport = SimTransport {
        sim: Arc::clone(sim),
        clock: Arc::clone(clock),
        gate: Arc::clone(gate),
        traffic: Arc::clone(traffic),
    };
    Engine::new(Parts {
        store: Arc::new(GatedStore { inner: Arc::clone(store), gate: Arc::clone(gate) as _ }),
        providers: issuesync_forges::providers(),
        transport: Arc::new(transport),
        vault: Arc::new(PlainVault),
        timing: Timing::default(),
        hook_base: Some("https://mirror.test".to_owned()),
        provider_secrets: std::collections::BTreeMap::new(),
    })
}

fn incoming(delivery: Delivery) -> Incoming {
    Incoming {
        provider: ProviderKind::Gitea,
        connection: delivery.url.rsplit('/').next().map(str::to_owned),
        headers: delivery.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
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

//! The engine's parts and its counters.

use crate::account::Accounts;
use crate::fuse::Passing;
use issuesync_model::{ConnectionId, ProviderKind, Secret, Timing};
use issuesync_provider::{Provider, Transport};
use issuesync_store::{Store, Vault};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, watch};

/// What an engine is made of.
pub struct Parts {
    /// Durable state.
    pub store: Arc<dyn Store>,
    /// The adapters.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Sealed secrets.
    pub vault: Arc<dyn Vault>,
    /// Every delay.
    pub timing: Timing,
    /// This service's public address, to which hooks are registered; `None` registers none.
    pub hook_base: Option<String>,
    /// Secrets of the short webhook address, by provider.
    pub provider_secrets: BTreeMap<ProviderKind, Vec<Secret>>,
}

/// The engine. Its steps are spread over this crate's modules, each in the file named after it.
pub struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) providers: BTreeMap<ProviderKind, Arc<dyn Provider>>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) timing: Timing,
    pub(crate) hook_base: Option<String>,
    pub(crate) provider_secrets: BTreeMap<ProviderKind, Vec<Secret>>,
    pub(crate) accounts: Accounts,
    pub(crate) passing: Passing,
    pub(crate) tallies: Tallies,
    pub(crate) signals: Signals,
    /// Connections that completed an incremental pass since this process started (or since they were unparked): only their rows are pushed.
    ready: Mutex<BTreeMap<ConnectionId, FirstPass>>,
    /// Connections whose pass ended here while the store did not take its release.
    unreleased: Mutex<BTreeSet<ConnectionId>>,
}

/// The pass that made a connection ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstPass {
    /// When it began, store time.
    pub began_us: i64,
    /// The highest number that was known before it.
    pub number: i64,
}

/// Wakes loops and listeners of this process; what they find is in the store.
#[derive(Debug)]
pub(crate) struct Signals {
    /// A delivery was queued or a check was put.
    pub work: Notify,
    /// An outbox row may be due.
    pub push: Notify,
    /// A connection may need a pass.
    pub pass: Notify,
    /// Ticks after every commit.
    pub feed: watch::Sender<u64>,
}

/// Running sums, for metrics.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    pub deliveries: AtomicU64,
    pub repeats: AtomicU64,
    pub unverified: AtomicU64,
    pub observations: AtomicU64,
    pub stale_dropped: AtomicU64,
    pub pushes: AtomicU64,
    pub push_failures: AtomicU64,
    pub requests: AtomicU64,
    pub passes: AtomicU64,
}

impl Tallies {
    pub(crate) fn add(counter: &AtomicU64, n: usize) {
        counter.fetch_add(n as u64, Ordering::Relaxed);
    }
}

/// The engine's running sums since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// Deliveries queued.
    pub deliveries: u64,
    /// Deliveries whose id was known.
    pub repeats: u64,
    /// Deliveries whose signature did not match.
    pub unverified: u64,
    /// Observations that came in through any door.
    pub observations: u64,
    /// Observations older than what was known.
    pub stale_dropped: u64,
    /// Write sequences that succeeded.
    pub pushes: u64,
    /// Write sequences that ended in an error.
    pub push_failures: u64,
    /// HTTP requests sent to trackers.
    pub requests: u64,
    /// Complete passes over a connection.
    pub passes: u64,
}

impl Engine {
    /// Makes an engine of its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            store: parts.store,
            providers: parts.providers.into_iter().map(|provider| (provider.kind(), provider)).collect(),
            transport: parts.transport,
            vault: parts.vault,
            timing: parts.timing,
            hook_base: parts.hook_base,
            provider_secrets: parts.provider_secrets,
            accounts: Accounts::default(),
            passing: Passing::default(),
            tallies: Tallies::default(),
            signals: Signals {
                work: Notify::new(),
                push: Notify::new(),
                pass: Notify::new(),
                feed: watch::channel(0).0,
            },
            ready: Mutex::default(),
            unreleased: Mutex::default(),
        })
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The delays.
    #[must_use]
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// The adapter of a provider, when there is one.
    #[must_use]
    pub fn provider(&self, kind: ProviderKind) -> Option<&Arc<dyn Provider>> {
        self.providers.get(&kind)
    }

    /// Ticks after every commit; a listener then reads the log behind its position.
    #[must_use]
    pub fn feed(&self) -> watch::Receiver<u64> {
        self.signals.feed.subscribe()
    }

    /// The running sums.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            deliveries: read(&self.tallies.deliveries),
            repeats: read(&self.tallies.repeats),
            unverified: read(&self.tallies.unverified),
            observations: read(&self.tallies.observations),
            stale_dropped: read(&self.tallies.stale_dropped),
            pushes: read(&self.tallies.pushes),
            push_failures: read(&self.tallies.push_failures),
            requests: read(&self.tallies.requests),
            passes: read(&self.tallies.passes),
        }
    }

    pub(crate) fn committed(&self) {
        self.signals.feed.send_modify(|tick| *tick += 1);
        self.signals.push.notify_one();
    }

    pub(crate) fn is_ready(&self, connection: ConnectionId) -> bool {
        self.first_pass(connection).is_some()
    }

    pub(crate) fn first_pass(&self, connection: ConnectionId) -> Option<FirstPass> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&connection).copied()
    }

    /// A pass ended well; the first one is remembered.
    pub(crate) fn make_ready(&self, connection: ConnectionId, pass: FirstPass) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).entry(connection).or_insert(pass);
    }

    /// Its rows wait for a pass again.
    pub(crate) fn make_unready(&self, connection: ConnectionId) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
    }

    pub(crate) fn is_unreleased(&self, connection: ConnectionId) -> bool {
        self.unreleased.lock().unwrap_or_else(PoisonError::into_inner).contains(&connection)
    }

    pub(crate) fn set_unreleased(&self, connection: ConnectionId, unreleased: bool) {
        set(&self.unreleased, connection, unreleased);
    }
}

fn set(of: &Mutex<BTreeSet<ConnectionId>>, connection: ConnectionId, member: bool) {
    let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
    if member {
        of.insert(connection);
    } else {
        of.remove(&connection);
    }
}

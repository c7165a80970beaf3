//! Many scenarios on several threads. What one of them does depends on its seed alone, so threads change nothing but the speed.

use crate::scenario::{Outcome, Play};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// One scenario in so many is played twice: the same seed must do the same.
const REPEATED: u64 = 100;

/// A run of so many scenarios must have reached every state of [`SOMETIMES`].
pub const LONG_RUN: u64 = 5000;

/// Interesting states that a long run reaches; one that it never sees says that the draws have grown blind.
pub const SOMETIMES: [&str; 34] = [
    "backup restored",
    "clock step",
    "crash",
    "hooks lost",
    "issues off",
    "nap",
    "outage",
    "path reused",
    "queue flushed",
    "rename",
    "rights lost",
    "store failing",
    "token revoked",
    "log Adopt",
    "log Adopt of a comment",
    "log ConflictClose",
    "log ConflictOpen",
    "log ConflictRefresh",
    "log ConflictResolve",
    "log Delete",
    "log Failed",
    "log LostUpdate",
    "log Pull",
    "log Push",
    "log Refused",
    "log Restore",
    "log Retry",
    "log Rewritten",
    "log Superseded",
    "conflict open under a tombstone",
    "open clash",
    "open lost_update",
    "outbox failed",
    "edit kept in a tombstone",
];

/// What became of many scenarios.
#[derive(Debug, Default)]
pub struct Sum {
    /// Scenarios that were played.
    pub scenarios: u64,
    /// Drawn actions.
    pub actions: u64,
    /// Virtual time that passed, microseconds.
    pub virtual_us: i64,
    /// Seeds that broke a promise, with what they broke.
    pub failed: BTreeMap<u64, Vec<String>>,
    /// Edits of which nothing could have told.
    pub unprovable: u64,
    /// In how many scenarios each interesting state was reached.
    pub reached: BTreeMap<String, u64>,
}

impl Sum {
    fn take(&mut self, seed: u64, outcome: Outcome) {
        self.scenarios += 1;
        self.actions += outcome.actions;
        self.virtual_us += outcome.virtual_us;
        self.unprovable += outcome.unprovable;
        if !outcome.violations.is_empty() {
            self.failed.insert(seed, outcome.violations);
        }
        for state in outcome.reached.into_keys() {
            *self.reached.entry(state).or_default() += 1;
        }
    }

    /// States that a run of this length should have reached and did not.
    #[must_use]
    pub fn blind(&self) -> Vec<&'static str> {
        let unseen = |state: &&str| !self.reached.contains_key(*state);
        if self.scenarios < LONG_RUN { Vec::new() } else { SOMETIMES.into_iter().filter(unseen).collect() }
    }

    fn add(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.actions += other.actions;
        self.virtual_us += other.virtual_us;
        self.unprovable += other.unprovable;
        self.failed.extend(other.failed);
        for (state, times) in other.reached {
            *self.reached.entry(state).or_default() += times;
        }
    }
}

/// How far a swarm goes.
pub struct Bounds<'a> {
    /// The first seed.
    pub from: u64,
    /// How many seeds at most.
    pub seeds: u64,
    /// Threads.
    pub threads: usize,
    /// Go on after a seed that broke a promise.
    pub keep_going: bool,
    /// Asked between two scenarios: whether the time is over.
    pub over: &'a (dyn Fn() -> bool + Sync),
}

/// Plays consecutive seeds, changed by `dress`, until the bounds are reached.
pub fn play_all(bounds: &Bounds<'_>, dress: &(dyn Fn(Play) -> Play + Sync)) -> Sum {
    let next = AtomicU64::new(bounds.from);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..bounds.threads.max(1) {
            scope.spawn(|| {
                let mut sum = Sum::default();
                while !stop.load(Ordering::Relaxed) && !(bounds.over)() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - bounds.from >= bounds.seeds {
                        break;
                    }
                    let mut outcome = dress(Play::of(seed)).outcome();
                    if seed.is_multiple_of(REPEATED) && dress(Play::of(seed)).outcome() != outcome {
                        outcome.violations.push(format!("seed {seed} did not repeat itself"));
                    }
                    if !outcome.violations.is_empty() && !bounds.keep_going {
                        stop.store(true, Ordering::Relaxed);
                    }
                    sum.take(seed, outcome);
                }
                total.lock().unwrap_or_else(PoisonError::into_inner).add(sum);
            });
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

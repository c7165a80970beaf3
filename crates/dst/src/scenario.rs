//! One scenario: trouble for a while, then peace until nothing is due, then judgement.

use crate::dice::Dice;
use crate::exec::Actor;
use crate::laws::{self, Marks};
use crate::nap::Naps;
use crate::people;
use crate::plan::Plan;
use crate::setup::Setup;
use crate::transport::lock;
use crate::trouble::{LONG_OUTAGE, Trouble, pause_us};
use crate::twist::{Plain, Twist};
use crate::watch;
use crate::world::{ALICE, World, now};
use issuesync_model::{Clock, LogKind, LogRow, OutboxStatus};
use issuesync_store::Store;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

/// Streams of chance below this belong to the scenario as a whole; action n draws from the stream `ACTIONS + n`.
const ACTIONS: u64 = 1000;

/// What became of a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Broken promises, one sentence each.
    pub violations: Vec<String>,
    /// Edits in the read-write gap of a field without history, whose hook was lost.
    pub unprovable: u64,
    /// Drawn actions.
    pub actions: u64,
    /// Virtual time that passed, microseconds.
    pub virtual_us: i64,
    /// A hash over everything that was done and found; equal for equal seeds.
    pub trace: u64,
    /// A hash of the whole state after each action, when that was asked for.
    pub states: Vec<u64>,
    /// How often each interesting state was seen.
    pub reached: BTreeMap<String, u64>,
}

/// A scenario to be played.
#[derive(Clone)]
pub struct Play {
    /// Its seed.
    pub seed: u64,
    /// Actions that are left out, by number.
    pub dropped: BTreeSet<u64>,
    /// What is changed of the process from outside.
    pub twist: Arc<dyn Twist>,
    /// Another store than the one in memory.
    pub store: Option<Arc<dyn Store>>,
    /// Whether the database may be put away and come back; only the store in memory can.
    pub restores: bool,
    /// Whether the state is hashed after each action.
    pub hash_states: bool,
}

/// A scenario that is being played.
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) dice: Dice,
    pub(crate) plan: Plan,
    pub(crate) trouble: Trouble,
    pub(crate) outcome: Outcome,
    marks: Marks,
    play: Play,
}

/// Plays the scenario of a seed.
#[must_use]
pub fn play(seed: u64) -> Outcome {
    Play::of(seed).outcome()
}

impl Play {
    /// The scenario of a seed, as it was drawn.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, dropped: BTreeSet::new(), twist: Arc::new(Plain), store: None, restores: true, hash_states: false }
    }

    /// Plays it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.run().map_or_else(|failed| failed, |run| run.outcome)
    }

    /// Plays it and tells its story.
    #[must_use]
    pub fn story(&self) -> Vec<String> {
        self.run().map_or_else(|failed| failed.violations, |run| crate::story::tell(&run.world))
    }

    /// Its drawn options.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::draw(self.seed);
        plan.restores &= self.restores && self.store.is_none();
        plan
    }

    fn run(&self) -> Result<Run, Outcome> {
        let plan = self.plan();
        let setup = Setup { twist: Arc::clone(&self.twist), store: self.store.clone(), ..plan.setup(self.seed) };
        let failed = |error| Outcome { violations: vec![error], ..Outcome::default() };
        let world = World::new(setup).map_err(failed)?;
        let mut run = Run {
            world,
            dice: Dice::new(self.seed, 3),
            plan,
            trouble: Trouble::default(),
            outcome: Outcome::default(),
            marks: Marks::default(),
            play: self.clone(),
        };
        run.begin();
        run.actions();
        run.peace();
        run.judge();
        Ok(run)
    }
}

impl Run {
    fn begin(&mut self) {
        for n in 0..self.plan.issues {
            let at = usize::try_from(n).unwrap_or(0) % self.plan.repos;
            let path = format!("{}/issues", self.world.path(at));
            let body = json!({ "title": format!("Issue {n}"), "body": format!("What happens in case {n}.") });
            self.world.person(ALICE, "POST", &path, &body);
        }
        lock(&self.world.sim).set_faults(self.plan.faults.clone());
        self.world.gate.fail_some(self.plan.store_fail_pm);
    }

    fn actions(&mut self) {
        for n in 0..self.plan.actions {
            if self.play.dropped.contains(&n) {
                continue;
            }
            // Each action draws from a stream of its own, so that leaving one out leaves the others what they are.
            let dice = Dice::new(self.play.seed, ACTIONS + n);
            let mut naps = self.naps(self.play.seed, n);
            self.polls(n, dice.below(self.plan.pace), &dice, &mut naps);
            self.act(n, &dice);
            self.world.pump();
            people::set_back(&self.world, self.plan.ping_pong);
            let found = self.marks.check(&self.world);
            self.outcome.violations.extend(found);
            self.trace(n);
            self.outcome.actions += 1;
            if !self.outcome.violations.is_empty() {
                return;
            }
        }
    }

    /// Lets steps go on, one poll at a time; between two polls a little time passes.
    fn polls(&mut self, n: u64, polls: u64, dice: &Dice, naps: &mut Naps) {
        for _ in 0..polls {
            let Some(actor) = self.world.exec.step(dice) else { return };
            self.world.clock.advance(dice.between(100, 8_000));
            self.revive();
            self.nap(actor, n, naps);
        }
    }

    pub(crate) fn revive(&mut self) {
        if self.world.gate.crashed() {
            self.reach("crash");
            self.world.restart();
        }
    }

    fn act(&mut self, n: u64, dice: &Dice) {
        if dice.hit(self.plan.crash_pm) {
            self.world.gate.crash_in(1 + dice.below(60));
            return;
        }
        if dice.hit(self.plan.trouble_pm) {
            let what = self.trouble.strike(&mut self.world, &self.plan, dice);
            if what == "backup restored" {
                // What was forgotten counts again from where the backup stood.
                self.marks = Marks::default();
            }
            if what == LONG_OUTAGE {
                self.sit_out(dice);
            }
            self.reach(what);
            return;
        }
        let connection = u8::try_from(dice.below(self.plan.repos as u64)).unwrap_or(0);
        match dice.below(100) {
            0..=17 => people::local(&mut self.world, dice, n, self.plan.delete_pm),
            18..=35 => people::foreign(&self.world, dice, n, self.plan.delete_pm),
            36..=54 => self.world.clock.advance(pause_us(dice)),
            55 => self.world.start(Actor::Sweeper),
            56..=62 => self.world.start(Actor::Worker(0)),
            63..=67 => self.world.start(Actor::Worker(1)),
            68..=74 => self.world.start(Actor::Checker),
            75..=83 => self.world.start(Actor::Pusher(0)),
            84..=90 => self.world.start(Actor::Pusher(1)),
            91..=97 => self.world.start(Actor::Poller(connection, false)),
            _ => self.world.start(Actor::Poller(connection, true)),
        }
    }

    fn judge(&mut self) {
        if self.outcome.violations.is_empty() {
            let (report, found) = laws::judged(&self.world);
            self.outcome.unprovable = report.unprovable;
            self.outcome.violations = found;
            if report.rollbacks > 0 && !self.plan.clock_steps {
                let told = report.details.iter().filter(|detail| detail.starts_with("rolled back")).cloned();
                self.outcome.violations.extend(told);
            }
            self.outcome.violations.extend(laws::litter(&self.world));
            self.outcome.violations.extend(watch::mistaken(&self.world));
            if self.plan.is_ill_in_outages_alone() {
                self.outcome.violations.extend(watch::given_up(&self.world));
            }
            self.outcome.violations.extend(self.marks.check(&self.world));
        }
        self.count_states();
        self.outcome.virtual_us = self.world.clock.now_us() - crate::clock::START_US;
        self.trace(u64::MAX);
    }

    fn count_states(&mut self) {
        let mut words: Vec<String> = Vec::new();
        for issue in self.world.issues() {
            let rows = now(self.world.store.history(issue.id)).unwrap_or_default();
            words.extend(rows.iter().map(|row| format!("log {:?}", row.kind)));
            if rows.iter().any(|row| row.kind == LogKind::Adopt && row.comment.is_some()) {
                words.push("log Adopt of a comment".to_owned());
            }
            if let Some(tombstone) = &issue.tombstone {
                let opens = |row: &&LogRow| matches!(row.kind, LogKind::ConflictOpen | LogKind::ConflictClose);
                if rows.iter().rev().find(opens).is_some_and(|row| row.kind == LogKind::ConflictOpen) {
                    words.push("conflict open under a tombstone".to_owned());
                }
                if tombstone.local != tombstone.base {
                    words.push("edit kept in a tombstone".to_owned());
                }
            }
            words.push(format!("lifecycle {}", issue.lifecycle.word()));
            words.extend(issue.conflicts.iter().map(|open| format!("open {}", open.kind.word())));
            if issue.outbox.status == OutboxStatus::Failed {
                words.push("outbox failed".to_owned());
            }
        }
        words.iter().for_each(|word| self.reach(word));
    }

    pub(crate) fn reach(&mut self, state: &str) {
        *self.outcome.reached.entry(state.to_owned()).or_default() += 1;
    }

    /// Folds what happened into the trace.
    fn trace(&mut self, n: u64) {
        let traffic = self.world.traffic.lock().unwrap_or_else(PoisonError::into_inner).requests;
        let log = now(self.world.store.log_end()).unwrap_or(0).unsigned_abs();
        let parts = [n, traffic, log, self.world.clock.now_us().unsigned_abs(), self.world.exec.polls()];
        self.outcome.trace = laws::fold(self.outcome.trace, &parts);
        if self.play.hash_states {
            self.outcome.states.push(laws::state_hash(&self.world));
        }
    }
}

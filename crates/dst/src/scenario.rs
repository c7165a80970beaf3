//! One scenario: trouble for a while, then peace until nothing is due, then judgement.

use crate::dice::Dice;
use crate::exec::Actor;
use crate::laws::{self, Marks};
use crate::people;
use crate::plan::Plan;
use crate::transport::lock;
use crate::world::{ALICE, BOT, BOT_TOKEN, World, now};
use issuesync_forge_sim::{Faults, UserSpec};
use issuesync_model::{CheckKind, Clock, OutboxStatus};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::PoisonError;

const SECOND_US: i64 = 1_000_000;
/// I10: after the last fault everything is settled within this time.
const QUIET_WITHIN_US: i64 = 2 * 3600 * SECOND_US;
/// A step that goes on for ever is a violation, not a hang.
const POLLS_MAX: u64 = 400_000;

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
    /// How often each interesting state was seen.
    pub reached: BTreeMap<String, u64>,
}

struct Run {
    world: World,
    dice: Dice,
    plan: Plan,
    marks: Marks,
    outcome: Outcome,
    token_gone: bool,
}

/// Plays the scenario of a seed.
#[must_use]
pub fn play(seed: u64) -> Outcome {
    played(seed).map_or_else(|failed| failed, |run| run.outcome)
}

/// Plays the scenario of a seed and tells its story.
#[must_use]
pub fn explain(seed: u64) -> Vec<String> {
    played(seed).map_or_else(|failed| failed.violations, |run| crate::story::tell(&run.world))
}

fn played(seed: u64) -> Result<Run, Outcome> {
    let plan = Plan::draw(seed);
    let world = match World::new(seed, plan.flavour, plan.settings.clone()) {
        Ok(world) => world,
        Err(error) => return Err(Outcome { violations: vec![error], ..Outcome::default() }),
    };
    let dice = Dice::new(seed, 3);
    let mut run = Run { world, dice, plan, marks: Marks::default(), outcome: Outcome::default(), token_gone: false };
    run.begin();
    run.trouble();
    run.peace();
    run.judge();
    Ok(run)
}

impl Run {
    fn begin(&mut self) {
        for n in 0..self.plan.issues {
            let path = format!("{}/issues", crate::world::REPO);
            let body = json!({ "title": format!("Issue {n}"), "body": format!("What happens in case {n}.") });
            self.world.person(ALICE, "POST", &path, &body);
        }
        lock(&self.world.sim).set_faults(self.plan.faults.clone());
    }

    fn trouble(&mut self) {
        for n in 0..self.plan.actions {
            let polls = self.dice.below(self.plan.pace);
            self.polls(polls);
            self.act(n);
            self.world.pump();
            let found = self.marks.check(&self.world);
            self.outcome.violations.extend(found);
            self.trace(n);
            if !self.outcome.violations.is_empty() {
                return;
            }
        }
        self.outcome.actions = self.plan.actions;
    }

    /// Lets steps go on, one poll at a time; between two polls a little time passes.
    fn polls(&mut self, polls: u64) {
        for _ in 0..polls {
            if self.world.exec.step(&self.dice).is_none() {
                return;
            }
            self.world.clock.advance(self.dice.between(100, 8_000));
            self.revive();
        }
    }

    fn revive(&mut self) {
        if self.world.gate.crashed() {
            self.reach("crash");
            self.world.restart();
        }
    }

    fn act(&mut self, n: u64) {
        if self.dice.hit(self.plan.crash_pm) {
            self.world.gate.crash_in(1 + self.dice.below(60));
            return;
        }
        if self.dice.hit(self.plan.trouble_pm) {
            self.make_trouble();
            return;
        }
        match self.dice.below(100) {
            0..=17 => people::local(&mut self.world, &self.dice, n, self.plan.delete_pm),
            18..=35 => people::foreign(&self.world, &self.dice, n, self.plan.delete_pm),
            36..=55 => self.let_time_pass(),
            56..=62 => self.world.start(Actor::Worker(0)),
            63..=67 => self.world.start(Actor::Worker(1)),
            68..=74 => self.world.start(Actor::Checker),
            75..=83 => self.world.start(Actor::Pusher(0)),
            84..=90 => self.world.start(Actor::Pusher(1)),
            91..=97 => self.world.start(Actor::Poller(0)),
            _ => self.world.start(Actor::Poller(1)),
        }
    }

    fn let_time_pass(&self) {
        let us = match self.dice.below(20) {
            0..=11 => self.dice.between(10_000, 3 * SECOND_US),
            12..=16 => self.dice.between(3 * SECOND_US, 40 * SECOND_US),
            17..=18 => self.dice.between(40 * SECOND_US, 300 * SECOND_US),
            _ => self.dice.between(300 * SECOND_US, 3600 * SECOND_US),
        };
        self.world.clock.advance(us);
    }

    /// Something bigger than a lost packet: the token, the repository, the store, the whole tracker.
    fn make_trouble(&mut self) {
        let mut faults = lock(&self.world.sim).faults().clone();
        match self.dice.below(6) {
            0 => {
                faults.outage = !faults.outage;
                self.reach("outage");
            }
            1 if self.plan.clock_steps => {
                faults.clock_skew_ms += self.dice.between(-3_600_000, 600_000);
                self.reach("clock step");
            }
            2 if self.token_gone => self.give_token(),
            2 => {
                lock(&self.world.sim).revoke_token(BOT_TOKEN);
                self.token_gone = true;
                self.reach("token revoked");
            }
            3 => {
                let fails = !self.world.gate.store_fails();
                self.world.gate.fail_store(fails);
                self.reach("store failing");
            }
            4 => {
                let off = self.dice.hit(500);
                let body = json!({ "has_issues": !off });
                self.world.person(BOT_TOKEN, "PATCH", crate::world::REPO, &body);
                self.reach("issues off");
            }
            _ => {
                faults.hook_drop_pm = u32::try_from(self.dice.below(1001)).unwrap_or(0);
                self.reach("hooks lost");
            }
        }
        lock(&self.world.sim).set_faults(faults);
    }

    fn give_token(&mut self) {
        lock(&self.world.sim).add_user(&UserSpec::new(BOT, BOT_TOKEN));
        self.token_gone = false;
    }

    /// Faults off, and the ordinary loops until nothing is due any more.
    fn peace(&mut self) {
        if !self.outcome.violations.is_empty() {
            return;
        }
        let skew = lock(&self.world.sim).faults().clock_skew_ms;
        let habits = Faults {
            clock_skew_ms: skew,
            rewrite: self.plan.faults.rewrite.clone(),
            refuse: self.plan.faults.refuse.clone(),
            only_user: Some(BOT.to_owned()),
            ..Faults::default()
        };
        lock(&self.world.sim).set_faults(habits);
        self.give_token();
        self.world.person(BOT_TOKEN, "PATCH", crate::world::REPO, &json!({ "has_issues": true }));
        self.world.gate.fail_store(false);
        let began_us = self.world.clock.now_us();
        loop {
            self.round(None);
            let now_us = self.world.clock.now_us();
            if now_us - began_us > QUIET_WITHIN_US {
                self.outcome.violations.push("I10: not at rest two hours after the last fault".to_owned());
                self.outcome.violations.extend(laws::litter(&self.world));
                return;
            }
            if self.world.exec.polls() > POLLS_MAX {
                self.outcome.violations.push("I10: steps go on and on".to_owned());
                return;
            }
            match self.next_due() {
                Some(due_us) => self.world.clock.advance((due_us - now_us).max(50_000)),
                None if self.quiet() => break,
                None => self.world.clock.advance(60 * SECOND_US),
            }
        }
        self.silence();
    }

    /// Everybody runs once to the end; a pass when one is owed or asked for.
    fn round(&mut self, pass: Option<bool>) {
        self.world.pump();
        let owed = pass.or(self.world.pass_due().0);
        for actor in [Actor::Worker(0), Actor::Checker, Actor::Pusher(0)] {
            self.world.start(actor);
        }
        if let Some(full) = owed {
            self.world.start(Actor::Poller(usize::from(full)));
        }
        while !self.world.exec.is_idle() && self.world.exec.polls() <= POLLS_MAX {
            self.world.exec.step(&self.dice);
            self.world.clock.advance(500);
            self.revive();
        }
    }

    /// The next time at which a row, a check or a delivery is due, if it is before the next full pass.
    fn next_due(&self) -> Option<i64> {
        let connections = vec![self.world.connection];
        let store = &self.world.store;
        let push_us = now(store.next_due(connections.clone())).ok().flatten();
        let check_us = now(store.next_check(connections)).ok().flatten();
        let hook_us = lock(&self.world.sim).next_due_ms().map(|ms| ms * 1000);
        let queue_us = (now(store.queued()).unwrap_or(0) > 0).then(|| self.world.clock.now_us() + 5 * SECOND_US);
        let held = now(store.checks(self.world.connection, CheckKind::Gone))
            .is_ok_and(|checks| !checks.is_empty() && checks.iter().all(|check| check.evidence.held));
        [push_us, check_us.filter(|_| !held), hook_us, queue_us].into_iter().flatten().min()
    }

    /// Whether a full pass was made since the last fault and found nothing left to do.
    fn quiet(&mut self) -> bool {
        let connection = self.world.connection();
        if connection.parked.is_some() || connection.is_dirty() {
            return false;
        }
        let before = now(self.world.store.log_end()).unwrap_or(0);
        self.round(Some(true));
        let after = now(self.world.store.log_end()).unwrap_or(0);
        let passed = self.world.connection();
        passed.last_full_us > connection.last_full_us
            && !passed.is_dirty()
            && before == after
            && self.next_due().is_none()
    }

    /// I5: ten more passes write nothing, neither there nor here.
    fn silence(&mut self) {
        let writes = |world: &World| world.traffic.lock().unwrap_or_else(PoisonError::into_inner).writes;
        let before = (writes(&self.world), now(self.world.store.log_end()).unwrap_or(0));
        for n in 0..10 {
            self.world.clock.advance(60 * SECOND_US);
            self.round(Some(n == 9));
        }
        let after = (writes(&self.world), now(self.world.store.log_end()).unwrap_or(0));
        if before != after {
            self.outcome
                .violations
                .push(format!("I5: at rest, but writes and log rows went from {before:?} to {after:?}"));
        }
    }

    fn judge(&mut self) {
        if self.outcome.violations.is_empty() {
            let (report, found) = laws::judged(&self.world);
            self.outcome.unprovable = report.unprovable;
            self.outcome.violations = found;
            self.outcome.violations.extend(laws::litter(&self.world));
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
            words.push(format!("lifecycle {}", issue.lifecycle.word()));
            words.extend(issue.conflicts.iter().map(|open| format!("open {}", open.kind.word())));
            if issue.outbox.status == OutboxStatus::Failed {
                words.push("outbox failed".to_owned());
            }
        }
        words.iter().for_each(|word| self.reach(word));
    }

    fn reach(&mut self, state: &str) {
        *self.outcome.reached.entry(state.to_owned()).or_default() += 1;
    }

    /// Folds what happened into the trace (FNV-1a).
    fn trace(&mut self, n: u64) {
        let traffic = self.world.traffic.lock().unwrap_or_else(PoisonError::into_inner).requests;
        let log = now(self.world.store.log_end()).unwrap_or(0).unsigned_abs();
        for part in [n, traffic, log, self.world.clock.now_us().unsigned_abs(), self.world.exec.polls()] {
            for byte in part.to_le_bytes() {
                self.outcome.trace = (self.outcome.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
    }
}

//! After the trouble: faults off, and the ordinary loops until nothing is due any more. Then ten passes in silence.

use crate::calm::{POLL_US, WAIT_US};
use crate::dice::Dice;
use crate::exec::Actor;
use crate::laws;
use crate::people;
use crate::scenario::Run;
use crate::transport::lock;
use crate::world::now;
use issuesync_model::Clock;

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;
/// I10: after the last fault everything is settled within this time.
const QUIET_WITHIN_US: i64 = 2 * 3600 * SECOND_US;
/// A step that goes on for ever is a violation, not a hang.
const POLLS_MAX: u64 = 400_000;

impl Run {
    /// Puts everything right and lets the world come to rest.
    pub(crate) fn peace(&mut self) {
        if !self.outcome.violations.is_empty() {
            return;
        }
        let skew_ms = lock(&self.world.sim).faults().clock_skew_ms;
        lock(&self.world.sim).set_faults(self.plan.habits(skew_ms));
        self.trouble.end(&self.world);
        self.world.gate.fail_store(false);
        self.world.gate.fail_some(0);
        self.world.exec.wake(u64::MAX);
        let began_us = self.world.clock.now_us();
        let mut overdue = false;
        loop {
            let calm = overdue.then(|| self.calm_until().map(|until_us| (self.seen(), until_us))).flatten();
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
                Some(due_us) => {
                    let wait_us = (due_us - now_us).max(WAIT_US);
                    self.world.clock.advance(wait_us);
                    overdue = wait_us == WAIT_US;
                    if let Some((before, until_us)) = calm.filter(|(_, until_us)| overdue && *until_us > now_us) {
                        self.skip(before, until_us.min(began_us + QUIET_WITHIN_US), POLLS_MAX);
                    }
                }
                None if self.quiet() => break,
                None => self.world.clock.advance(60 * SECOND_US),
            }
        }
        self.silence();
    }

    /// Hours in which the tracker does not answer and everybody goes on trying, longer than any schedule of retries.
    pub(crate) fn sit_out(&mut self, dice: &Dice) {
        self.world.exec.wake(u64::MAX);
        let until_us = self.world.clock.now_us() + dice.between(HOUR_US, 4 * HOUR_US);
        while self.world.clock.now_us() < until_us && self.world.exec.polls() <= POLLS_MAX / 2 {
            self.round(None);
            let due_us = self.next_due().unwrap_or(i64::MAX).saturating_sub(self.world.clock.now_us());
            self.world.clock.advance(due_us.clamp(30 * SECOND_US, 120 * SECOND_US));
        }
    }

    /// Everybody who has something to do runs once to the end, as in the loops of the product; a pass when one is owed or asked for.
    pub(crate) fn round(&mut self, pass: Option<bool>) {
        self.world.pump();
        people::set_back(&self.world, self.plan.ping_pong);
        let now_us = self.world.clock.now_us();
        let is_due = |at_us: Option<i64>| at_us.is_some_and(|at_us| at_us <= now_us);
        let arrives = !self.world.exec.is_idle() || now(self.world.store.queued()).unwrap_or(0) > 0;
        let due = [
            (Actor::Worker(0), arrives),
            (Actor::Checker, is_due(self.check_due())),
            (Actor::Pusher(0), is_due(self.push_due())),
        ];
        for (actor, _) in due.into_iter().filter(|(_, due)| *due) {
            self.world.start(actor);
        }
        for (n, (owed, _)) in (0_u8..).zip(self.world.passes_due()) {
            if let Some(full) = pass.or(owed) {
                self.world.start(Actor::Poller(n, full));
            }
        }
        self.run_out();
        // People ask again where they were told that somebody had the row in hand: they come when nobody does.
        people::accept_held(&mut self.world);
        self.run_out();
    }

    fn run_out(&mut self) {
        while !self.world.exec.is_idle() && self.world.exec.polls() <= POLLS_MAX {
            self.world.exec.step(&self.dice);
            self.world.clock.advance(POLL_US);
            self.revive();
        }
    }

    /// The next time at which a row, a check or a delivery is due.
    fn next_due(&self) -> Option<i64> {
        let hook_us = lock(&self.world.sim).next_due_ms().map(|ms| ms * 1000);
        let queued = now(self.world.store.queued()).unwrap_or(0) > 0;
        let queue_us = queued.then(|| self.world.clock.now_us() + 5 * SECOND_US);
        [self.push_due(), self.check_due(), hook_us, queue_us].into_iter().flatten().min()
    }

    fn push_due(&self) -> Option<i64> {
        now(self.world.store.next_due(self.world.connections.clone())).ok().flatten()
    }

    fn check_due(&self) -> Option<i64> {
        now(self.world.store.next_check(self.world.connections.clone())).ok().flatten()
    }

    /// Whether a full pass over every connection was made since the last fault and found nothing left to do.
    fn quiet(&mut self) -> bool {
        let before = self.world.connections();
        if before.iter().any(|connection| connection.parked.is_some() || connection.is_dirty()) {
            return false;
        }
        let log = now(self.world.store.log_end()).unwrap_or(0);
        self.round(Some(true));
        let after = self.world.connections();
        let passed = before.iter().zip(&after).all(|(old, new)| new.last_full_us > old.last_full_us && !new.is_dirty());
        passed && now(self.world.store.log_end()).unwrap_or(0) == log && self.next_due().is_none()
    }

    /// I5: ten more passes write nothing, neither there nor here.
    fn silence(&mut self) {
        let seen = |run: &Self| (laws::writes(&run.world), now(run.world.store.log_end()).unwrap_or(0));
        let before = seen(self);
        for n in 0..10 {
            self.world.clock.advance(60 * SECOND_US);
            self.round(Some(n == 9));
        }
        let after = seen(self);
        if before != after {
            self.outcome
                .violations
                .push(format!("I5: at rest, but writes and log rows went from {before:?} to {after:?}"));
        }
    }
}

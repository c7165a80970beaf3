//! The stage of the named scenarios: a world of one tracker and one mirror, and the few words in which their stories are told. Nothing happens here by chance.

use crate::dice::Dice;
use crate::exec::Actor;
use crate::faults::{Failure, Told};
use crate::laws::{self, Marks};
use crate::setup::Setup;
use crate::transport::lock;
use crate::world::{World, now};
use issuesync_forge_sim::Faults;
use issuesync_model::Clock;

/// One second in microseconds.
pub const SECOND_US: i64 = 1_000_000;
/// One minute in microseconds.
pub const MINUTE_US: i64 = 60 * SECOND_US;
/// I10: after the last fault everything is settled within this time.
const QUIET_WITHIN_US: i64 = 120 * MINUTE_US;
/// Polls after which a story goes on for ever.
const POLLS_MAX: u64 = 2_000_000;

/// One world and what was seen of it.
pub struct Stage {
    /// The world.
    pub world: World,
    marks: Marks,
    dice: Dice,
    /// Until when a connection whose pass ended badly rests, and whether it was parked then: what the product's loop keeps in mind.
    rests: Vec<(i64, bool)>,
}

impl Stage {
    /// One Gitea repository without issues.
    ///
    /// # Errors
    /// When the peaceful beginning fails.
    pub fn new() -> Result<Self, Failure> {
        Self::of(Setup::new(1))
    }

    /// The stage of a setup.
    ///
    /// # Errors
    /// When the peaceful beginning fails.
    pub fn of(setup: Setup) -> Result<Self, Failure> {
        let dice = Dice::new(setup.seed, 5);
        let world = World::new(setup).map_err(Failure::Stage)?;
        let rests = vec![(0, false); world.connections.len()];
        Ok(Self { world, marks: Marks::default(), dice, rests })
    }

    /// One Gitea repository with one issue, `#1`, which the mirror knows.
    ///
    /// # Errors
    /// When the peaceful beginning fails.
    pub fn with_issue() -> Result<Self, Failure> {
        Self::new()?.and_issue()
    }

    /// The same stage with one more issue, which the mirror knows.
    ///
    /// # Errors
    /// When the world does not come to rest.
    pub fn and_issue(mut self) -> Result<Self, Failure> {
        self.report("One", "What happens.");
        self.settle()?;
        Ok(self)
    }

    /// The tracker's habits from here on. What is struck are the mirror's own requests alone.
    pub fn faults(&self, faults: Faults) {
        let only_user = Some(crate::world::BOT.to_owned());
        lock(&self.world.sim).set_faults(Faults { only_user, ..faults });
    }

    /// The time, microseconds.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        self.world.clock.now_us()
    }

    /// Lets time pass in which nobody does anything.
    pub fn wait(&self, us: i64) {
        self.world.clock.advance(us);
    }

    /// Lets one actor do one whole step, alone.
    pub fn alone(&mut self, actor: Actor) {
        self.turn_until(actor, |_| false);
    }

    /// Lets one actor go on, alone, until something holds; answers whether it does. What was under way goes on later.
    pub fn turn_until(&mut self, actor: Actor, holds: impl Fn(&World) -> bool) -> bool {
        self.world.start(actor);
        while !holds(&self.world) {
            if !self.world.exec.turn(actor) {
                return holds(&self.world);
            }
            self.world.clock.advance(500);
        }
        true
    }

    /// Lets an actor go on until its next write is on its way: the tracker has not seen it.
    pub fn to_next_write(&mut self, actor: Actor) -> bool {
        let before = laws::writes(&self.world);
        self.turn_until(actor, |world| laws::writes(world) > before)
    }

    /// Lets an actor go on until its next write took its effect: the answer was not seen.
    pub fn to_next_effect(&mut self, actor: Actor) -> bool {
        self.to_next_write(actor) && self.to_effect(actor)
    }

    /// Lets an actor whose write is on its way go on until it took its effect: the answer was not seen.
    pub fn to_effect(&mut self, actor: Actor) -> bool {
        let seen = lock(&self.world.sim).requests();
        self.turn_until(actor, |world| lock(&world.sim).requests() > seen)
    }

    /// Lets the next write of an actor meet these habits of the tracker, and nothing else; answers whether one did.
    pub fn strike(&mut self, actor: Actor, faults: Faults) -> bool {
        if !self.to_next_write(actor) {
            return false;
        }
        let usual = lock(&self.world.sim).faults().clone();
        let seen = lock(&self.world.sim).requests();
        self.faults(faults);
        let struck = self.turn_until(actor, |world| lock(&world.sim).requests() > seen);
        lock(&self.world.sim).set_faults(usual);
        self.alone(actor);
        struck
    }

    /// Everybody runs once to the end; a pass when one is owed or asked for.
    ///
    /// # Errors
    /// When steps go on for ever or a law is broken on the way.
    pub fn round(&mut self, pass: Option<bool>) -> Told {
        self.world.pump();
        for actor in [Actor::Worker(0), Actor::Checker, Actor::Pusher(0)] {
            self.world.start(actor);
        }
        let before = self.world.connections();
        for (n, (owed, _)) in (0_u8..).zip(self.world.passes_due()) {
            let (at, now_us) = (usize::from(n), self.now_us());
            let parked = before[at].parked.is_some();
            let rests = self.rests[at].1 == parked && self.rests[at].0 > now_us;
            if let Some(full) = pass.or(owed.filter(|_| !rests)) {
                self.rests[at] = (now_us + if parked { 5 * MINUTE_US } else { 30 * SECOND_US }, parked);
                self.world.start(Actor::Poller(n, full));
            }
        }
        self.run()?;
        for (at, now) in self.world.connections().iter().enumerate() {
            if now.last_poll_us > before[at].last_poll_us {
                self.rests[at] = (0, false);
            }
        }
        self.lawful_so_far()
    }

    /// Everything that is under way comes to its end; a process that dies over it starts again.
    ///
    /// # Errors
    /// When steps go on for ever.
    pub fn run(&mut self) -> Told {
        while !self.world.exec.is_idle() {
            if self.world.exec.polls() > POLLS_MAX {
                return Err(Failure::Unlawful("I10: steps go on and on".to_owned()));
            }
            if self.world.exec.step(&self.dice).is_none() && !self.world.gate.crashed() {
                return Err(Failure::Unlawful("I10: a step waits for nobody".to_owned()));
            }
            self.world.clock.advance(500);
            if self.world.gate.crashed() {
                self.world.restart();
            }
        }
        Ok(())
    }

    /// The ordinary loops run for so long.
    ///
    /// # Errors
    /// As [`Stage::round`].
    pub fn live(&mut self, us: i64) -> Told {
        let until_us = self.now_us() + us;
        while self.now_us() < until_us {
            self.round(None)?;
            let rests = self.rests.iter().map(|(until_us, _)| *until_us);
            let pass_us =
                self.world.passes_due().into_iter().zip(rests).map(|((_, due_us), rest_us)| due_us.max(rest_us)).min();
            let due_us = [self.next_due(), pass_us].into_iter().flatten().min().unwrap_or(until_us);
            let now_us = self.now_us();
            self.wait((due_us - now_us).clamp(SECOND_US, (until_us - now_us).max(SECOND_US)));
        }
        Ok(())
    }

    /// The ordinary loops run until nothing is due and a full pass finds nothing left to do.
    ///
    /// # Errors
    /// When that takes longer than two hours, and as [`Stage::round`].
    pub fn settle(&mut self) -> Told {
        let began_us = self.now_us();
        loop {
            self.round(None)?;
            let now_us = self.now_us();
            if now_us - began_us > QUIET_WITHIN_US {
                let left = laws::litter(&self.world).join("; ");
                return Err(Failure::Unlawful(format!("I10: not at rest two hours after the last fault; {left}")));
            }
            match self.next_due() {
                Some(due_us) => self.wait((due_us - now_us).max(50_000)),
                None if self.is_quiet()? => return Ok(()),
                None => self.wait(MINUTE_US),
            }
        }
    }

    fn next_due(&self) -> Option<i64> {
        let store = &self.world.store;
        // What belongs to a parked connection waits for it to be unparked.
        let active = self.world.connections().into_iter().filter(|connection| connection.parked.is_none());
        let connections: Vec<_> = active.map(|connection| connection.id).collect();
        let push_us = now(store.next_due(connections.clone())).ok().flatten();
        let check_us = now(store.next_check(connections)).ok().flatten();
        let hook_us = lock(&self.world.sim).next_due_ms().map(|ms| ms * 1000);
        let queue_us = (now(store.queued()).unwrap_or(0) > 0).then(|| self.now_us() + 5 * SECOND_US);
        [push_us, check_us, hook_us, queue_us].into_iter().flatten().min()
    }

    fn is_quiet(&mut self) -> Result<bool, Failure> {
        let before = self.world.connections();
        if before.iter().any(|connection| connection.parked.is_some() || connection.is_dirty()) {
            return Ok(false);
        }
        let log = self.log_end();
        self.round(Some(true))?;
        let after = self.world.connections();
        let passed = before.iter().zip(&after).all(|(old, new)| new.last_full_us > old.last_full_us && !new.is_dirty());
        Ok(passed && self.log_end() == log && self.next_due().is_none())
    }

    fn lawful_so_far(&mut self) -> Told {
        let found = self.marks.check(&self.world);
        if found.is_empty() { Ok(()) } else { Err(Failure::Unlawful(found.join("; "))) }
    }

    /// What was restored from a backup counts again from where it stood.
    pub fn forget_marks(&mut self) {
        self.marks = Marks::default();
    }

    /// The end of every story: the world comes to rest, ten more passes change nothing, and every law holds.
    ///
    /// # Errors
    /// When one does not.
    pub fn lawful(mut self) -> Told {
        self.settle()?;
        let seen = |stage: &Self| (laws::writes(&stage.world), stage.log_end());
        let before = seen(&self);
        for n in 0..10 {
            self.wait(MINUTE_US);
            self.round(Some(n == 9))?;
        }
        let after = seen(&self);
        let mut found = laws::judged(&self.world).1;
        found.extend(laws::litter(&self.world));
        if before != after {
            found.push(format!("I5: at rest, but writes and log rows went from {before:?} to {after:?}"));
        }
        self.lawful_so_far()?;
        if found.is_empty() { Ok(()) } else { Err(Failure::Unlawful(found.join("; "))) }
    }
}

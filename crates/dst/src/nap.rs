//! Steps that fall asleep in the middle, one by one, while everybody else goes on: a thread that is not run, a machine that is
//! moved, an answer that takes its time. Some sleep beyond every lease, and others take over what they had claimed.
//!
//! All of it is drawn from streams of its own, so that a scenario without naps is what it would be if there were none.

use crate::dice::Dice;
use crate::exec::Actor;
use crate::laws;
use crate::scenario::Run;

/// The stream that decides whether a seed has naps: one of those that give none to the seeds named for the mutants and for what was
/// mended, which stay the scenarios that they are.
const WHETHER: u64 = 75;
/// The naps around action n are drawn from the stream `NAPS + n`.
const NAPS: u64 = 1 << 20;
/// How many scenarios in a thousand have naps.
const SCENARIOS_PM: u64 = 150;
/// Actions that a nap lasts, at most.
const ACTIONS_MAX: u64 = 9;
/// How many writes in a thousand wait for their answer asleep.
const WAITS_PM: u64 = 500;
/// How many other naps in a thousand are longer than a lease.
const LONG_PM: u64 = 600;
/// How many times in a thousand each of the loops that push looks for work between two actions.
const LOOPS_PM: u64 = 600;
const SECOND_US: i64 = 1_000_000;

/// How many turns of a step in a thousand end in a nap; 0 for most seeds.
#[must_use]
pub(crate) fn draw(seed: u64) -> u64 {
    let dice = Dice::new(seed, WHETHER);
    if dice.hit(SCENARIOS_PM) { 10 + dice.below(30) } else { 0 }
}

/// The chances of the naps around one action.
pub(crate) struct Naps {
    per_mille: u64,
    dice: Dice,
    /// Writes that were sent before the turn that is judged next.
    writes: u64,
}

impl Run {
    /// Those around the n-th action: who has slept enough wakes up, and while others sleep the loops of the process look for work.
    pub(crate) fn naps(&mut self, seed: u64, n: u64) -> Naps {
        let naps =
            Naps { per_mille: self.plan.nap_pm, dice: Dice::new(seed, NAPS + n), writes: laws::writes(&self.world) };
        if naps.per_mille > 0 {
            self.world.exec.wake(n);
            for at in 0..2 {
                if naps.dice.hit(LOOPS_PM) {
                    self.world.start(Actor::Pusher(at));
                }
            }
        }
        naps
    }

    /// Whoever just had a turn may fall asleep, most easily over a write that is on its way. When others sleep longer than their
    /// lease, somebody looks for work at once.
    pub(crate) fn nap(&mut self, actor: Actor, n: u64, naps: &mut Naps) {
        if naps.per_mille == 0 {
            return;
        }
        let writes = laws::writes(&self.world);
        let waits = std::mem::replace(&mut naps.writes, writes) < writes;
        let chance = if waits { WAITS_PM } else { naps.per_mille };
        if !naps.dice.hit(chance) || !self.world.exec.is_busy(actor) {
            return;
        }
        self.world.exec.put_to_sleep(actor, n + 1 + naps.dice.below(ACTIONS_MAX));
        self.reach("nap");
        if !waits && naps.dice.hit(LONG_PM) {
            self.world.clock.advance(naps.dice.between(60 * SECOND_US, 180 * SECOND_US));
            if let Actor::Pusher(at) = actor {
                self.world.start(Actor::Pusher(1 - at.min(1)));
            }
        }
    }
}

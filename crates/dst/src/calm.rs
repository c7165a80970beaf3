//! Rounds in which nothing can happen, and which are counted instead of played: while a tracker's breaker rests or a repository is parked,
//! a row that is overdue lets thousands of them pass.
//!
//! What is left out is known beforehand, draw by draw: every step finds nothing due and ends after as many polls as in the round before.
//! So a scenario is what it would have been, poll for poll and microsecond for microsecond.

use crate::scenario::Run;
use crate::transport::lock;
use crate::world::now;
use issuesync_model::{CheckKind, Clock, Connection, DeliveryState};

/// Time that a poll takes in a round, microseconds.
pub(crate) const POLL_US: i64 = 500;
/// The shortest wait between two rounds, microseconds.
pub(crate) const WAIT_US: i64 = 50_000;

/// What a round must leave as it is to count as one in which nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    requests: usize,
    log: i64,
    polls: u64,
}

impl Run {
    /// How far everything is.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            requests: lock(&self.world.sim).requests(),
            log: now(self.world.store.log_end()).unwrap_or(0),
            polls: self.world.exec.polls(),
        }
    }

    /// Until when no step finds anything to do, whatever it is that is overdue; `None` when something is to be done now.
    pub(crate) fn calm_until(&self) -> Option<i64> {
        let (world, store) = (&self.world, &self.world.store);
        let connections = world.connections();
        let held = |id| now(store.checks(id, CheckKind::Gone)).is_ok_and(|all| all.iter().any(|one| one.evidence.held));
        if world.gate.is_doomed() || world.connections.iter().any(|id| held(*id)) {
            return None;
        }
        let mut ends = vec![lock(&world.sim).next_due_ms().map(|ms| ms * 1000)];
        ends.extend(connections.iter().map(|one| self.pass_due(one)));
        let waiting = now(store.deliveries(None, Some(DeliveryState::Queued), usize::MAX)).unwrap_or_default();
        ends.extend(waiting.iter().map(|delivery| Some(delivery.lease_until_us)));
        let active = connections.iter().filter(|one| one.parked.is_none()).map(|one| one.id).collect();
        ends.push(now(store.next_check(active)).ok().flatten());
        ends.extend(connections.iter().map(|one| self.push_due_of(one)));
        let now_us = world.clock.now_us();
        let until_us = ends.into_iter().flatten().min().filter(|until_us| *until_us > now_us)?;
        // The longer they wait, the more they owe: a pass may have become a full one by then.
        let owed = |one: &Connection, at_us| world.engine().pass_due(one, at_us).0;
        connections.iter().all(|one| owed(one, now_us) == owed(one, until_us - 1)).then_some(until_us)
    }

    /// When the next pass over a connection may ask the tracker anything.
    fn pass_due(&self, connection: &Connection) -> Option<i64> {
        let (engine, now_us) = (self.world.engine(), self.world.clock.now_us());
        match engine.pass_due(connection, now_us) {
            (Some(_), _) => Some(engine.rests_until(connection.account, now_us).unwrap_or(i64::MIN)),
            (None, due_us) => Some(due_us),
        }
    }

    /// When the next row of a connection may be sent.
    fn push_due_of(&self, connection: &Connection) -> Option<i64> {
        let now_us = self.world.clock.now_us();
        let held_us = self.world.engine().held_until(connection, now_us);
        held_us.or_else(|| now(self.world.store.next_due(vec![connection.id])).ok().flatten())
    }

    /// Counts the rounds that end before the calm does, when the last one, which began at `before`, was like any of them.
    pub(crate) fn skip(&mut self, before: Seen, calm_until_us: i64, polls_max: u64) {
        let after = self.seen();
        let polls = after.polls - before.polls;
        if before != (Seen { polls: before.polls, ..after }) {
            return;
        }
        let round_us = WAIT_US + POLL_US * polls.cast_signed();
        let left_us = calm_until_us.saturating_sub(self.world.clock.now_us());
        // One less than there is time for: the last is played, and finds what ends the calm.
        let rounds = u64::try_from(left_us / round_us - 1).unwrap_or(0);
        let rounds = rounds.min(polls_max.saturating_sub(after.polls).checked_div(polls).unwrap_or(u64::MAX));
        self.world.exec.skip(rounds * polls);
        self.dice.skip(rounds * polls);
        self.world.clock.advance(rounds.cast_signed() * round_us);
    }
}

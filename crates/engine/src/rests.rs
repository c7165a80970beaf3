//! When each connection may have its next pass, after one that ended badly. One that ends well moves its own due time, in the store.

use issuesync_model::{ConnectionId, Timing};
use std::collections::BTreeMap;

/// The rests of this process, by connection.
#[derive(Debug, Default)]
pub(crate) struct Rests {
    until: BTreeMap<ConnectionId, Rest>,
}

#[derive(Debug)]
struct Rest {
    until_us: i64,
    parked: bool,
}

impl Rests {
    /// Whether a pass must still wait. A connection that was parked or unparked meanwhile waits for nothing.
    pub(crate) fn holds(&self, id: ConnectionId, parked: bool, now_us: i64) -> bool {
        self.until.get(&id).is_some_and(|rest| rest.parked == parked && rest.until_us > now_us)
    }

    /// A pass begins: if it fails, the next one begins a pause later and not at once. `poll_us` is the time between the connection's passes;
    /// a parked one is probed at its own, longer interval.
    pub(crate) fn begin(&mut self, id: ConnectionId, parked: bool, poll_us: i64, now_us: i64, timing: &Timing) {
        let pause_us = if parked { timing.parked_probe_us() } else { poll_us.min(timing.breaker_rest_us().0) };
        self.until.insert(id, Rest { until_us: now_us + pause_us, parked });
    }

    /// A pass ended well.
    pub(crate) fn end(&mut self, id: ConnectionId) {
        self.until.remove(&id);
    }
}

#[cfg(test)]
#[path = "rests_tests.rs"]
mod tests;

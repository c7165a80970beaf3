//! What one account's requests taught this process: clock offset, breaker, budget and the share of requests in flight.
//!
//! The clock offset is kept with each pass and recalled after a restart, so that a clock which was set meanwhile is noticed. The
//! rest need not survive one: a breaker closes and opens again, a budget is told again by the tracker.

use issuesync_model::{AccountId, Theta, Timing};
use issuesync_provider::CallError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Answers in a row by which a tracker counts as ill.
const BREAKER_TRIPS: u32 = 5;
/// Requests in flight per account: pushes and everything else have their own share.
const LANE_PERMITS: usize = 2;

/// Which share of an account's requests a call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Pushes.
    Push,
    /// Looks and passes.
    Read,
}

/// The accounts this process talked to.
#[derive(Default)]
pub(crate) struct Accounts {
    states: Mutex<BTreeMap<AccountId, State>>,
}

struct State {
    theta: Theta,
    failures: u32,
    open_until_us: i64,
    rest_us: i64,
    budget_until_us: i64,
    push: Arc<Semaphore>,
    read: Arc<Semaphore>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            theta: Theta::unknown(),
            failures: 0,
            open_until_us: 0,
            rest_us: 0,
            budget_until_us: 0,
            push: Arc::new(Semaphore::new(LANE_PERMITS)),
            read: Arc::new(Semaphore::new(LANE_PERMITS)),
        }
    }
}

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account's share of requests in flight.
    pub(crate) fn lane(&self, account: AccountId, lane: Lane) -> Arc<Semaphore> {
        let mut states = self.lock();
        let state = states.entry(account).or_default();
        Arc::clone(if lane == Lane::Push { &state.push } else { &state.read })
    }

    /// The clock offset as known now.
    pub(crate) fn theta(&self, account: AccountId) -> Theta {
        self.lock().entry(account).or_default().theta
    }

    /// Takes over what an earlier process knew of the clock offset, unless this one knows it by itself.
    pub(crate) fn recall(&self, account: AccountId, theta: Theta) {
        let mut states = self.lock();
        let state = states.entry(account).or_default();
        if state.theta == Theta::unknown() {
            state.theta = theta;
        }
    }

    /// Learns the clock offset from one answer.
    pub(crate) fn learn(&self, account: AccountId, date_us: i64, t_send_us: i64, t_recv_us: i64) {
        self.lock().entry(account).or_default().theta.learn(date_us, t_send_us, t_recv_us);
    }

    /// Until when nothing may be sent, because the breaker is open or the tracker asked to wait.
    pub(crate) fn rests_until(&self, account: AccountId, now_us: i64) -> Option<i64> {
        let mut states = self.lock();
        let state = states.entry(account).or_default();
        let until = state.open_until_us.max(state.budget_until_us);
        (until > now_us).then_some(until)
    }

    /// Whether the breaker tripped and no call has succeeded since: the next call must be its probe.
    pub(crate) fn needs_probe(&self, account: AccountId) -> bool {
        self.lock().entry(account).or_default().failures >= BREAKER_TRIPS
    }

    /// Counts what became of a call.
    pub(crate) fn record(&self, account: AccountId, error: Option<&CallError>, now_us: i64, timing: &Timing) {
        let (shortest_us, longest_us) = timing.breaker_rest_us();
        let mut states = self.lock();
        let state = states.entry(account).or_default();
        match error {
            Some(CallError::Ill(_)) => {
                state.failures = state.failures.saturating_add(1);
                if state.failures >= BREAKER_TRIPS {
                    let rest_us = state.rest_us.clamp(shortest_us, longest_us);
                    state.open_until_us = now_us + rest_us;
                    state.rest_us = rest_us * 2;
                }
            }
            Some(CallError::Budget { retry_after_ms }) => {
                state.budget_until_us =
                    state.budget_until_us.max(now_us.saturating_add(retry_after_ms.saturating_mul(1000)));
            }
            Some(CallError::NotSent(_)) => {}
            _ => {
                state.failures = 0;
                state.rest_us = 0;
                state.open_until_us = 0;
            }
        }
    }
}

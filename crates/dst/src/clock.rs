//! Virtual time: it moves when the schedule says so, and never by itself.

use issuesync_model::{BoxFuture, Clock};
use std::sync::atomic::{AtomicI64, Ordering};

/// Where every scenario's time begins, microseconds since 1970.
pub const START_US: i64 = 1_790_000_000_000_000;

/// The store's clock.
#[derive(Debug)]
pub struct SimClock(AtomicI64);

impl Default for SimClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_US))
    }
}

impl SimClock {
    /// Lets time pass.
    pub fn advance(&self, us: i64) {
        self.0.fetch_add(us.max(0), Ordering::Relaxed);
    }

    /// Sets the clock by so much, back too: what somebody does to a machine between two processes.
    pub fn set_by(&self, us: i64) {
        self.0.fetch_add(us, Ordering::Relaxed);
    }

    /// Milliseconds since 1970, as the tracker's caller sees them.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now_us() / 1000
    }
}

impl Clock for SimClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Steps never sleep: every wait of the engine is a row that comes due.
    fn sleep(&self, us: i64) -> BoxFuture<'_, ()> {
        self.advance(us);
        Box::pin(std::future::ready(()))
    }
}

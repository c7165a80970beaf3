//! The real clock: the wall's time when the process started, moved on by the monotonic clock.
//!
//! It never steps back, whatever happens to the wall's time meanwhile; an offset from the trackers' clocks is the
//! engine's business.

use issuesync_model::{BoxFuture, Clock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time since 1970 that only goes forward.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start_us: i64,
    started: Instant,
}

impl SystemClock {
    /// Reads the wall's time once.
    #[must_use]
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start_us: micros(since), started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now_us(&self) -> i64 {
        self.start_us.saturating_add(micros(self.started.elapsed()))
    }

    fn sleep(&self, us: i64) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_micros(u64::try_from(us).unwrap_or(0))))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

//! Every delay of the engine, in one value.

use serde::{Deserialize, Serialize};

/// One second in microseconds.
pub const SECOND_US: i64 = 1_000_000;

/// The engine's delays, all in microseconds. Defaults are the product's; `demo` and tests run shorter ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Delay before the first retry of a push; doubled for each further one.
    pub retry_base_us: i64,
    /// How long an ambiguous create rests before another POST may be thought of.
    pub create_settle_us: i64,
    /// Time between the two looks that confirm a deletion.
    pub gone_confirm_us: i64,
    /// Time between the two looks that confirm a clock that stepped back.
    pub regress_confirm_us: i64,
    /// How long the echo of a write is awaited before its history is read.
    pub echo_wait_us: i64,
    /// How long a claimed row belongs to its claimer.
    pub lease_us: i64,
    /// Time limit of one HTTP exchange.
    pub http_timeout_us: i64,
    /// Time between incremental passes.
    pub poll_us: i64,
    /// Time between full passes.
    pub full_us: i64,
    /// How far an incremental pass looks back before its cursor.
    pub poll_overlap_us: i64,
    /// The longest time between a row's stamp on the tracker and its visibility.
    pub commit_lag_us: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            retry_base_us: 120 * SECOND_US,
            create_settle_us: 120 * SECOND_US,
            gone_confirm_us: 60 * SECOND_US,
            regress_confirm_us: 600 * SECOND_US,
            echo_wait_us: 120 * SECOND_US,
            lease_us: 120 * SECOND_US,
            http_timeout_us: 30 * SECOND_US,
            poll_us: 60 * SECOND_US,
            full_us: 900 * SECOND_US,
            poll_overlap_us: 120 * SECOND_US,
            commit_lag_us: 10 * SECOND_US,
        }
    }
}

impl Timing {
    /// The short delays of `demo`, the live test and `chaos`: the same code, seen within seconds.
    #[must_use]
    pub fn short() -> Self {
        Self {
            retry_base_us: SECOND_US,
            create_settle_us: SECOND_US,
            gone_confirm_us: SECOND_US,
            regress_confirm_us: SECOND_US,
            echo_wait_us: SECOND_US,
            lease_us: 10 * SECOND_US,
            http_timeout_us: 2 * SECOND_US,
            poll_us: 2 * SECOND_US,
            full_us: 5 * SECOND_US,
            ..Self::default()
        }
    }

    /// The shortest and the longest rest of an account whose tracker is ill (30 s and 5 min by default).
    #[must_use]
    pub fn breaker_rest_us(&self) -> (i64, i64) {
        (self.retry_base_us / 4, self.retry_base_us / 2 * 5)
    }

    /// Time between probes of a parked connection (5 min by default).
    #[must_use]
    pub fn parked_probe_us(&self) -> i64 {
        self.retry_base_us / 2 * 5
    }

    /// How long the values of a write with an unknown outcome are remembered.
    #[must_use]
    pub fn sent_memory_us(&self) -> i64 {
        600 * SECOND_US
    }

    /// The window in which writes of one field are counted against a loop.
    #[must_use]
    pub fn loop_window_us(&self) -> i64 {
        600 * SECOND_US
    }

    /// In place of `commit_lag_us` where lists may lag behind.
    #[must_use]
    pub fn stale_list_us(&self) -> i64 {
        600 * SECOND_US
    }

    /// How long a history that cannot be read is asked for again before it counts as none: as long as all retries of a push take.
    #[must_use]
    pub fn history_wait_us(&self) -> i64 {
        self.retry_us(6)
    }

    /// How soon a push that could not read fresh state looks again.
    #[must_use]
    pub fn reread_us(&self) -> i64 {
        self.retry_base_us / 8
    }

    /// How far a replica may show the past of what another look showed before it (15 s by default).
    #[must_use]
    pub fn replica_lag_us(&self) -> i64 {
        self.reread_us()
    }

    /// The time before the n-th retry (n from 1), without jitter.
    #[must_use]
    pub fn retry_us(&self, n: u32) -> i64 {
        self.retry_base_us.saturating_mul(1_i64 << n.saturating_sub(1).min(20))
    }

    /// How much of a lease must be left before a request is sent.
    #[must_use]
    pub fn lease_margin_us(&self) -> i64 {
        self.http_timeout_us + self.lease_us / 12
    }
}

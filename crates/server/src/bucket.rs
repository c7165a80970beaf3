//! Token buckets: how many deliveries per second one webhook address may send.
//!
//! Addresses share a fixed number of buckets by hash, so that invented addresses cost no memory.

use std::sync::{Mutex, PoisonError};

const BUCKETS: usize = 1_024;
const MICRO: i64 = 1_000_000;

/// What is left of every address's allowance.
pub(crate) struct Buckets {
    rate_per_s: i64,
    burst: i64,
    slots: Mutex<Vec<Option<Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// Millionths of a request that are left.
    micro: i64,
    /// When that was so.
    since_us: i64,
    /// Requests were refused since [`Buckets::take_missed`] was last asked.
    missed: bool,
}

impl Buckets {
    /// Buckets that fill at this rate up to this many requests.
    pub(crate) fn new(rate_per_s: u32, burst: u32) -> Self {
        let burst = i64::from(burst) * MICRO;
        Self { rate_per_s: i64::from(rate_per_s), burst, slots: Mutex::new(vec![None; BUCKETS]) }
    }

    /// Takes one request of an address; `false` when it has none left.
    pub(crate) fn take(&self, address: &str, now_us: i64) -> bool {
        self.with(address, |slot| {
            let bucket = slot.unwrap_or(Bucket { micro: self.burst, since_us: now_us, missed: false });
            let gained = (now_us - bucket.since_us).max(0).saturating_mul(self.rate_per_s);
            let micro = bucket.micro.saturating_add(gained).min(self.burst);
            let granted = micro >= MICRO;
            let left = if granted { micro - MICRO } else { micro };
            let since_us = now_us.max(bucket.since_us);
            *slot = Some(Bucket { micro: left, since_us, missed: bucket.missed || !granted });
            granted
        })
    }

    /// Whether requests of this address were refused since this was last asked.
    pub(crate) fn take_missed(&self, address: &str) -> bool {
        self.with(address, |slot| slot.as_mut().is_some_and(|bucket| std::mem::take(&mut bucket.missed)))
    }

    /// Says that the answer of [`Buckets::take_missed`] could not be acted on.
    pub(crate) fn keep_missed(&self, address: &str) {
        self.with(address, |slot| {
            if let Some(bucket) = slot {
                bucket.missed = true;
            }
        });
    }

    fn with<T>(&self, address: &str, change: impl FnOnce(&mut Option<Bucket>) -> T) -> T {
        change(&mut self.slots.lock().unwrap_or_else(PoisonError::into_inner)[slot(address)])
    }
}

/// FNV-1a: the spread is all that matters here.
fn slot(address: &str) -> usize {
    let hash = address
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    usize::try_from(hash % BUCKETS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_granted_and_then_the_rate() {
        let buckets = Buckets::new(2, 3);
        let granted = |now_us| buckets.take("gitea/web", now_us);
        assert_eq!([granted(0), granted(0), granted(0), granted(0)], [true, true, true, false]);
        assert!(!granted(499_999));
        assert!(granted(500_000));
        assert!(!granted(500_001));
        let later = 60_000_000;
        assert_eq!([granted(later), granted(later), granted(later), granted(later)], [true, true, true, false]);
    }

    #[test]
    fn addresses_do_not_starve_each_other() {
        let buckets = Buckets::new(1, 1);
        assert!(buckets.take("gitea/web", 0));
        assert!(!buckets.take("gitea/web", 0));
        assert!(buckets.take("gitea/docs", 0));
    }

    #[test]
    fn what_was_refused_is_told_once() {
        let buckets = Buckets::new(1, 1);
        assert!(buckets.take("a", 0) && !buckets.take_missed("a"));
        assert!(!buckets.take("a", 0));
        assert!(buckets.take_missed("a") && !buckets.take_missed("a"));
        buckets.keep_missed("a");
        assert!(buckets.take("a", 1_000_000) && buckets.take_missed("a"));
    }

    #[test]
    fn a_clock_that_stands_still_grants_nothing_more() {
        let buckets = Buckets::new(1_000, 1);
        assert!(buckets.take("a", 5));
        assert!(!buckets.take("a", 5));
        assert!(!buckets.take("a", 4));
    }
}

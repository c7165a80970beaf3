//! Token buckets: how many deliveries per second one webhook address may send.
//!
//! Addresses share a fixed number of buckets by hash, so that invented addresses cost no memory.

use std::sync::{Mutex, PoisonError};

const BUCKETS: usize = 1_024;

/// What is left of every address's allowance.
pub(crate) struct Buckets {
    rate_per_s: i64,
    burst: i64,
    /// Millionths of a request that are left, and when that was so.
    left: Mutex<Vec<Option<(i64, i64)>>>,
}

impl Buckets {
    /// Buckets that fill at this rate up to this many requests.
    pub(crate) fn new(rate_per_s: u32, burst: u32) -> Self {
        Self {
            rate_per_s: i64::from(rate_per_s),
            burst: i64::from(burst) * 1_000_000,
            left: Mutex::new(vec![None; BUCKETS]),
        }
    }

    /// Takes one request of an address; `false` when it has none left.
    pub(crate) fn take(&self, address: &str, now_us: i64) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = &mut left[slot(address)];
        let (micro, since_us) = slot.unwrap_or((self.burst, now_us));
        let gained = (now_us - since_us).max(0).saturating_mul(self.rate_per_s);
        let micro = micro.saturating_add(gained).min(self.burst);
        let granted = micro >= 1_000_000;
        *slot = Some((if granted { micro - 1_000_000 } else { micro }, now_us.max(since_us)));
        granted
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
    fn a_clock_that_stands_still_grants_nothing_more() {
        let buckets = Buckets::new(1_000, 1);
        assert!(buckets.take("a", 5));
        assert!(!buckets.take("a", 5));
        assert!(!buckets.take("a", 4));
    }
}

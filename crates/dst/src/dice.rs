//! Seeded chance: the same seed draws the same numbers, on every machine.

use issuesync_model::Rng;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the state moves by with each draw.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A small generator (splitmix64, Steele, Lea and Flood 2014). It is shared, so that a step and the schedule can draw from streams of their own.
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    /// A generator of its own for each seed and purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ purpose.wrapping_mul(0x9E6C_63D0_676A_9A99)))
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// Leaves out so many draws.
    pub fn skip(&self, draws: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(STEP.wrapping_mul(draws)), Ordering::Relaxed);
    }

    /// A number of `low..=high`.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True that many times in a thousand.
    pub fn hit(&self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of several.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0))
    }
}

impl Rng for Dice {
    fn next_u64(&self) -> u64 {
        // Not one atomic step: a world lives on one thread, which pays for no lock on the bus.
        let state = self.0.load(Ordering::Relaxed).wrapping_add(STEP);
        self.0.store(state, Ordering::Relaxed);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

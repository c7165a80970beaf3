//! The gate that every port call passes: there the schedule may let another actor go on, the process may die, and the store may fail.

use crate::dice::Dice;
use issuesync_store::{StoreError, pass};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

/// When no death is planned.
const NEVER: u64 = u64::MAX;
/// Of a pass: the schedule was asked who goes on.
const ASKED: u8 = 1;
/// Of a pass: the process died in it.
const DEAD: u8 = 2;

/// One process's gate. A world lives on one thread: plain loads and stores are enough.
#[derive(Debug)]
pub struct Gate {
    passes: AtomicU64,
    crash_in: AtomicU64,
    crashed: AtomicBool,
    store_fails: AtomicBool,
    store_fail_pm: AtomicU64,
    dice: Dice,
}

impl Gate {
    /// A gate through which everything goes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            passes: AtomicU64::new(0),
            crash_in: AtomicU64::new(NEVER),
            crashed: AtomicBool::new(false),
            store_fails: AtomicBool::new(false),
            store_fail_pm: AtomicU64::new(0),
            dice: Dice::new(seed, 4),
        }
    }

    /// Lets the process die at the n-th pass from now: before a call or after it.
    pub fn crash_in(&self, passes: u64) {
        self.crash_in.store(passes, Ordering::Relaxed);
    }

    /// Whether the process died.
    #[must_use]
    pub fn crashed(&self) -> bool {
        self.crashed.load(Ordering::Relaxed)
    }

    /// Whether a death is planned.
    #[must_use]
    pub fn is_doomed(&self) -> bool {
        self.crashed() || self.crash_in.load(Ordering::Relaxed) != NEVER
    }

    /// A new process: alive, and nothing is in store for it.
    pub fn restart(&self) {
        self.crashed.store(false, Ordering::Relaxed);
        self.crash_in.store(NEVER, Ordering::Relaxed);
    }

    /// Lets the store refuse every call, or work again.
    pub fn fail_store(&self, fails: bool) {
        self.store_fails.store(fails, Ordering::Relaxed);
    }

    /// Whether the store refuses calls.
    #[must_use]
    pub fn store_fails(&self) -> bool {
        self.store_fails.load(Ordering::Relaxed)
    }

    /// Lets the store refuse so many calls in a thousand, each by itself.
    pub fn fail_some(&self, per_mille: u64) {
        self.store_fail_pm.store(per_mille, Ordering::Relaxed);
    }

    fn refuses(&self) -> bool {
        let per_mille = self.store_fail_pm.load(Ordering::Relaxed);
        self.store_fails() || (per_mille > 0 && self.dice.hit(per_mille))
    }

    /// How often it was passed.
    #[must_use]
    pub fn passes(&self) -> u64 {
        self.passes.load(Ordering::Relaxed)
    }

    /// Passes before a call: the schedule decides who goes on.
    pub async fn before(&self) {
        pass(|cx, step| self.ask(cx, step)).await;
    }

    /// Passes after a call: its effect stands, its answer may never be seen.
    pub async fn after(&self) {
        pass(|_, step| self.survive(step)).await;
    }

    fn ask(&self, cx: &mut Context<'_>, step: &mut u8) -> Poll<()> {
        if *step == 0 {
            *step = ASKED;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.survive(step)
    }

    /// Ready unless the process dies here; then never.
    fn survive(&self, step: &mut u8) -> Poll<()> {
        if *step == DEAD {
            return Poll::Pending;
        }
        self.passes.store(self.passes() + 1, Ordering::Relaxed);
        let planned = self.crash_in.load(Ordering::Relaxed);
        if planned != NEVER {
            let left = planned.saturating_sub(1);
            self.crash_in.store(left, Ordering::Relaxed);
            if left == 0 {
                self.crashed.store(true, Ordering::Relaxed);
            }
        }
        if self.crashed() {
            *step = DEAD;
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl issuesync_store::Gate for Gate {
    fn before(&self, cx: &mut Context<'_>, step: &mut u8) -> Poll<issuesync_store::Result<()>> {
        self.ask(cx, step).map(|()| {
            if self.refuses() { Err(StoreError::Unavailable("the store refuses".to_owned())) } else { Ok(()) }
        })
    }

    fn after(&self, _: &mut Context<'_>, step: &mut u8) -> Poll<()> {
        self.survive(step)
    }
}

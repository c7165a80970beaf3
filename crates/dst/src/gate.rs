//! The gate that every port call passes: there the schedule may let another actor go on, the process may die, and the store may fail.

use crate::dice::Dice;
use issuesync_model::BoxFuture;
use issuesync_store::StoreError;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// One process's gate.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    dice: Dice,
}

#[derive(Debug, Default)]
struct State {
    passes: u64,
    crash_in: Option<u64>,
    crashed: bool,
    store_fails: bool,
    store_fail_pm: u64,
}

impl Gate {
    /// A gate through which everything goes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::default(), dice: Dice::new(seed, 4) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the process die at the n-th pass from now: before a call or after it.
    pub fn crash_in(&self, passes: u64) {
        self.lock().crash_in = Some(passes);
    }

    /// Whether the process died.
    #[must_use]
    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// A new process: alive, and nothing is in store for it.
    pub fn restart(&self) {
        let mut state = self.lock();
        state.crashed = false;
        state.crash_in = None;
    }

    /// Lets the store refuse every call, or work again.
    pub fn fail_store(&self, fails: bool) {
        self.lock().store_fails = fails;
    }

    /// Whether the store refuses calls.
    #[must_use]
    pub fn store_fails(&self) -> bool {
        self.lock().store_fails
    }

    /// Lets the store refuse so many calls in a thousand, each by itself.
    pub fn fail_some(&self, per_mille: u64) {
        self.lock().store_fail_pm = per_mille;
    }

    fn refuses(&self) -> bool {
        let (always, per_mille) = {
            let state = self.lock();
            (state.store_fails, state.store_fail_pm)
        };
        always || (per_mille > 0 && self.dice.hit(per_mille))
    }

    /// How often it was passed.
    #[must_use]
    pub fn passes(&self) -> u64 {
        self.lock().passes
    }

    /// Passes before a call: the schedule decides who goes on.
    pub async fn before(&self) {
        Yield(false).await;
        self.survive().await;
    }

    /// Passes after a call: its effect stands, its answer may never be seen.
    pub async fn after(&self) {
        self.survive().await;
    }

    async fn survive(&self) {
        let dies = {
            let mut state = self.lock();
            state.passes += 1;
            state.crash_in = state.crash_in.map(|passes| passes.saturating_sub(1));
            state.crashed |= state.crash_in == Some(0);
            state.crashed
        };
        if dies {
            std::future::pending::<()>().await;
        }
    }
}

impl issuesync_store::Gate for Gate {
    fn before(&self) -> BoxFuture<'_, issuesync_store::Result<()>> {
        Box::pin(async {
            Gate::before(self).await;
            if self.refuses() { Err(StoreError::Unavailable("the store refuses".to_owned())) } else { Ok(()) }
        })
    }

    fn after(&self) -> BoxFuture<'_, ()> {
        Box::pin(Gate::after(self))
    }
}

/// Pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

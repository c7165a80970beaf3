//! The memory store: ordinary maps behind one lock. It is the reference for what the other backends must do.
//!
//! Its futures are ready at once and it knows no runtime, so that simulations run on any executor.

mod commit;
mod connections;
mod items;
mod log;
mod queue;
mod state;

use crate::error::Result;
use issuesync_model::{BoxFuture, Connection, ConnectionId, Item, ItemId};
use state::State;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps everything in memory, for simulations and tests.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of everything, as a backup is.
    #[must_use]
    pub fn backup(&self) -> Self {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { state: Mutex::new(state) }
    }

    /// Becomes what a backup holds; everything since is forgotten.
    pub fn restore(&self, backup: &Self) {
        let kept = backup.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Looks at every row and connection where they lie, under the lock: for watchers that copy none of them.
    pub fn look<T>(
        &self,
        look: impl FnOnce(&BTreeMap<ItemId, Item>, &BTreeMap<ConnectionId, Arc<Connection>>) -> T,
    ) -> T {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        look(&state.items, &state.connections)
    }

    /// Runs one transaction under the lock.
    fn run<'a, T: Send + 'a>(&'a self, body: impl FnOnce(&mut State) -> Result<T>) -> BoxFuture<'a, Result<T>> {
        let result = body(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        Box::pin(std::future::ready(result))
    }
}

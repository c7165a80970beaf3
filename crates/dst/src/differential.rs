//! The same scenario over two stores: whatever one answers, the other must answer, and after every action both must hold the same.

use crate::scenario::Play;
use issuesync_store_sql::SqliteStore;
use std::sync::Arc;

/// Plays a seed over the memory store and over SQLite.
///
/// # Errors
/// A sentence that names the first action after which the two differ.
pub fn compare(seed: u64) -> Result<(), String> {
    let sqlite = SqliteStore::memory().map_err(|error| format!("SQLite does not start: {error}"))?;
    let over_sqlite = Play { store: Some(Arc::new(sqlite)), hash_states: true, ..Play::of(seed) };
    // What only the store in memory can do (its return from a backup) is left out on both sides.
    let over_memory = Play { hash_states: true, restores: false, ..Play::of(seed) };
    let (memory, sqlite) = (over_memory.outcome(), over_sqlite.outcome());
    if let Some(at) = memory.states.iter().zip(&sqlite.states).position(|(one, other)| one != other) {
        return Err(format!("seed {seed}: the stores differ after action {at}"));
    }
    if memory.states.len() != sqlite.states.len() || memory.trace != sqlite.trace {
        return Err(format!("seed {seed}: the stores are equal, but the scenarios went different ways"));
    }
    Ok(())
}

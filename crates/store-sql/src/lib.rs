//! The SQL stores: one small facade over database engines, so that a transaction's body is written once.
//!
//! SQLite is the embedded engine: one writer thread, a few readers, durable commits shared by whoever waits at the same
//! moment. This crate knows no HTTP, no tracker, no engine step. It is held by one process; the lock file is the caller's.

mod db;
mod error;
mod migrate;
mod row;
mod tx;

mod connections;
mod items;
mod outbox;

mod commit;
mod item_row;

mod checks;
mod deliveries;
mod log;
mod query;
mod tokens;

use db::Db;
use issuesync_store::Result;
use std::path::Path;

/// The embedded store: issues, outbox, log and queue in one SQLite file.
pub struct SqliteStore {
    db: Db,
}

impl SqliteStore {
    /// Opens or makes the database, bringing its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, or belongs to a newer version.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { db: Db::open(path)? })
    }

    /// A database in memory, whose transactions run where they are called.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub fn memory() -> Result<Self> {
        Ok(Self { db: Db::memory()? })
    }

    /// Copies the database to another file while it is in use.
    ///
    /// # Errors
    /// When the other file cannot be written.
    pub async fn backup_to(&self, path: &Path) -> Result<()> {
        self.db.backup(path).await
    }
}

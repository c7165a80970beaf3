//! Brings a database's schema up to date: numbered SQL files, each applied once, in order, in a transaction of its own.

use crate::error::unavailable;
use issuesync_store::{Result, StoreError};
use rusqlite::Connection;

/// The migrations by number, from 1.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/sqlite/0001.sql")];

/// Applies what is missing. The number of the last one is the database's `user_version`.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unavailable)?;
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(StoreError::Unavailable(format!(
            "the database has schema {version}, made by a newer issuesync; this one knows up to {known}: install the newer version"
        )));
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).filter(|(number, _)| *number > version) {
        let tx = connection.transaction().map_err(unavailable)?;
        tx.execute_batch(sql).map_err(unavailable)?;
        tx.pragma_update(None, "user_version", number).map_err(unavailable)?;
        tx.commit().map_err(unavailable)?;
    }
    Ok(())
}

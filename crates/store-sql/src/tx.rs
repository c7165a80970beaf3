//! A transaction in progress. Its methods are async so that a body reads the same on an engine behind a network; on SQLite they
//! are ready at once.

use crate::error::unavailable;
use crate::row::{Row, Val};
use issuesync_store::Result;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::future::Future;
use std::pin::Pin;

/// What a transaction's body returns. It awaits nothing but methods of [`Tx`].
pub(crate) type Body<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// One transaction.
pub(crate) struct Tx<'c> {
    pub(crate) connection: &'c Connection,
}

impl Tx<'_> {
    /// Runs a statement; answers how many rows it touched.
    pub(crate) async fn execute(&self, sql: &'static str, values: &[Val]) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql).map_err(unavailable)?;
        statement.execute(rusqlite::params_from_iter(values)).map_err(unavailable)
    }

    /// Asks for rows of a table. SQL that is put together from fixed parts may be given as text.
    pub(crate) async fn rows(&self, table: &'static str, sql: &str, values: &[Val]) -> Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(unavailable)?;
        let width = statement.column_count();
        let mut found = statement.query(rusqlite::params_from_iter(values)).map_err(unavailable)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(unavailable)? {
            let values = (0..width)
                .map(|index| row.get::<_, Value>(index))
                .collect::<rusqlite::Result<_>>()
                .map_err(unavailable)?;
            rows.push(Row { table, values });
        }
        Ok(rows)
    }

    /// Asks for one row.
    pub(crate) async fn row(&self, table: &'static str, sql: &str, values: &[Val]) -> Result<Option<Row>> {
        Ok(self.rows(table, sql, values).await?.into_iter().next())
    }

    /// Asks for one number; 0 when there is no row or it is null.
    pub(crate) async fn number(&self, sql: &str, values: &[Val]) -> Result<i64> {
        match self.row("count", sql, values).await? {
            Some(row) => Ok(row.int_opt(0, "number")?.unwrap_or(0)),
            None => Ok(0),
        }
    }
}

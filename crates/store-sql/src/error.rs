//! SQLite's errors as decisions.

use issuesync_store::StoreError;

/// What an error of the database means for the caller: almost always "later", because nothing of the transaction took effect.
#[expect(clippy::needless_pass_by_value, reason = "it is used with map_err")]
pub(crate) fn unavailable(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A stored value that cannot be read.
pub(crate) fn corrupt(
    table: &'static str,
    column: &'static str,
    id: &str,
    reason: impl std::fmt::Display,
) -> StoreError {
    StoreError::Corrupt { table, column, id: id.to_owned(), reason: reason.to_string() }
}

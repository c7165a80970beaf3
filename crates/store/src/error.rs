//! What can go wrong in a store, as a decision for the caller.

/// The result of a port method.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a transaction did not happen. Nothing of it took effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached, is full or is busy: try again later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A stored value cannot be read: trying again does not help.
    #[error("corrupt value in {table}.{column} of {id}: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Something unique is there already, e.g. a connection of that name.
    #[error("{0}")]
    Exists(String),
}

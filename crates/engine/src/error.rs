//! Errors of steps, each a decision for whoever runs them.

use issuesync_provider::CallError;
use issuesync_store::{StoreError, VaultError};

/// Why a step did not finish. What it had committed stands; the rest is a row that comes due again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tracker did not do it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A secret does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The connection was removed meanwhile.
    #[error("the connection is not there any more")]
    NoConnection,
    /// The connection was parked: nothing may be sent or asked.
    #[error("the connection is parked: {0}")]
    Parked(String),
    /// The same rows kept changing under the step.
    #[error("the rows kept changing; the step will run again")]
    Contended,
}

/// Why a pass over a connection did not finish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// There is no such connection.
    #[error("no such connection")]
    NotFound,
    /// Another pass over it is running.
    #[error("another pass over this connection is running; wait for it")]
    Busy,
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl From<StoreError> for PassError {
    fn from(error: StoreError) -> Self {
        Self::Step(error.into())
    }
}

impl From<CallError> for PassError {
    fn from(error: CallError) -> Self {
        Self::Step(error.into())
    }
}

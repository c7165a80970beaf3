//! Errors of the engine and the store as problems. Details of our own machinery go to the log, not to the client.

use crate::problem::Problem;
use http::StatusCode;
use issuesync_engine::{ConnectError, EditError, PassError, StepError};
use issuesync_provider::CallError;
use issuesync_store::StoreError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "the store is not available");
                Self::unavailable("The store is not available; nothing was changed, try again in a few seconds.")
            }
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "a stored value cannot be read");
                Self::internal()
            }
            StoreError::Exists(message) => Self::conflict("exists", message),
        }
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound => {
                Self::not_found("There is no such issue or comment; list them to see which there are.")
            }
            EditError::Invalid { field, message } => Self::invalid(field, message),
            EditError::Gone(message) => Self::conflict("gone", message),
            EditError::StaleVersion { version } => Self::stale_version(version),
            EditError::StaleRev { rev } => Self::stale_rev(rev),
            EditError::Tracker(message) => Self::tracker(message),
            EditError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Invalid { field, message } => Self::invalid(field, message),
            ConnectError::Unreachable(message) => Self::tracker(message),
            ConnectError::Token(message) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "tracker_token", message).of_field("token")
            }
            ConnectError::NotFound(message) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "repository_not_found", message).of_field("url")
            }
            ConnectError::Taken(message) => Self::conflict("taken", message),
            ConnectError::Store(error) => error.into(),
        }
    }
}

impl From<PassError> for Problem {
    fn from(error: PassError) -> Self {
        match error {
            PassError::NotFound => no_connection(),
            PassError::Busy => {
                Self::conflict("busy", "Another pass over this connection is running; try again when it has ended.")
            }
            PassError::Step(error) => error.into(),
        }
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => error.into(),
            StepError::Call(CallError::Budget { retry_after_ms }) => {
                let seconds = (retry_after_ms + 999) / 1_000;
                Self::unavailable(format!("The tracker asks to wait; try again in {seconds} s."))
            }
            StepError::Call(error) => Self::tracker(error.to_string()),
            StepError::Vault(error) => {
                tracing::error!(%error, "a secret does not open");
                Self::internal()
            }
            StepError::NoConnection => no_connection(),
            StepError::Parked(reason) => {
                let detail = format!("The connection is parked: {reason}. Ask its doctor what to do.");
                Self::conflict("parked", detail)
            }
            StepError::Contended => Self::unavailable("The rows kept changing meanwhile; try again in a few seconds."),
        }
    }
}

/// 404 for a connection.
pub(crate) fn no_connection() -> Problem {
    Problem::not_found("There is no connection with this id or name; list them to see which there are.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn status(problem: Problem) -> (u16, bool) {
        let response = problem.into_response();
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    }

    #[test]
    fn a_store_that_is_down_is_503_and_says_when_to_try_again() {
        let down = || StoreError::Unavailable("disk full at /secret/path".to_owned());
        let problem = Problem::from(down());
        assert!(!format!("{problem:?}").contains("/secret/path"), "{problem:?}");
        assert_eq!(status(problem), (503, true));
        assert_eq!(status(EditError::Store(down()).into()), (503, true));
        assert_eq!(status(ConnectError::Store(down()).into()), (503, true));
        assert_eq!(status(StepError::Store(down()).into()), (503, true));
    }

    #[test]
    fn our_own_faults_keep_their_details_to_the_log() {
        let id = "row".to_owned();
        let corrupt = StoreError::Corrupt { table: "issues", column: "body", id, reason: "bad".to_owned() };
        let problem = Problem::from(corrupt);
        assert!(!format!("{problem:?}").contains("issues"), "{problem:?}");
        assert_eq!(status(problem), (500, false));
    }

    #[test]
    fn a_tracker_that_asks_to_wait_is_503() {
        let problem = Problem::from(StepError::Call(CallError::Budget { retry_after_ms: 1_500 }));
        assert!(format!("{problem:?}").contains("2 s"), "{problem:?}");
        assert_eq!(status(problem), (503, true));
    }
}

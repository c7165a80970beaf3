//! What ends a command: one sentence that says what to do next, and the exit code that scripts see.

use std::fmt;

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of end it is.
    pub exit: Exit,
    /// One sentence.
    pub message: String,
    /// The service's own code of the problem, when it answered with one.
    pub code: Option<String>,
}

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the answer is "no".
    No,
    /// 2: wrong use.
    Use,
    /// 3: the service or the tracker cannot be reached.
    Unreachable,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Use => 2,
            Self::Unreachable => 3,
        }
    }
}

impl Failure {
    /// The answer is "no".
    pub fn no(message: impl Into<String>) -> Self {
        Self { exit: Exit::No, message: message.into(), code: None }
    }

    /// Wrong use.
    pub fn wrong_use(message: impl Into<String>) -> Self {
        Self { exit: Exit::Use, message: message.into(), code: None }
    }

    /// Nobody answers.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, message: message.into(), code: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::wrong_use(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::no(format!("{error:#}")),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::no(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::no(error.to_string())
    }
}

impl From<issuesync_store::StoreError> for Failure {
    fn from(error: issuesync_store::StoreError) -> Self {
        Self::unreachable(error.to_string())
    }
}

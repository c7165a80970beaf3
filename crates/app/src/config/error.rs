//! A mistake in the configuration, as one sentence with its place.

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// `file:line:column`, or the environment variable.
    pub place: String,
    /// What is wrong and what to do, naming the key.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn of(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

//! Errors of calls, each one a decision for the engine (sync.md 1.5).

/// What to do when a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer, or an answer of something before the tracker: it is ill; the effect is unknown.
    #[error("the tracker does not answer properly: {0}")]
    Ill(String),
    /// An internal error in the tracker's own form: look at the item to see what took effect.
    #[error("the tracker reports an internal error: {0}")]
    Ask(String),
    /// Somebody was faster: read, merge and send again at once.
    #[error("the tracker's value changed meanwhile")]
    Raced,
    /// Wait that long; it is nobody's fault.
    #[error("the tracker asks to wait {retry_after_ms} ms")]
    Budget {
        /// How long, milliseconds.
        retry_after_ms: i64,
    },
    /// The token is not accepted.
    #[error("the tracker does not accept the token")]
    Token,
    /// The token may not do this.
    #[error("the token may not do this: {0}")]
    Forbidden(String),
    /// The tracker refuses this very request, in its own words.
    #[error("the tracker refuses: {0}")]
    Refused(String),
    /// It is not there, or not to be seen.
    #[error("not found on the tracker")]
    Gone,
    /// It moved.
    #[error("moved")]
    Moved {
        /// The address it moved to, as given.
        location: String,
    },
    /// The answer cannot be read.
    #[error("the tracker's answer cannot be read: {0}")]
    Malformed(String),
    /// The request was never sent, e.g. because the address is not allowed.
    #[error("{0}")]
    NotSent(String),
}

impl CallError {
    /// True when the request may have had an effect all the same.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Ill(_) | Self::Ask(_) | Self::Malformed(_))
    }
}

//! What a rule has to say about one place.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Said, but nothing fails.
    Warning,
    /// `tidy` fails.
    Error,
}

/// One place that breaks a rule, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The file (from the workspace's root) or the crate.
    pub place: String,
    /// The line, from 1; 0 when the whole place is meant.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub message: String,
}

impl Finding {
    /// A finding that fails `tidy`.
    #[must_use]
    pub fn error(place: &str, line: usize, message: String) -> Self {
        Self { severity: Severity::Error, place: place.to_owned(), line, message }
    }

    /// A finding that is only said.
    #[must_use]
    pub fn warning(place: &str, line: usize, message: String) -> Self {
        Self { severity: Severity::Warning, place: place.to_owned(), line, message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(out, "{word}: {}", self.place)?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        write!(out, ": {}", self.message)
    }
}

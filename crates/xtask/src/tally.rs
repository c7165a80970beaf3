//! Counts passed and failed tests in what the test harness prints.

use std::fmt;

/// A sum over test runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, and runs that broke off without naming a failed test.
    pub failed: u64,
}

impl Tally {
    /// Adds what one line says; lines that sum up no test binary say nothing.
    pub fn read(&mut self, line: &str) {
        let Some(summary) = line.trim().strip_prefix("test result: ") else { return };
        self.passed += count(summary, " passed");
        self.failed += count(summary, " failed");
    }

    /// Adds a run that ended with a failure. A run that failed without a failed test (it did not compile, or its
    /// process died) counts as one, so that the closing line never calls a broken run whole.
    pub fn add_run(&mut self, run: Self, succeeded: bool) {
        self.passed += run.passed;
        self.failed += if succeeded { run.failed } else { run.failed.max(1) };
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn count(summary: &str, word: &str) -> u64 {
    let before = summary.find(word).map_or("", |at| &summary[..at]);
    let digits = before.rsplit(|edge: char| !edge.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;

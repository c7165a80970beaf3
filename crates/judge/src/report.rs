//! The verdict.

use serde::Serialize;

/// What was found. [`Report::passed`] says whether the run may be called good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Mirror and tracker show the same, or say openly why not (I1).
    pub converged: bool,
    /// Remote objects made twice for one mirror row, and mirror rows that share one remote object (I3).
    pub duplicates: u64,
    /// Objects made in a repository that is not connected, without a look at the right one just before.
    pub strays: u64,
    /// Accepted edits whose value is nowhere any more (I2).
    pub lost: u64,
    /// Edits overwritten between a read and a write where the tracker kept no trace that could have told.
    pub unprovable: u64,
    /// Open conflicts that do not hold both present values.
    pub conflicts_without_both_values: u64,
    /// Superseded values that were newer than their winners (I8).
    pub wrong_winners: u64,
    /// Texts that the mirror took over although the tracker had replaced them before. It heals with the next look, and a clock that
    /// was set back makes it possible, so it does not fail the run by itself.
    pub rollbacks: u64,
    /// Writing requests of the mirror's account.
    pub writes: u64,
    /// What local edits, resolutions and unclear outcomes explain of them.
    pub write_bound: u64,
    /// Open conflicts.
    pub conflicts: u64,
    /// Superseded values in the log.
    pub superseded: u64,
    /// Remote edits that were judged, creations included.
    pub remote_edits: u64,
    /// Local edits that were judged, creations included.
    pub local_edits: u64,
    /// One sentence per finding.
    pub details: Vec<String>,
}

impl Report {
    /// Converged, nothing lost, nothing doubled, every conflict whole, every winner right.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.converged
            && self.lost == 0
            && self.duplicates == 0
            && self.strays == 0
            && self.conflicts_without_both_values == 0
            && self.wrong_winners == 0
    }

    pub(crate) fn unreadable(error: String) -> Self {
        Self { details: vec![error], ..Self::default() }
    }

    pub(crate) fn diverged(&mut self, detail: String) {
        self.converged = false;
        self.details.push(detail);
    }
}

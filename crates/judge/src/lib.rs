//! Reads two histories, a tracker's and a mirror's, and says what was lost, doubled or diverged.
//!
//! The tracker's history is what a simulated forge recorded (`state`, `history`, and `self`: the login or logins
//! of the mirror's own account); the mirror's is what its HTTP API shows (`issues` with their `comments`, the
//! deleted ones too, `log`, and optionally `connections`). One file per invariant.
//!
//! What this crate does not know: the engine, the merge, the store. It shares no code with them, so that it can
//! contradict them.

mod canon;
mod index;
pub mod input;
mod report;

mod conflicts;
mod convergence;
mod duplicates;
mod lost;
mod order;
mod rollbacks;
mod strays;
mod writes;

use serde_json::Value;

pub use input::{Forge, Mirror};
pub use report::Report;

/// Judges two JSON documents. A document that cannot be read is a finding, never a pass.
#[must_use]
pub fn judge(forge: &Value, mirror: &Value) -> Report {
    let forge = Forge::read(forge).map_err(|error| format!("the tracker's history cannot be read: {error}"));
    let mirror = Mirror::read(mirror).map_err(|error| format!("the mirror's history cannot be read: {error}"));
    match (forge, mirror) {
        (Ok(forge), Ok(mirror)) => judge_typed(&forge, &mirror),
        (Err(error), _) | (_, Err(error)) => Report::unreadable(error),
    }
}

/// Judges typed histories.
#[must_use]
pub fn judge_typed(forge: &Forge, mirror: &Mirror) -> Report {
    let index = index::Index::new(forge, mirror);
    let mut report = Report { converged: true, ..Report::default() };
    convergence::check(&index, &mut report);
    duplicates::check(&index, &mut report);
    strays::check(&index, &mut report);
    lost::check(&index, &mut report);
    order::check(&index, &mut report);
    rollbacks::check(&index, &mut report);
    conflicts::check(&index, &mut report);
    writes::check(&index, &mut report);
    report
}

#[cfg(test)]
mod tests;

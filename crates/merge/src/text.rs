//! The merge of two edits of one body, line by line.
//!
//! A clean result is no proof that it reads well, so it is a suggestion unless the connection says otherwise.

use crate::canon::canon_body;
use similar::{Algorithm, TextMerge};

/// The longest side that is merged; limits are by size alone, so that the result never depends on the machine's speed.
const BYTES_MAX: usize = 1 << 20;
/// The most lines of a side that is merged.
const LINES_MAX: usize = 10_000;

/// Both edits of `base` in one canonical text; `None` when they overlap or a side is too large.
#[must_use]
pub fn merge_text(base: &str, local: &str, remote: &str) -> Option<String> {
    if [base, local, remote].into_iter().any(is_large) {
        return None;
    }
    // Canonical bodies end without a line break; with one, a line added at the end leaves the line before it alone.
    let [base, local, remote] = [base, local, remote].map(|text| format!("{text}\n"));
    let merge = TextMerge::configure().algorithm(Algorithm::Patience).merge_lines(&base, &local, &remote);
    (!merge.is_conflicted()).then(|| canon_body(&merge.to_string()))
}

fn is_large(text: &str) -> bool {
    text.len() > BYTES_MAX || text.bytes().filter(|byte| *byte == b'\n').count() >= LINES_MAX
}

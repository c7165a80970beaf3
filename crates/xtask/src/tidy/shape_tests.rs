//! Proves that long files and files without a promise are found.

use super::{LINES_MAX, LINES_WARN, first_line, size};
use crate::Severity;

fn severity_at(lines: usize) -> Option<Severity> {
    size("a.rs", &"x\n".repeat(lines)).map(|finding| finding.severity)
}

#[test]
fn size_warns_then_fails() {
    assert_eq!(severity_at(LINES_WARN), None);
    assert_eq!(severity_at(LINES_WARN + 1), Some(Severity::Warning));
    assert_eq!(severity_at(LINES_MAX), Some(Severity::Warning));
    assert_eq!(severity_at(LINES_MAX + 1), Some(Severity::Error));
}

#[test]
fn the_first_line_is_a_promise() {
    assert_eq!(first_line("a.rs", "//! Says it.\nfn a() {}\n"), None);
    for bad in ["", "//!\n", "//!   \n//! late\n", "fn a() {}\n", "\n//! late\n", "// not a doc comment\n"] {
        assert!(first_line("a.rs", bad).is_some(), "{bad:?}");
    }
}

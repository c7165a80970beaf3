//! The shape of a source file: its length, and a first line that says what the file promises.

use crate::Finding;

/// Above this a file is said to be long.
pub const LINES_WARN: usize = 400;
/// Above this `tidy` fails.
pub const LINES_MAX: usize = 600;

/// Long files.
#[must_use]
pub fn size(place: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let message = format!("{lines} lines; split it by subject (aim for 80 to 250, {LINES_MAX} at most)");
    if lines <= LINES_WARN {
        None
    } else if lines <= LINES_MAX {
        Some(Finding::warning(place, 0, message))
    } else {
        Some(Finding::error(place, 0, message))
    }
}

/// Files that do not open with what they promise.
#[must_use]
pub fn first_line(place: &str, text: &str) -> Option<Finding> {
    let promise = text.lines().next().and_then(|line| line.strip_prefix("//!")).map(str::trim);
    match promise {
        Some(promise) if !promise.is_empty() => None,
        _ => Some(Finding::error(place, 1, "open the file with `//!` and what it promises".to_owned())),
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;

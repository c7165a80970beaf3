//! The marker: the last line of what we create on a tracker, by which a lost answer is found again.
//!
//! Nothing else makes or finds markers.

use uuid::Uuid;

const OPEN: &str = "<!-- issuesync:";
const CLOSE: &str = " -->";

/// The 32 hex digits for an item's id.
#[must_use]
pub fn digits(id: Uuid) -> String {
    id.simple().to_string()
}

/// The marker's line for these digits.
#[must_use]
pub fn line(digits: &str) -> String {
    format!("{OPEN}{digits}{CLOSE}")
}

/// The text with the marker as its last line, a blank line before it.
#[must_use]
pub fn with(text: &str, digits: &str) -> String {
    if text.is_empty() { line(digits) } else { format!("{text}\n\n{}", line(digits)) }
}

/// Splits a text into what a person wrote and the marker's digits, when its last line is one.
#[must_use]
pub fn split(text: &str) -> (&str, Option<&str>) {
    let trimmed = text.trim_end();
    let Some(start) = trimmed.rfind(OPEN) else { return (text, None) };
    let line = &trimmed[start..];
    let Some(digits) = line.strip_prefix(OPEN).and_then(|rest| rest.strip_suffix(CLOSE)) else { return (text, None) };
    let before = &trimmed[..start];
    let starts_line = before.is_empty() || before.ends_with('\n');
    if !starts_line || digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return (text, None);
    }
    let before = before.strip_suffix('\n').unwrap_or(before);
    let before = before.strip_suffix('\r').unwrap_or(before);
    let before = before.strip_suffix('\n').unwrap_or(before);
    let before = before.strip_suffix('\r').unwrap_or(before);
    (before, Some(digits))
}

/// The digits of the last marker that begins a line, wherever it stands and in whatever case: a tracker or a bot may have
/// appended to what we sent, or changed its letters.
#[must_use]
pub fn find(text: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let (open, rest) = line.split_at_checked(OPEN.len())?;
        let (digits, rest) = rest.split_at_checked(32)?;
        let (close, _) = rest.split_at_checked(CLOSE.len())?;
        let framed = open.eq_ignore_ascii_case(OPEN) && close == CLOSE;
        (framed && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digits.to_ascii_lowercase())
    })
}

//! Words that have no place in what is committed: marks of unfinished work, and traces of one machine.
//!
//! The words are put together with `concat!` so that this file does not find itself.

use crate::Finding;

/// Marks of unfinished work in Rust sources: do it, or write an issue.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("unimple", "mented"),
    concat!("for", " now"),
    concat!("place", "holder implementation"),
];

/// Folders of one machine.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Package mirrors and what points a build at one.
const MIRRORS: &[&str] = &[concat!("arti", "factory"), concat!("index.cra", "tes.io"), concat!("replace", "-with")];

/// Marks of unfinished work.
#[must_use]
pub fn unfinished(place: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            let message = format!("`{word}`: finish it, or write an issue and say what is missing there");
            found.push(Finding::error(place, index + 1, message));
        }
    }
    found
}

/// Paths of one machine and addresses of package mirrors.
#[must_use]
pub fn machine(place: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for path in MACHINE_PATHS.iter().filter(|path| has_path(line, path)) {
            let message = format!("`{path}` exists on one machine only; use a path from the repository's root");
            found.push(Finding::error(place, index + 1, message));
        }
        for mirror in MIRRORS.iter().filter(|mirror| line.contains(*mirror)) {
            let message = format!("`{mirror}` names a package mirror; the repository knows crates.io alone");
            found.push(Finding::error(place, index + 1, message));
        }
    }
    found
}

/// `word` stands in `line` as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |edge: Option<char>| edge.is_some_and(|edge| edge.is_alphanumeric() || edge == '_');
    line.match_indices(word)
        .any(|(at, _)| !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next()))
}

/// `path` begins an absolute path in `line`; the middle of an address or of a longer path is none.
fn has_path(line: &str, path: &str) -> bool {
    let goes_on = |edge: char| edge.is_alphanumeric() || "_-.~}".contains(edge);
    line.match_indices(path).any(|(at, _)| !line[..at].chars().next_back().is_some_and(goes_on))
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;

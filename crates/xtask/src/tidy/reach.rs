//! Dead files: a Rust file under `crates/` that no target and no `mod` declaration reaches is never compiled.
//!
//! Reads declarations line by line, as rustfmt lays them out. Not followed: `mod` inside an inline `mod {}`, `include!`.

use super::{Texts, is_rust};
use crate::Finding;
use std::collections::BTreeSet;

/// The Rust files under `crates/` that nothing reaches from the first files of the targets.
#[must_use]
pub fn dead(texts: &Texts, target_roots: &[&str]) -> Vec<Finding> {
    let mut alive = BTreeSet::new();
    let mut next: Vec<(String, bool)> = target_roots.iter().map(|root| ((*root).to_owned(), true)).collect();
    while let Some((place, is_root)) = next.pop() {
        let Some(text) = texts.get(&place) else { continue };
        if alive.insert(place.clone()) {
            next.extend(declared(&place, text, is_root).into_iter().map(|place| (place, false)));
        }
    }
    texts
        .keys()
        .filter(|place| is_rust(place) && place.starts_with("crates/") && !alive.contains(*place))
        .map(|place| Finding::error(place, 0, "no `mod` declaration reaches it; declare it or delete it".to_owned()))
        .collect()
}

/// The places where the modules that a file declares may live.
fn declared(place: &str, text: &str, is_root: bool) -> Vec<String> {
    let (folder, name) = place.rsplit_once('/').unwrap_or(("", place));
    let modules =
        if is_root || name == "mod.rs" { folder.to_owned() } else { place.trim_end_matches(".rs").to_owned() };
    let mut places = Vec::new();
    let mut path: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if let Some(given) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            path = Some(given.to_owned());
        } else if let Some(module) = module_name(line) {
            match path.take() {
                Some(given) => places.push(join(folder, &given)),
                None => places.extend([format!("{modules}/{module}.rs"), format!("{modules}/{module}/mod.rs")]),
            }
        } else if !line.starts_with("#[") {
            path = None;
        }
    }
    places
}

/// The name in `mod name;`, with any visibility.
fn module_name(line: &str) -> Option<&str> {
    let rest = match line.strip_prefix("pub") {
        Some(rest) => {
            rest.strip_prefix('(').map_or(rest, |inner| inner.split_once(')').map_or(inner, |(_, rest)| rest))
        }
        None => line,
    };
    let name = rest.trim_start().strip_prefix("mod ")?.strip_suffix(';')?.trim();
    Some(name.strip_prefix("r#").unwrap_or(name))
}

/// `given` seen from `folder`, with `..` resolved.
fn join(folder: &str, given: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in given.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;

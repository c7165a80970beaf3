//! Arrows point down only: every dependency that a manifest declares must stand in the table of floors.

use super::floors::Floor;
use crate::Finding;
use crate::workspace::Arrow;
use std::collections::BTreeSet;

/// The arrows that the table does not allow, and crates without a row.
#[must_use]
pub fn check(crates: &BTreeSet<String>, arrows: &[Arrow], floors: &[Floor]) -> Vec<Finding> {
    let row = |name: &str| floors.iter().find(|floor| floor.name == name);
    let mut found = Vec::new();
    for name in crates.iter().filter(|name| row(name).is_none()) {
        let message = "has no row in the table of arrows; add one to crates/xtask/src/tidy/floors.rs";
        found.push(Finding::error(name, 0, message.to_owned()));
    }
    for arrow in arrows {
        let Some(floor) = row(&arrow.from) else { continue };
        if crates.contains(&arrow.to) {
            found.extend(inner(arrow, floor));
        } else if !arrow.dev && floor.never.contains(&arrow.to.as_str()) {
            let message = format!("never sees {}; give it what it needs through a port", arrow.to);
            found.push(Finding::error(&arrow.from, 0, message));
        }
    }
    found
}

fn inner(arrow: &Arrow, floor: &Floor) -> Option<Finding> {
    let to = arrow.to.as_str();
    if floor.may.contains(&to) || (arrow.dev && floor.tests_may.contains(&to)) {
        return None;
    }
    let who = if arrow.dev { "its tests may not use" } else { "may not use" };
    let message = format!("{who} {to}: arrows point down only; use {}", list(floor.may));
    Some(Finding::error(&arrow.from, 0, message))
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none of our crates".to_owned() } else { format!("only {}", names.join(", ")) }
}

#[cfg(test)]
#[path = "arrows_tests.rs"]
mod tests;

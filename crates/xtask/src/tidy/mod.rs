//! `cargo xtask tidy`: the style rules that a machine can hold.
//!
//! Reads the tree once and hands texts to the rules; a rule reads nothing itself, so each is tested on a bad example.

pub mod tree;

pub mod arrows;
pub mod floors;

pub mod reach;
pub mod shape;
pub mod words;

use crate::{Finding, Severity, Workspace};
use anyhow::Result;
use std::collections::BTreeMap;

/// The texts of the tree by their place from the root.
pub type Texts = BTreeMap<String, String>;

/// Runs every rule and prints what they found; true when nothing fails.
///
/// # Errors
/// When a file cannot be read.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let texts = tree::read(&workspace.root, &workspace.target)?;
    let mut found = arrows::check(&workspace.crates, &workspace.arrows, floors::FLOORS);
    found.extend(check(&texts, &workspace.target_roots.iter().map(String::as_str).collect::<Vec<_>>()));
    for finding in &found {
        println!("{finding}");
    }
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    println!("tidy: {} files, {errors} errors, {} warnings", texts.len(), found.len() - errors);
    Ok(errors == 0)
}

/// All rules over texts.
#[must_use]
pub fn check(texts: &Texts, target_roots: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, text) in texts {
        if is_rust(place) {
            found.extend(shape::size(place, text));
            found.extend(shape::first_line(place, text));
            found.extend(words::unfinished(place, text));
        }
        found.extend(words::machine(place, text));
    }
    found.extend(reach::dead(texts, target_roots));
    found
}

/// True for the files whose shape the rules hold.
#[must_use]
pub fn is_rust(place: &str) -> bool {
    place.ends_with(".rs")
}

//! The mutants stay what they are: every patch has its place in the tree, and the known seeds go on catching those that need no patch.

use issuesync_dst::mutants::{ALL, FEW, Fate, How, patched};
use std::collections::BTreeSet;

#[test]
fn every_patch_has_its_place_in_the_tree() {
    let root = patched::root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    for mutant in ALL.iter().filter(|mutant| matches!(mutant.how, How::Patch)) {
        let patch = patched::patch_of(mutant.name).expect("a patch that can be read");
        let changed = patch.apply(read).unwrap_or_else(|error| panic!("{}: {error}", mutant.name));
        assert!(changed.iter().all(|(path, text)| read(path).as_ref() != Ok(text)), "{} changes nothing", mutant.name);
    }
}

#[test]
fn every_patch_belongs_to_a_mutant() {
    let listed: BTreeSet<String> =
        ALL.iter().filter(|mutant| !mutant.is_here()).map(|mutant| format!("{}.patch", mutant.name)).collect();
    let folder = patched::root().join("crates/dst/mutants");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of patches")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn known_seeds_catch_what_is_switched_off_from_outside() {
    for mutant in ALL.iter().filter(|mutant| mutant.is_here()) {
        let fate = mutant.hunt(FEW, 2).expect("it needs no other program");
        assert!(matches!(fate, Fate::Caught { .. }), "{} is not caught by {:?}", mutant.name, mutant.caught_by);
    }
}

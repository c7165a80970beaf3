//! The short form of fuzzing: random bytes and mutated recordings through every target, the same in every run.
//!
//! `ISSUESYNC_CASES` is the number of inputs of a target, `ISSUESYNC_SEED` another series of them.

mod mutate;

use issuesync_fuzz_targets::TARGETS;
use issuesync_fuzz_targets::seeds::{Seed, seeds};
use mutate::Dice;
use std::panic::catch_unwind;
use std::path::Path;

fn recordings() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/gitea");
    seeds(&folder).expect("the recordings are there")
}

#[expect(clippy::disallowed_methods, reason = "a test is an entry point, like the app")]
fn number(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

/// Runs one input; a broken promise says which bytes broke it.
fn try_one(name: &str, bytes: &[u8]) {
    let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        panic!("there is no target {name}");
    };
    assert!(catch_unwind(|| target(bytes)).is_ok(), "{name} does not hold for {}", bytes.escape_ascii());
}

#[test]
fn every_target_has_seeds_and_holds_for_them() {
    let seeds = recordings();
    for (name, _) in TARGETS {
        assert!(seeds.iter().any(|seed| seed.target == name), "{name} has no seed");
    }
    for seed in &seeds {
        try_one(seed.target, &seed.bytes);
    }
}

#[test]
fn every_target_holds_for_random_bytes() {
    let dice = &mut Dice::new(number("ISSUESYNC_SEED", 0));
    for (name, _) in TARGETS {
        for _ in 0..number("ISSUESYNC_CASES", 3000) {
            try_one(name, &dice.bytes(400));
        }
    }
}

#[test]
fn every_target_holds_for_mutated_seeds() {
    let dice = &mut Dice::new(number("ISSUESYNC_SEED", 0) ^ 1);
    let seeds = recordings();
    for (name, _) in TARGETS {
        let mine: Vec<&Seed> = seeds.iter().filter(|seed| seed.target == name).collect();
        for _ in 0..number("ISSUESYNC_CASES", 3000) {
            let mut bytes = mine[dice.below(mine.len())].bytes.clone();
            for _ in 0..=dice.below(4) {
                dice.mutate(&mut bytes);
            }
            try_one(name, &bytes);
        }
    }
}

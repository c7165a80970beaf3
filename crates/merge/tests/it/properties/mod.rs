//! What holds for every input: a million generated items in all, each against every property that applies.
//!
//! `ISSUESYNC_CASES` is the number of items, `ISSUESYNC_SEED` another series of them. A failure prints the smallest
//! item that shows it.

mod checks;

mod large;

mod world;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[test]
fn edits_of_one_base() {
    run(1, 2, &world::edited());
}

#[test]
fn sides_without_relation() {
    run(2, 2, &world::unrelated());
}

/// Runs a share of the items through every check.
fn run(series: u64, shares: u32, worlds: &impl Strategy<Value = world::World>) {
    let config = Config { cases: cases() / shares, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new_with_rng(config, rng(series)).run(worlds, |world| {
        checks::all(&world);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// How many items in all.
fn cases() -> u32 {
    let usual = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    number("ISSUESYNC_CASES").map_or(usual, |cases| u32::try_from(cases).unwrap_or(u32::MAX))
}

/// The same numbers in every run with one seed.
fn rng(series: u64) -> TestRng {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("ISSUESYNC_SEED").unwrap_or(0).to_le_bytes());
    seed[8..16].copy_from_slice(&series.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

#[expect(clippy::disallowed_methods, reason = "a test is an entry point, like the app")]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

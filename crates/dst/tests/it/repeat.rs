//! A scenario depends on its seed alone.

use issuesync_dst::scenario::play;

#[test]
fn the_same_seed_does_the_same() {
    for seed in 1..=20 {
        assert_eq!(play(seed), play(seed), "seed {seed}");
    }
}

#[test]
fn different_seeds_do_different_things() {
    assert_ne!(play(1).trace, play(2).trace);
}

#[test]
fn the_first_hundred_seeds_keep_every_promise() {
    for seed in 1..=100 {
        let outcome = play(seed);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
    }
}

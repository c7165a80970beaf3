//! Seeds that once broke a promise, named after what was wrong (docs/bugs-found-by-simulation.md). Each fails again when its mending is taken away.

use issuesync_dst::scenario::play;

fn holds(seeds: &[u64]) {
    for &seed in seeds {
        let outcome = play(seed);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
    }
}

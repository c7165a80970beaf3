//! The memory store and SQLite are one and the same to the engine.

use issuesync_dst::differential::compare;

#[test]
fn both_stores_hold_the_same_after_every_action() {
    for seed in 1..=25 {
        assert_eq!(compare(seed), Ok(()));
    }
}

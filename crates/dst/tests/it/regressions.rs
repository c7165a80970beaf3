//! Seeds that once broke a promise, named after what was wrong (docs/bugs-found-by-simulation.md). They belong to the way scenarios are
//! drawn today; what does not depend on a draw is a named scenario (`faults`) or a mutant.

use issuesync_dst::scenario::play;

fn holds(seeds: &[u64]) {
    for &seed in seeds {
        let outcome = play(seed);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
    }
}

#[test]
fn an_audit_that_is_owed_is_made_before_its_item_is_deleted() {
    holds(&[100_502, 104_353]);
}

#[test]
fn what_our_own_write_set_is_not_pulled_back_within_its_second() {
    holds(&[4088]);
}

#[test]
fn a_cleared_milestone_is_a_value_that_can_be_lost() {
    holds(&[103_107]);
}

#[test]
fn an_audit_made_for_the_sake_of_a_date_awaits_the_echo_of_a_body() {
    holds(&[10_073_572]);
}

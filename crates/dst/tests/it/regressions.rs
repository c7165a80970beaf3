//! Seeds that once broke a promise, named after what was wrong (docs/bugs-found-by-simulation.md). Each fails again when its mending is taken away.

use issuesync_dst::scenario::play;

fn holds(seeds: &[u64]) {
    for &seed in seeds {
        let outcome = play(seed);
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
    }
}

#[test]
fn a_marker_behind_which_somebody_appended_is_found() {
    holds(&[90, 917, 1827]);
}

#[test]
fn what_shows_on_an_adopted_issue_beyond_what_was_sent_is_somebodys_edit() {
    holds(&[414, 686, 1014]);
}

#[test]
fn nothing_is_deleted_on_the_ground_of_an_old_read() {
    holds(&[1504]);
}

#[test]
fn a_marker_counts_by_number_and_not_by_a_clock_that_was_set() {
    holds(&[2559]);
}

#[test]
fn an_audit_is_owed_for_a_write_that_failed_too() {
    holds(&[386, 1247]);
}

#[test]
fn comments_are_known_before_their_issue_is_deleted() {
    holds(&[210, 1259]);
}

#[test]
fn a_comment_made_while_its_issue_is_buried_does_not_wait_for_ever() {
    holds(&[1084]);
}

#[test]
fn stamps_from_before_a_clock_was_set_are_doubted() {
    holds(&[749]);
}

#[test]
fn a_look_at_a_comment_of_a_deleted_issue_comes_to_an_end() {
    holds(&[79, 165]);
}

#[test]
fn nothing_is_written_before_a_look() {
    holds(&[485]);
}

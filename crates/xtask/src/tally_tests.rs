//! Proves that the closing line counts every binary and hides no failure.

use super::Tally;

fn read(lines: &[&str]) -> Tally {
    let mut tally = Tally::default();
    for line in lines {
        tally.read(line);
    }
    tally
}

#[test]
fn sums_up_the_binaries_of_a_run() {
    let tally = read(&[
        "test a::b ... ok",
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        "the test result: ok. 99 passed; 99 failed",
    ]);
    assert_eq!(tally.to_string(), "15 passed, 2 failed");
}

#[test]
fn a_run_that_breaks_off_counts_as_a_failure() {
    let mut tally = Tally::default();
    tally.add_run(read(&["test result: ok. 5 passed; 0 failed; 0 ignored"]), false);
    assert_eq!(tally.to_string(), "5 passed, 1 failed");
}

#[test]
fn failures_are_counted_once() {
    let mut tally = Tally::default();
    tally.add_run(read(&["test result: FAILED. 0 passed; 4 failed; 0 ignored"]), false);
    tally.add_run(Tally { passed: 7, failed: 0 }, true);
    assert_eq!(tally.to_string(), "7 passed, 4 failed");
}

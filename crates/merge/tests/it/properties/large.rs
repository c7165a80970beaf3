//! P12: bodies of 1 MiB of every kind are survived by canon, by the text merge and by the merge.

use super::{rng, world};
use crate::fixture::{Case, T, text};
use issuesync_merge::{canon_value, title_excess};
use issuesync_model::{Field, TextMerge, marker};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

const MIB: usize = 1 << 20;
const DIGITS: &str = "0192f0c1d2e37a4b8c5d6e7f80912a3b";

/// What a large body is made of.
const FILLS: [&str; 9] = [
    "x",
    "\0",
    "\r",
    "\r\n",
    "ü😀",
    "a line of a hundred and some bytes, so that a mebibyte of it has fewer lines than the limit of the text merge\n",
    "a\n\nb\n",
    "\n\n<!-- issuesync:0192f0c1d2e37a4b8c5d6e7f80912a3b -->",
    "<!-- issuesync:",
];

fn large() -> impl Strategy<Value = String> {
    (select(&FILLS[..]), any::<bool>(), 0..3_usize).prop_map(|(fill, marked, extra)| {
        let body = fill.repeat(MIB / fill.len() + extra);
        if marked { marker::with(&body, DIGITS) } else { body }
    })
}

fn edits() -> impl Strategy<Value = Vec<(u8, usize, &'static str)>> {
    prop::collection::vec((0..3_u8, any::<usize>(), select(&["new\n", "other", "\0", "\r"][..])), 0..20)
}

#[test]
fn p12_total_for_bodies_of_one_mebibyte() {
    let cases = if cfg!(debug_assertions) { 3 } else { 100 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let sides = (large(), edits(), edits(), large(), any::<bool>());
    let result = TestRunner::new_with_rng(config, rng(3)).run(&sides, |(base, left, right, other, related)| {
        let local = world::edit_lines(&base, &left);
        let remote = if related { world::edit_lines(&base, &right) } else { other };
        survive(&base, &local, &remote);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

fn survive(base: &str, local: &str, remote: &str) {
    let rules = crate::fixture::rules();
    let [base, local, remote] = [base, local, remote].map(|side| {
        let _ = title_excess(side, &rules);
        let _ = canon_value(Field::Title, &text(side), &rules);
        let once = canon_value(Field::Body, &text(side), &rules);
        assert_eq!(canon_value(Field::Body, &once, &rules), once, "P13 of a large body");
        once
    });
    for text_merge in [TextMerge::Suggest, TextMerge::Auto] {
        let mut case = Case::new(Field::Body, base.clone(), local.clone(), remote.clone()).at(T);
        case.policy.text_merge = text_merge;
        let output = case.merge();
        let again = case.after(&output).merge();
        assert!(again.log.is_empty() && again.push == output.push, "P1 of a large body");
    }
}

#[test]
fn a_body_of_markers_alone_is_empty() {
    let body = FILLS[7].repeat(MIB / FILLS[7].len());
    assert_eq!(canon_value(Field::Body, &text(&body), &crate::fixture::rules()), text(""));
}

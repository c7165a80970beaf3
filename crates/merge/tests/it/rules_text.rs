//! Bodies that both sides edited.

use crate::fixture::{Case, S, T, kinds, one, text, told};
use issuesync_model::{ConflictKind, Field, LogKind, TextMerge};

const BASE: &str = "one\n\ntwo\n\nthree";
const MINE: &str = "ONE\n\ntwo\n\nthree";
const THEIRS: &str = "one\n\ntwo\n\nTHREE";
const BOTH: &str = "ONE\n\ntwo\n\nTHREE";

fn bodies(local: &str, remote: &str, text_merge: TextMerge) -> Case {
    let mut case = Case::new(Field::Body, text(BASE), text(local), text(remote));
    case.policy.text_merge = text_merge;
    case
}

#[test]
fn a_clean_merge_is_suggested() {
    let output = bodies(MINE, THEIRS, TextMerge::Suggest).merge();
    assert_eq!(output.opened, [Field::Body]);
    assert_eq!(output.conflicts[0].suggestion, Some(text(BOTH)));
    assert!(output.push.is_empty());
}

#[test]
fn a_clean_merge_is_applied_when_the_policy_says_so_and_both_originals_are_kept() {
    let case = bodies(MINE, THEIRS, TextMerge::Auto);
    let output = case.merge();
    assert!(output.conflicts.is_empty() && output.opened.is_empty());
    assert_eq!((&output.local, &output.base), (&one(Field::Body, text(BOTH)), &case.remote));
    assert_eq!(output.push.scalars, one(Field::Body, text(BOTH)));
    assert_eq!(kinds(&output), [LogKind::Superseded, LogKind::Superseded, LogKind::ConflictResolve]);
    assert_eq!(told(&output.log[0], Field::Body), (text(MINE), text(BOTH)));
    assert_eq!(told(&output.log[1], Field::Body), (text(THEIRS), text(BOTH)));
    assert_eq!(told(&output.log[2], Field::Body), (text(MINE), text(BOTH)));
    let again = case.after(&output).merge();
    assert_eq!(again.push, output.push);
    assert!(again.log.is_empty());
}

#[test]
fn a_merge_that_only_repeats_the_tracker_is_not_pushed() {
    // The mirror's change is a part of the tracker's.
    let output = bodies(MINE, BOTH, TextMerge::Auto).merge();
    assert_eq!(output.local, one(Field::Body, text(BOTH)));
    assert!(output.push.is_empty());
}

#[test]
fn edits_of_one_line_are_a_clash_under_either_policy() {
    for text_merge in [TextMerge::Suggest, TextMerge::Auto] {
        let output = bodies(MINE, "eins\n\ntwo\n\nthree", text_merge).merge();
        assert_eq!(output.opened, [Field::Body]);
        assert_eq!(output.conflicts[0].suggestion, None);
    }
}

#[test]
fn a_later_body_wins_whole_under_either_policy() {
    for text_merge in [TextMerge::Suggest, TextMerge::Auto] {
        let output = bodies(MINE, THEIRS, text_merge).at(T + 60 * S).merge();
        assert_eq!(output.push.scalars, one(Field::Body, text(MINE)));
    }
}

#[test]
fn an_open_clash_is_not_merged_by_a_change_of_the_policy() {
    let output = bodies(MINE, THEIRS, TextMerge::Auto).frozen_by(ConflictKind::Clash).merge();
    assert_eq!(output.conflicts.len(), 1);
    assert!(output.log.is_empty());
}

#[test]
fn a_refreshed_clash_has_a_fresh_suggestion() {
    let mut case = bodies(MINE, "eins\n\ntwo\n\nthree", TextMerge::Suggest).frozen_by(ConflictKind::Clash);
    case.remote.set(Field::Body, text(THEIRS));
    assert_eq!(case.merge().conflicts[0].suggestion, Some(text(BOTH)));
}

#[test]
fn titles_get_no_suggestion() {
    let output = Case::titles(BASE, MINE, THEIRS).merge();
    assert_eq!(output.conflicts[0].suggestion, None);
}

/// One side changed nothing but chose it: what is left of a text merge would be the other side's text, whole.
#[test]
fn a_body_that_was_returned_to_is_not_merged_away() {
    let mut case = Case::new(Field::Body, text("a\n"), text("a\n"), text("a\nb\n"));
    case.edits.values_mut().for_each(|edit| edit.returned = true);
    case.policy.text_merge = TextMerge::Auto;
    let output = case.merge();
    assert_eq!(output.opened, [Field::Body]);
    assert_eq!(output.conflicts[0].suggestion, None);
}

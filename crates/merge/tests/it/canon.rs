//! Canonical form.

use crate::fixture::{COMPLETED, OPEN, one, rules, set, text};
use issuesync_merge::{canon, canon_value, title_excess};
use issuesync_model::{CanonRules, Field, FieldSet, Reason, State, TitleUnit, Value, marker};

const DIGITS: &str = "0192f0c1d2e37a4b8c5d6e7f80912a3b";

fn title(title: &str) -> Value {
    canon_value(Field::Title, &text(title), &rules())
}

fn body(body: &str) -> Value {
    canon_value(Field::Body, &text(body), &rules())
}

#[test]
fn a_title_is_one_trimmed_line() {
    assert_eq!(title("  a\tb\r\nc\u{1b}d \n"), text("a b  c d"));
    assert_eq!(title("a\0b"), text("a\u{fffd}b"));
    assert_eq!(title(" \n "), text(""));
}

#[test]
fn a_title_is_cut_on_a_character_and_trimmed_again() {
    assert_eq!(title("0123456789012345678äöü"), text("0123456789012345678ä"));
    assert_eq!(title("0123456789012345678 x"), text("0123456789012345678"));
    let bytes = CanonRules { title_max: 4, title_unit: TitleUnit::Bytes, ..rules() };
    assert_eq!(canon_value(Field::Title, &text("aäöü"), &bytes), text("aä"));
}

#[test]
fn a_title_over_the_cap_is_told_in_the_trackers_unit() {
    assert_eq!(title_excess("01234567890123456789", &rules()), None);
    assert_eq!(title_excess("  01234567890123456789  ", &rules()), None, "only what would be sent counts");
    assert_eq!(title_excess("01234567890123456789ä", &rules()), Some((21, 20)));
    let bytes = CanonRules { title_unit: TitleUnit::Bytes, ..rules() };
    assert_eq!(title_excess("0123456789012345678ä", &bytes), Some((21, 20)));
}

#[test]
fn a_body_has_plain_line_ends_and_no_blank_end() {
    assert_eq!(body("a\r\nb\rc\n\n d \n\t\r\n"), text("a\nb\nc\n\n d"));
    assert_eq!(body("  a"), text("  a"));
    assert_eq!(body("a\0"), text("a\u{fffd}"));
}

#[test]
fn a_body_loses_our_marker_and_the_blank_line_before_it() {
    assert_eq!(body(&marker::with("a\nb", DIGITS)), text("a\nb"));
    assert_eq!(body(&marker::with("", DIGITS)), text(""));
    assert_eq!(body(&marker::with("a", DIGITS).replace('\n', "\r\n")), text("a"));
    assert_eq!(body(&format!("{}\n\n", marker::with("a", DIGITS))), text("a"));
    assert_eq!(body(&marker::with(&marker::with("a", DIGITS), DIGITS)), text("a"), "marked twice");
}

#[test]
fn a_marker_that_is_not_the_last_line_is_text() {
    let quoted = format!("{}\nmore", marker::with("a", DIGITS));
    assert_eq!(body(&quoted), text(&quoted));
    let inline = format!("a <!-- issuesync:{DIGITS} -->");
    assert_eq!(body(&inline), text(&inline));
}

#[test]
fn labels_are_trimmed_folded_and_never_empty() {
    let labels = set(&[" Bug ", "bug", "", "  ", "Área\0"]);
    assert_eq!(canon_value(Field::Labels, &labels, &rules()), set(&["bug", "área\u{fffd}"]));
    let exact = CanonRules { label_fold: false, ..rules() };
    assert_eq!(canon_value(Field::Labels, &labels, &exact), set(&["Bug", "bug", "Área\u{fffd}"]));
}

#[test]
fn assignees_are_positive_ids() {
    let ids = set(&["7", "007", "+8", " 9 ", "0", "-2", "alice", "", "99999999999999999999"]);
    assert_eq!(canon_value(Field::Assignees, &ids, &rules()), set(&["7", "8", "9"]));
}

#[test]
fn a_milestone_of_no_id_is_none() {
    assert_eq!(canon_value(Field::Milestone, &Value::Id(Some(0)), &rules()), Value::Id(None));
    assert_eq!(canon_value(Field::Milestone, &Value::Id(Some(3)), &rules()), Value::Id(Some(3)));
}

#[test]
fn a_tracker_without_reasons_has_one_closed_state() {
    let bare = CanonRules { reasons: false, ..rules() };
    let closed = Value::State(State::Closed(Reason::None));
    assert_eq!(canon_value(Field::State, &COMPLETED, &bare), closed);
    assert_eq!(canon_value(Field::State, &OPEN, &bare), OPEN);
    assert_eq!(canon_value(Field::State, &COMPLETED, &rules()), COMPLETED);
}

#[test]
fn fields_that_the_tracker_lacks_are_dropped() {
    let fields = one(Field::Body, text("b ")).with(Field::Locked, Value::Flag(true));
    let unlocked = CanonRules { fields: FieldSet::all().without(Field::Locked), ..rules() };
    assert_eq!(canon(&fields, &unlocked), one(Field::Body, text("b")));
    assert_eq!(canon(&fields, &rules()), one(Field::Body, text("b")).with(Field::Locked, Value::Flag(true)));
}

#[test]
fn a_value_of_the_wrong_kind_is_empty() {
    for field in Field::ALL {
        let wrong = if field == Field::Locked { text("yes") } else { Value::Flag(true) };
        assert_eq!(canon_value(field, &wrong, &rules()), field.empty());
    }
}

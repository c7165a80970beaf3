//! The marker is found where it was put, and nowhere else.

use issuesync_model::marker::{digits, find, split, with};
use proptest::prelude::*;
use uuid::Uuid;

const DIGITS: &str = "0192f0c1d2e37a4b8c5d6e7f80912a3b";

/// A text as canon leaves it: plain line ends, nothing blank at its end.
fn canonical() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\r', "\n").trim_end().to_owned())
}

proptest! {
    #[test]
    fn what_was_marked_splits_into_text_and_digits(text in canonical(), id: u128) {
        let digits = digits(Uuid::from_u128(id));
        prop_assert_eq!(digits.len(), 32);
        let marked = with(&text, &digits);
        prop_assert_eq!(split(&marked), (text.as_str(), Some(digits.as_str())));
    }

    #[test]
    fn it_survives_foreign_line_ends_and_a_blank_end(text in canonical(), id: u128) {
        let digits = digits(Uuid::from_u128(id));
        let marked = format!("{}\r\n \n", with(&text, &digits).replace('\n', "\r\n"));
        let (before, found) = split(&marked);
        prop_assert_eq!((before.replace("\r\n", "\n"), found), (text, Some(digits.as_str())));
    }

    #[test]
    fn a_text_without_a_marker_is_left_alone(text: String) {
        prop_assume!(!text.contains("<!-- issuesync:"));
        prop_assert_eq!(split(&text), (text.as_str(), None));
    }
}

#[test]
fn only_the_last_whole_line_is_a_marker() {
    let marked = with("text", DIGITS);
    let texts = [
        format!("{marked}\nmore"),
        format!("text <!-- issuesync:{DIGITS} -->"),
        format!("<!-- issuesync:{} -->", &DIGITS[1..]),
        format!("<!-- issuesync:{DIGITS}0 -->"),
        format!("<!-- issuesync:{} -->", DIGITS.replace('0', "g")),
        format!("<!-- issuesync:{DIGITS}-->"),
        format!("<!-- issuesync:{DIGITS}"),
        format!("> <!-- issuesync:{DIGITS} -->"),
    ];
    for text in &texts {
        assert_eq!(split(text), (text.as_str(), None), "{text}");
    }
}

#[test]
fn one_marker_is_split_off_at_a_time() {
    let other = DIGITS.replace('0', "f");
    let twice = with(&with("text", DIGITS), &other);
    let (before, found) = split(&twice);
    assert_eq!(found, Some(other.as_str()));
    assert_eq!(split(before), ("text", Some(DIGITS)));
}

#[test]
fn an_empty_text_is_the_marker_alone() {
    assert_eq!(with("", DIGITS), format!("<!-- issuesync:{DIGITS} -->"));
    assert_eq!(split(&with("", DIGITS)), ("", Some(DIGITS)));
}

#[test]
fn a_marker_is_found_behind_what_others_appended_and_in_their_case() {
    let marked = with("text", DIGITS);
    for text in
        [&marked, &format!("{marked} [bot]"), &format!("{marked}\r\n\r\nSent from a phone"), &marked.to_uppercase()]
    {
        assert_eq!(find(text).as_deref(), Some(DIGITS), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_marker_is_none() {
    let cut = format!("<!-- issuesync:{}", &DIGITS[..20]);
    let inside = format!("a <!-- issuesync:{DIGITS} -->");
    let open = format!("<!-- issuesync:{DIGITS}");
    for text in ["", "text", "<!-- issuesync:", "<!-- issuesync:\u{e9}", &cut, &inside, &open] {
        assert_eq!(find(text), None, "{text}");
    }
}

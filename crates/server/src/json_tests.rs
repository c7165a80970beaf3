//! Bodies that cannot be read are 400, fields that are wrong are 422 and named.

use super::*;
use axum::response::IntoResponse;
use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Sample {
    title: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default, deserialize_with = "present")]
    locked: Option<bool>,
}

fn read(text: &str) -> Result<Sample, (u16, String)> {
    parse(text.as_bytes()).and_then(fields).map_err(|problem| {
        let shown = format!("{problem:?}");
        (problem.into_response().status().as_u16(), shown)
    })
}

#[track_caller]
fn refused(text: &str, status: u16, words: &str) {
    let (got, shown) = read(text).expect_err("it must be refused");
    assert_eq!(got, status, "{shown}");
    assert!(shown.contains(words), "{shown} lacks {words}");
}

#[test]
fn wrong_fields_are_named() {
    refused(r#"{"title":"a","colour":1}"#, 422, r#"field: Some("colour")"#);
    refused(r#"{"title":5}"#, 422, r#"field: Some("title")"#);
    refused(r#"{"labels":["a"]}"#, 422, r#"field: Some("title")"#);
    refused(r#"{"title":"a","labels":["a",5]}"#, 422, r#"field: Some("labels")"#);
    refused(r#"{"title":"a","locked":null}"#, 422, r#"field: Some("locked")"#);
}

#[test]
fn what_is_no_json_object_is_unreadable() {
    for text in ["{", "[]", "5", "\"a\"", "null", "{\"title\":\"a\"} x", "\u{feff}{}"] {
        refused(text, 400, "malformed_json");
    }
}

#[test]
fn half_a_surrogate_pair_is_unreadable() {
    refused(r#"{"title":"\ud800"}"#, 400, "malformed_json");
    refused(r#"{"title":"\udc00x"}"#, 400, "malformed_json");
    assert_eq!(read(r#"{"title":"\ud83d\ude00"}"#).expect("a pair").title, "😀");
}

#[test]
fn nul_becomes_the_replacement_character() {
    let sample = read(r#"{"title":"a\u0000b","labels":["\u0000"]}"#).expect("readable");
    assert_eq!((sample.title.as_str(), sample.labels[0].as_str()), ("a\u{fffd}b", "\u{fffd}"));
}

#[test]
fn depth_ends_at_64() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(64).as_bytes()).is_ok());
    refused(&nested(65), 400, "json_too_deep");
    refused(&"[".repeat(1_000_000), 400, "json_too_deep");
    let text = format!(r#"{{"title":"{}\"[["}}"#, "[".repeat(100));
    assert!(read(&text).is_ok(), "brackets in a text are no nesting");
}

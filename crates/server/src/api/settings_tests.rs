//! Settings keep their bounds, and what is left out stays as it was.

use super::*;
use crate::json;
use serde_json::json;

fn over(body: serde_json::Value, settings: Settings) -> Answer<Settings> {
    json::fields::<SettingsBody>(body)?.over(settings)
}

#[test]
fn what_is_left_out_stays() {
    let before = Settings { manage_hook: false, poll_us: Some(7_000_000), ..Settings::default() };
    let after = over(json!({"full": "2m"}), before.clone()).expect("valid");
    assert_eq!(after, Settings { full_us: Some(120_000_000), ..before });
}

#[test]
fn every_setting_can_be_written() {
    let body = json!({"poll": "2s", "full": "5s", "conflict_window": "inf", "timestamp_policy": "literal",
        "delete_vs_update": "update_wins", "text_merge": "auto", "manage_hook": false, "create_labels": false,
        "direction": {"default": "pull", "title": "both"}, "filter": {"labels": ["sync"], "state": "open"},
        "allow_private_network": true, "allow_http": true});
    let settings = over(body, Settings::default()).expect("valid");
    assert_eq!(settings.conflict_window_us, i64::MAX);
    assert_eq!(settings.direction, FieldDirection::Pull);
    assert_eq!(settings.direction_of(Field::Title), FieldDirection::Both);
    assert_eq!(settings.filter.labels, ["sync"]);
    assert!(settings.allow_http && settings.allow_private_network && !settings.manage_hook && !settings.create_labels);
    assert_eq!((settings.text_merge, settings.delete_vs_update), (TextMerge::Auto, DeletePolicy::UpdateWins));
}

#[test]
fn wrong_settings_are_named() {
    let cases = [
        ("poll", json!("0s")),
        ("poll", json!("inf")),
        ("full", json!("soon")),
        ("conflict_window", json!("25h")),
        ("direction", json!("push")),
        ("direction", json!({"colour": "pull"})),
        ("filter", json!({"state": "half"})),
        ("filter", json!({"since": "yesterday"})),
        ("text_merge", json!("always")),
        ("colour", json!("red")),
    ];
    for (field, value) in cases {
        let problem = over(json!({field: value}), Settings::default()).expect_err(field);
        assert!(format!("{problem:?}").contains(&format!("field: Some(\"{field}\")")), "{problem:?}");
    }
    let problem = over(json!({"filter": {"colour": "red"}}), Settings::default()).expect_err("unknown");
    assert!(format!("{problem:?}").contains("field: Some(\"filter.colour\")"), "{problem:?}");
}

//! What a database that came back from a backup no longer knows: neither what it did nor what it was told.

use super::*;

#[test]
fn a_body_whose_echo_a_restore_forgot_is_unprovable() {
    let told = |forgotten: Value| {
        let mut forge = forge();
        push(&mut forge, "/history/edits", edit(3, "alice", "body", json!("text"), json!("hers")));
        push(&mut forge, "/history/edits", edit(5, "mirror", "body", json!("hers"), json!("text")));
        let echo = json!({"seq": 6, "at_ms": 50_000, "request": 5, "label": "issues/edited", "fate": "queued",
            "repo_id": 11, "number": 1});
        push(&mut forge, "/history/deliveries", echo);
        let mut mirror = mirror();
        mirror["forgotten"] = forgotten;
        let report = judge(&forge, &mirror);
        (report.lost, report.unprovable)
    };
    assert_eq!(told(json!([])), (1, 0), "its echo told what it had replaced");
    assert_eq!(told(json!([{"from_ms": 170_000, "until_ms": 300_000}])), (0, 1), "the echo may have been forgotten");
    assert_eq!(told(json!([{"from_ms": 10_000, "until_ms": 40_000}])), (1, 0), "it came back before the write");
    assert_eq!(told(json!([{"from_ms": 700_000, "until_ms": 900_000}])), (1, 0), "no echo comes as late as that");
}

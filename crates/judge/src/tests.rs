//! One good history and one bad one per invariant.

#![allow(clippy::needless_pass_by_value, reason = "rows are written as literals")]

mod restored;
mod writes;

use serde_json::{Value, json};

use super::judge;

const MARK: &str = "<!-- issuesync:0123456789abcdef0123456789abcdef -->";

/// Issue 1 by alice, mirrored, in agreement.
fn forge() -> Value {
    json!({
        "self": "mirror",
        "state": { "users": [{"id": 1, "login": "mirror"}, {"id": 2, "login": "alice"}],
            "repos": [{ "id": 11, "path": "acme/web", "milestones": [{"id": 501, "title": "1.0"}],
                "issues": [{ "number": 1, "id": 991, "author_id": 2, "pull": false, "title": "One", "body": "text",
                    "state": "open", "labels": ["bug"], "assignees": ["2"], "milestone": 501, "due_date": "2026-12-25",
                    "locked": false, "comments": [{"id": 77, "author_id": 2, "body": "hello"}] }] }] },
        "history": { "requests": [], "deliveries": [],
            "edits": [],
            "objects": [object(1, "create", "issue", "alice", None, json!({"title": "One", "body": "text", "labels": ["bug"],
                "assignees": ["2"], "milestone": 501, "due_date": "2026-12-25", "state": "open", "locked": false})),
                object(2, "create", "comment", "alice", Some(77), json!({"body": "hello"}))] }
    })
}

fn mirror() -> Value {
    json!({
        "issues": [{ "id": "i1", "connection": "web", "connection_id": "c", "external_number": 1,
            "external_url": "http://h/acme/web/issues/1", "title": "One", "body": "text", "state": "open",
            "labels": ["bug"], "assignees": ["alice"], "milestone": "1.0", "due_date": "2026-12-25", "locked": false,
            "lifecycle": "linked", "conflicts": [], "tombstone": null, "outbox": {"status": "completed"},
            "comments": [{ "id": "m1", "issue_id": "i1", "external_id": 77, "body": "hello\n", "lifecycle": "linked",
                "conflicts": [], "outbox": {"status": "completed"}, "tombstone": null }] }],
        "log": []
    })
}

fn object(seq: u64, action: &str, kind: &str, user: &str, comment: Option<u64>, value: Value) -> Value {
    json!({ "seq": seq, "at_ms": seq * 10_000, "action": action, "kind": kind, "user": user, "repo_id": 11,
        "number": 1, "comment_id": comment, "value": value })
}

fn edit(seq: u64, user: &str, field: &str, before: Value, after: Value) -> Value {
    json!({ "seq": seq, "request": seq, "at_ms": seq * 10_000, "user": user, "repo_id": 11, "number": 1, "comment_id": null,
        "field": field, "before": before, "after": after })
}

/// A log row at `seq` times ten seconds.
fn log(seq: i64, direction: &str, kind: &str, before: Value, after: Value) -> Value {
    let time = jiff::Timestamp::from_second(seq * 10).expect("a small time").to_string();
    json!({ "id": "l", "issue_id": "i1", "comment_id": null, "seq": seq, "direction": direction, "action": "update",
        "kind": kind, "before": before, "after": after, "sync_time": time })
}

fn push(document: &mut Value, path: &str, row: Value) {
    document.pointer_mut(path).and_then(Value::as_array_mut).expect("a list").push(row);
}

#[test]
fn agreement_passes() {
    let report = judge(&forge(), &mirror());
    assert!(report.passed(), "{report:?}");
    assert_eq!(report.details, Vec::<String>::new());
    assert_eq!(report.remote_edits, 9);
}

#[test]
fn unreadable_or_empty_histories_do_not_pass() {
    assert!(!judge(&json!({}), &mirror()).passed());
    assert!(!judge(&forge(), &json!({"issues": []})).passed());
    let nothing = json!({"state": {"repos": []}, "history": {"edits": [], "objects": []}});
    assert!(!judge(&nothing, &json!({"issues": [], "log": []})).passed());
}

#[test]
fn every_field_must_converge() {
    let wrong = json!({"title": "Two", "body": "other", "state": "closed", "labels": [], "assignees": ["mirror"],
        "milestone": null, "due_date": "2026-12-26", "locked": true});
    for (field, value) in wrong.as_object().expect("fields") {
        let mut mirror = mirror();
        mirror["issues"][0][field] = value.clone();
        assert!(!judge(&forge(), &mirror).converged, "{field}");
    }
}

#[test]
fn presentation_is_no_difference() {
    let mut mirror = mirror();
    mirror["issues"][0]["body"] = json!(format!("text\r\n\n{MARK}"));
    mirror["issues"][0]["title"] = json!("One ");
    mirror["issues"][0]["assignees"] = json!(["Alice"]);
    assert!(judge(&forge(), &mirror).converged);
}

#[test]
fn missing_rows_and_comments_are_divergence() {
    let mut no_comment = mirror();
    no_comment["issues"][0]["comments"] = json!([]);
    assert!(!judge(&forge(), &no_comment).converged);
    let mut other_comment = mirror();
    other_comment["issues"][0]["comments"][0]["body"] = json!("bye");
    assert!(!judge(&forge(), &other_comment).converged);
    let mut none = mirror();
    none["issues"] = json!([]);
    assert!(!judge(&forge(), &none).converged);
    let mut tombstoned = mirror();
    tombstoned["issues"][0]["lifecycle"] = json!("deleted");
    assert!(!judge(&forge(), &tombstoned).converged, "deleted here, alive there");
    let mut gone = forge();
    gone["state"]["repos"][0]["issues"] = json!([]);
    assert!(!judge(&gone, &mirror()).converged, "alive here, gone there");
    let mut creating = mirror();
    push(&mut creating, "/issues", json!({"id": "i2", "lifecycle": "creating", "external_number": null}));
    assert!(!judge(&forge(), &creating).converged);
}

#[test]
fn an_open_clash_excuses_only_what_it_holds() {
    let mut clash = mirror();
    clash["issues"][0]["title"] = json!("Local");
    clash["issues"][0]["conflicts"] =
        json!([{"field": "title", "kind": "clash", "base": "Zero", "local": "Local", "remote": "One"}]);
    let report = judge(&forge(), &clash);
    assert!(report.converged && report.conflicts_without_both_values == 0, "{report:?}");
    clash["issues"][0]["conflicts"][0]["remote"] = json!("Older");
    let report = judge(&forge(), &clash);
    assert!(!report.converged && report.conflicts_without_both_values == 1, "{report:?}");
}

#[test]
fn a_failed_row_excuses_itself() {
    let mut failed = mirror();
    failed["issues"][0]["title"] = json!("Local");
    failed["issues"][0]["outbox"]["status"] = json!("failed");
    assert!(judge(&forge(), &failed).converged);
}

/// Alice set `Zero`, the mirror wrote `One` over it.
fn overwritten() -> Value {
    let mut forge = forge();
    push(&mut forge, "/history/edits", edit(3, "alice", "title", json!("One"), json!("Zero")));
    push(&mut forge, "/history/edits", edit(5, "mirror", "title", json!("Zero"), json!("One")));
    forge
}

#[test]
fn a_remote_edit_written_over_is_lost() {
    let report = judge(&overwritten(), &mirror());
    assert_eq!(report.lost, 1, "{report:?}");
    assert!(!report.passed());
}

#[test]
fn a_remote_edit_is_kept_by_a_record_a_look_or_its_own_side() {
    let mut superseded = mirror();
    push(&mut superseded, "/log", log(4, "inbound", "superseded", json!({"title": "Zero"}), json!({"title": "One"})));
    assert_eq!(judge(&overwritten(), &superseded).lost, 0);
    let mut earlier = mirror();
    push(&mut earlier, "/log", log(1, "inbound", "superseded", json!({"title": "Zero"}), json!({"title": "One"})));
    assert_eq!(judge(&overwritten(), &earlier).lost, 1, "a record of an earlier edit keeps nothing");
    let mut seen = mirror();
    push(&mut seen, "/log", log(4, "local", "edit", json!({"title": "Zero"}), json!({"title": "One"})));
    assert_eq!(judge(&overwritten(), &seen).lost, 0);
    let mut again = overwritten();
    push(&mut again, "/history/edits", edit(4, "alice", "title", json!("Zero"), json!("One")));
    assert_eq!(judge(&again, &mirror()).lost, 0);
    let mut held = mirror();
    held["issues"][0]["conflicts"] = json!([{"field": "title", "kind": "lost_update", "lost": "Zero"}]);
    assert_eq!(judge(&overwritten(), &held).lost, 0);
}

#[test]
fn a_body_overwritten_without_a_webhook_is_unprovable() {
    let mut forge = forge();
    push(&mut forge, "/history/edits", edit(3, "alice", "body", json!("text"), json!("hers")));
    push(&mut forge, "/history/edits", edit(5, "mirror", "body", json!("hers"), json!("text")));
    let report = judge(&forge, &mirror());
    assert_eq!((report.lost, report.unprovable), (0, 1), "{report:?}");
    let hook = json!({"request": 5, "label": "issues/edited", "fate": "queued"});
    push(&mut forge, "/history/deliveries", hook);
    assert_eq!(judge(&forge, &mirror()).lost, 1);
}

#[test]
fn set_elements_are_lost_one_by_one() {
    let mut forge = forge();
    push(&mut forge, "/history/edits", edit(3, "alice", "labels", json!(["bug"]), json!(["bug", "docs"])));
    push(&mut forge, "/history/edits", edit(5, "mirror", "labels", json!(["bug", "docs"]), json!(["bug"])));
    assert_eq!(judge(&forge, &mirror()).lost, 1);
    let mut seen = mirror();
    push(&mut seen, "/log", log(4, "local", "edit", json!({"labels": ["bug", "docs"]}), json!({"labels": ["bug"]})));
    assert_eq!(judge(&forge, &seen).lost, 0);
}

#[test]
fn a_local_edit_that_is_nowhere_is_lost() {
    let mut mirror = mirror();
    push(&mut mirror, "/log", log(3, "local", "edit", json!({"title": "One"}), json!({"title": "Mine"})));
    assert_eq!(judge(&forge(), &mirror).lost, 1);
    let mut later = mirror.clone();
    push(&mut later, "/log", log(4, "local", "edit", json!({"title": "Mine"}), json!({"title": "One"})));
    assert_eq!(judge(&forge(), &later).lost, 0, "overwritten on its own side");
    for kind in ["superseded", "refused", "rewritten", "conflict_open", "lost_update", "delete"] {
        let mut kept = mirror.clone();
        push(&mut kept, "/log", log(4, "inbound", kind, json!({"title": "Mine"}), json!({"title": "One"})));
        assert_eq!(judge(&forge(), &kept).lost, 0, "{kind}");
    }
    let mut pulled = mirror.clone();
    push(&mut pulled, "/log", log(4, "inbound", "pull", json!({"title": "Mine"}), json!({"title": "One"})));
    assert_eq!(judge(&forge(), &pulled).lost, 1, "a pull is no record of what it replaced");
}

#[test]
fn a_pushed_edit_that_somebody_replaced_there_is_kept() {
    let mut mirror = mirror();
    push(&mut mirror, "/log", log(3, "local", "edit", json!({"title": "Zero"}), json!({"title": "Mine"})));
    let mut forge = forge();
    push(&mut forge, "/history/edits", edit(4, "mirror", "title", json!("Zero"), json!("Mine")));
    push(&mut forge, "/history/edits", edit(5, "alice", "title", json!("Mine"), json!("One")));
    assert_eq!(judge(&forge, &mirror).lost, 0);
}

#[test]
fn a_tombstone_keeps_the_edit_of_a_deleted_issue() {
    let mut forge = forge();
    forge["state"]["repos"][0]["issues"] = json!([]);
    push(&mut forge, "/history/objects", object(9, "delete", "issue", "alice", None, json!({"title": "One"})));
    push(&mut forge, "/history/objects", object(8, "delete", "comment", "alice", Some(77), json!({"body": "hello"})));
    let mut mirror = mirror();
    mirror["issues"][0]["lifecycle"] = json!("deleted");
    mirror["issues"][0]["comments"][0]["lifecycle"] = json!("deleted");
    push(&mut mirror, "/log", log(3, "local", "edit", json!({"title": "One"}), json!({"title": "Mine"})));
    assert_eq!(judge(&forge, &mirror).lost, 1);
    mirror["issues"][0]["tombstone"] = json!({"base": {"title": "One"}, "local": {"title": "Mine"}, "remote": null});
    let report = judge(&forge, &mirror);
    assert!(report.passed(), "{report:?}");
}

#[test]
fn a_comment_deleted_with_its_issue_is_lost_when_it_could_have_been_seen() {
    let mut forge = forge();
    forge["state"]["repos"][0]["issues"] = json!([]);
    push(&mut forge, "/history/objects", object(5, "create", "comment", "alice", Some(80), json!({"body": "wait!"})));
    push(&mut forge, "/history/objects", object(8, "delete", "comment", "mirror", Some(80), json!({"body": "wait!"})));
    push(&mut forge, "/history/objects", object(9, "delete", "issue", "mirror", None, json!({"title": "One"})));
    let mut mirror = mirror();
    let fields = json!({"local": {"title": "One", "body": "text", "labels": ["bug"], "assignees": ["2"], "milestone": 501,
        "due_date": "2026-12-25"}});
    mirror["issues"][0]["lifecycle"] = json!("deleted");
    mirror["issues"][0]["tombstone"] = fields;
    mirror["issues"][0]["comments"][0]["lifecycle"] = json!("deleted");
    mirror["issues"][0]["comments"][0]["tombstone"] = json!({"local": {"body": "hello"}});
    let looked = |list: u64, read: u64| {
        let mut forge = forge.clone();
        for (seq, path) in [(list, "issues/1/comments"), (read, "issues/1")] {
            let path = format!("/api/v1/repos/acme/web/{path}");
            let get = json!({"seq": seq, "user": "mirror", "method": "GET", "status": 200, "path": path, "lost": null});
            push(&mut forge, "/history/requests", get);
        }
        let report = judge(&forge, &mirror);
        (report.lost, report.unprovable)
    };
    assert_eq!(looked(3, 4), (0, 1), "it came after the last look");
    assert_eq!(looked(6, 7), (1, 0), "the look could have told");
    assert_eq!(looked(7, 4), (0, 1), "whoever listed it was not the one who deleted");
}

#[test]
fn a_row_that_vanished_is_lost() {
    let mut mirror = mirror();
    let mut row = log(3, "local", "create", json!({}), json!({"title": "Gone"}));
    row["issue_id"] = json!("i9");
    push(&mut mirror, "/log", row);
    assert_eq!(judge(&forge(), &mirror).lost, 1);
}

#[test]
fn a_marker_borne_twice_is_a_duplicate_even_when_one_is_deleted() {
    let mut forge = forge();
    let body = json!({"body": format!("x\n\n{MARK}"), "title": "One"});
    for (seq, number) in [(3, 2), (4, 3)] {
        let mut row = object(seq, "create", "issue", "mirror", None, body.clone());
        row["number"] = json!(number);
        push(&mut forge, "/history/objects", row);
    }
    let mut mirror = mirror();
    let mut made = log(3, "local", "create", json!({}), json!({"title": "One"}));
    made["action"] = json!("create");
    push(&mut mirror, "/log", made);
    assert_eq!(judge(&forge, &mirror).duplicates, 1);
}

#[test]
fn more_creates_than_local_rows_are_duplicates() {
    let mut forge = forge();
    push(&mut forge, "/history/objects", object(3, "create", "comment", "mirror", Some(78), json!({"body": "a"})));
    assert_eq!(judge(&forge, &mirror()).duplicates, 1);
    let mut mirror = mirror();
    let mut made = log(3, "local", "create", json!({}), json!({"body": "a"}));
    made["comment_id"] = json!("m1");
    push(&mut mirror, "/log", made);
    assert_eq!(judge(&forge, &mirror).duplicates, 0);
}

#[test]
fn two_rows_for_one_remote_issue_are_duplicates() {
    let mut mirror = mirror();
    let mut second = mirror["issues"][0].clone();
    second["id"] = json!("i2");
    second["comments"] = json!([]);
    push(&mut mirror, "/issues", second);
    assert_eq!(judge(&forge(), &mirror).duplicates, 1);
}

#[test]
fn an_older_winner_is_wrong() {
    let mut forge = forge();
    push(&mut forge, "/history/edits", edit(4, "alice", "title", json!("One"), json!("Hers")));
    push(&mut forge, "/history/edits", edit(7, "mirror", "title", json!("Hers"), json!("One")));
    let judged = |local_seq: i64| {
        let mut mirror = mirror();
        push(&mut mirror, "/log", log(local_seq, "local", "edit", json!({"title": "Zero"}), json!({"title": "One"})));
        push(&mut mirror, "/log", log(6, "inbound", "superseded", json!({"title": "Hers"}), json!({"title": "One"})));
        judge(&forge, &mirror)
    };
    assert_eq!(judged(5).wrong_winners, 0, "local at 50 s beats remote at 40 s");
    assert_eq!(judged(3).wrong_winners, 1, "local at 30 s must not beat remote at 40 s");
}

#[test]
fn the_past_of_a_text_is_not_taken_over() {
    let judged = |from: &str, to: &str, seq: i64| {
        let (mut forge, mut mirror) = (forge(), mirror());
        push(&mut forge, "/history/edits", edit(3, "alice", "title", json!("One"), json!("Two")));
        push(&mut forge, "/history/edits", edit(4, "alice", "title", json!("Two"), json!("Three")));
        push(&mut mirror, "/log", log(seq, "inbound", "pull", json!({"title": from}), json!({"title": to})));
        judge(&forge, &mirror).rollbacks
    };
    assert_eq!(judged("Two", "Three", 5), 0);
    assert_eq!(judged("Three", "Two", 5), 1, "Three replaced Two at 40 s");
    assert_eq!(judged("Three", "One", 5), 1);
}

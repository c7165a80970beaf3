//! The timeline as dated changes.

use crate::fixture::{answer, by_hand, response};
use issuesync_model::{Field, Reason, State, Value};
use issuesync_provider::{Answer, Call, HistoryEntry};
use jiff::civil::{Date, date};
use serde_json::{Value as Json, json};

fn history(json: &Json) -> (Vec<HistoryEntry>, bool) {
    let answered = answer(&Call::History { issue: 7, page: 1 }, &response(200, &[], json.to_string()));
    match answered {
        Ok(Answer::History(entries, more)) => (entries, more),
        other => panic!("a history was expected, not {other:?}"),
    }
}

fn change(entry: Json) -> (Field, Option<Value>, Option<Value>) {
    let mut entry = entry;
    entry["created_at"] = json!("2026-01-02T03:05:06Z");
    entry["user"] = json!({"id": 2, "login": "alice"});
    let (entries, _) = history(&json!([entry]));
    let [entry] = entries.as_slice() else { panic!("one change was expected, not {entries:?}") };
    assert_eq!((entry.time_us, entry.user), (1_767_323_106_000_000, Some(2)));
    (entry.field, entry.from.clone(), entry.to.clone())
}

fn day(day: Option<Date>) -> Option<Value> {
    Some(Value::Date(day))
}

#[test]
fn a_title_has_both_values() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let entry = json!({"type": "change_title", "old_title": "a", "new_title": "b"});
    assert_eq!(change(entry), (Field::Title, text("a"), text("b")));
}

#[test]
fn a_milestone_has_both_ids() {
    let id = |id| Some(Value::Id(id));
    let entry =
        json!({"type": "milestone", "old_milestone": {"id": 1, "title": "x"}, "milestone": {"id": 2, "title": "y"}});
    assert_eq!(change(entry), (Field::Milestone, id(Some(1)), id(Some(2))));
    let entry = json!({"type": "milestone", "old_milestone": null, "milestone": {"id": 2, "title": "y"}});
    assert_eq!(change(entry), (Field::Milestone, id(None), id(Some(2))));
    let entry = json!({"type": "milestone", "old_milestone": {"id": 1, "title": "x"}, "milestone": null});
    assert_eq!(change(entry), (Field::Milestone, id(Some(1)), id(None)));
}

#[test]
fn a_due_date_is_in_the_entrys_text() {
    let entry = |kind: &str, body: &str| change(json!({"type": kind, "body": body}));
    let (first, second) = (Some(date(2031, 12, 24)), Some(date(2031, 12, 25)));
    assert_eq!(entry("added_deadline", "2031-12-24"), (Field::DueDate, day(None), day(first)));
    assert_eq!(entry("removed_deadline", "2031-12-24"), (Field::DueDate, day(first), day(None)));
    assert_eq!(entry("modified_deadline", "2031-12-25|2031-12-24"), (Field::DueDate, day(first), day(second)));
    assert_eq!(entry("added_deadline", "soon"), (Field::DueDate, day(None), None));
}

#[test]
fn state_and_lock_go_to_and_fro() {
    let state = |state| Some(Value::State(state));
    let closed = State::Closed(Reason::None);
    assert_eq!(change(json!({"type": "close"})), (Field::State, state(State::Open), state(closed)));
    assert_eq!(change(json!({"type": "reopen"})), (Field::State, state(closed), state(State::Open)));
    let flag = |on| Some(Value::Flag(on));
    assert_eq!(change(json!({"type": "lock", "body": "spam"})), (Field::Locked, flag(false), flag(true)));
    assert_eq!(change(json!({"type": "unlock"})), (Field::Locked, flag(true), flag(false)));
}

#[test]
fn labels_and_assignees_come_and_go_one_by_one() {
    let set = |elements: &[&str]| Some(Value::Set(elements.iter().map(|element| (*element).to_owned()).collect()));
    let label = |body: &str| change(json!({"type": "label", "body": body, "label": {"id": 1, "name": "bug"}}));
    assert_eq!(label("1"), (Field::Labels, set(&[]), set(&["bug"])));
    assert_eq!(label(""), (Field::Labels, set(&["bug"]), set(&[])));
    let assignee = |removed| {
        change(json!({"type": "assignees", "assignee": {"id": 3, "login": "bob"}, "removed_assignee": removed}))
    };
    assert_eq!(assignee(false), (Field::Assignees, set(&[]), set(&["3"])));
    assert_eq!(assignee(true), (Field::Assignees, set(&["3"]), set(&[])));
}

#[test]
fn everything_else_is_passed_over() {
    let (entries, more) = history(&json!([
        {"type": "comment", "body": "text", "created_at": "2026-01-02T03:05:06Z", "user": null},
        {"type": "label", "body": "1", "label": {"id": 1}, "created_at": "2026-01-02T03:05:06Z"},
        {"type": "close", "created_at": "0001-01-01T00:00:00Z"},
        {"type": "modified_deadline", "body": "odd", "created_at": "2026-01-02T03:05:06Z"},
        null,
    ]));
    assert_eq!((entries.len(), more), (0, true));
}

#[test]
fn an_empty_page_alone_is_the_end() {
    // The server counts what is left of a page after it hid entries, so that no count tells the end.
    assert_eq!(history(&json!(null)), (Vec::new(), false));
    assert_eq!(history(&json!([])), (Vec::new(), false));
    assert!(history(&json!([null])).1);
}

#[test]
fn the_file_by_hand_reads() {
    let (entries, _) = history(&by_hand("timeline_moved_due_date.json")["body"]);
    assert_eq!(
        entries.iter().map(|entry| (entry.field, entry.to.clone())).collect::<Vec<_>>(),
        [(Field::DueDate, day(Some(date(2026, 12, 31))))]
    );
}

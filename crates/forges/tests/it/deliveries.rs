//! What a verified delivery points at.

use crate::fixture::{by_hand, comment, headers, issue};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Field, ItemKind, Named, ProviderKind, Reason, State, Value};
use issuesync_provider::{Malformed, Notice, Provider};
use serde_json::{Value as Json, json};

const U_US: i64 = 1_767_323_106_000_000;

fn notice(event: &str, exact: &str, json: &Json) -> Result<Notice, Malformed> {
    let headers = headers(&[("x-gitea-event", event), ("x-gitea-event-type", exact)]);
    Gitea.notice(&headers, json.to_string().as_bytes())
}

fn payload(action: &str) -> Json {
    json!({
        "action": action, "number": 7, "issue": issue(), "repository": {"id": 12, "full_name": "acme/web"},
        "sender": {"id": 2, "login": "alice"}, "commit_id": "",
    })
}

fn on_comment(action: &str) -> Json {
    let mut json = payload(action);
    json["comment"] = comment();
    json["is_pull"] = json!(false);
    json.as_object_mut().expect("a payload is an object").remove("number");
    json
}

fn issues(exact: &str, json: &Json) -> Notice {
    notice("issues", exact, json).expect("it can be read")
}

fn named(field: Field, from: Option<Value>, to: Option<Value>) -> Named {
    Named { field, from, to, u_us: Some(U_US), sender: Some(2) }
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn why_ignored(event: &str, exact: &str, json: &Json) -> String {
    notice(event, exact, json).expect("it can be read").ignored.expect("it does not matter")
}

#[test]
fn an_issue_event_points_at_its_issue() {
    let notice = issues("issues", &payload("opened"));
    assert_eq!((notice.provider, notice.kind), (ProviderKind::Gitea, ItemKind::Issue));
    assert_eq!((notice.event.as_str(), notice.action.as_deref()), ("issues", Some("opened")));
    assert_eq!((notice.repo_id, notice.repo_path.as_deref()), (Some(12), Some("acme/web")));
    assert_eq!((notice.number, notice.comment, notice.deleted), (Some(7), None, false));
    assert_eq!((notice.sender, notice.snapshot, notice.ignored), (Some(2), None, None));
    assert!(notice.named.is_empty());
}

#[test]
fn an_edit_names_the_value_before_and_after() {
    let mut title = payload("edited");
    title["changes"] = json!({"title": {"from": "Old"}});
    assert_eq!(issues("issues", &title).named, [named(Field::Title, text("Old"), text("Broken"))]);
    let mut body = payload("edited");
    body["changes"] = json!({"body": {"from": ""}});
    assert_eq!(issues("issues", &body).named, [named(Field::Body, text(""), text("It is broken."))]);
    let mut branch = payload("edited");
    branch["changes"] = json!({"ref": {"from": "main"}});
    assert!(issues("issues", &branch).named.is_empty());
}

#[test]
fn closing_and_reopening_name_the_state() {
    let state = |state| Some(Value::State(state));
    let closed = state(State::Closed(Reason::None));
    assert_eq!(issues("issues", &payload("closed")).named, [named(Field::State, None, closed)]);
    assert_eq!(issues("issues", &payload("reopened")).named, [named(Field::State, None, state(State::Open))]);
}

#[test]
fn sets_and_milestones_are_named_without_values() {
    for (exact, action, field) in [
        ("issue_assign", "assigned", Field::Assignees),
        ("issue_assign", "unassigned", Field::Assignees),
        ("issue_label", "label_updated", Field::Labels),
        ("issue_label", "label_cleared", Field::Labels),
        ("issue_milestone", "milestoned", Field::Milestone),
        ("issue_milestone", "demilestoned", Field::Milestone),
    ] {
        assert_eq!(issues(exact, &payload(action)).named, [named(field, None, None)], "{action}");
    }
}

#[test]
fn a_time_of_1970_is_no_evidence() {
    let mut early = payload("assigned");
    early["issue"]["updated_at"] = json!("1970-01-01T00:00:00Z");
    assert_eq!(issues("issue_assign", &early).named[0].u_us, None);
}

#[test]
fn an_unknown_action_is_still_about_its_issue() {
    let notice = issues("issues", &payload("pinned"));
    assert_eq!((notice.number, notice.ignored), (Some(7), None));
}

#[test]
fn a_comment_event_points_at_the_comment() {
    let created = notice("issue_comment", "issue_comment", &on_comment("created")).expect("it can be read");
    assert_eq!((created.kind, created.number, created.comment), (ItemKind::Comment, Some(7), Some(77)));
    assert!(created.named.is_empty() && !created.deleted && created.ignored.is_none());
    let mut json = on_comment("edited");
    json["changes"] = json!({"body": {"from": "Me"}});
    let edited = notice("issue_comment", "issue_comment", &json).expect("it can be read");
    assert_eq!(edited.named, [named(Field::Body, text("Me"), text("Me too."))]);
    let deleted = notice("issue_comment", "issue_comment", &on_comment("deleted")).expect("it can be read");
    assert_eq!((deleted.comment, deleted.deleted), (Some(77), true));
}

#[test]
fn a_deleted_issue_is_told_by_newer_releases() {
    let file = by_hand("gitea_issues_deleted.json");
    let pairs: Vec<(String, String)> =
        serde_json::from_value::<std::collections::BTreeMap<_, _>>(file["headers"].clone())
            .expect("headers")
            .into_iter()
            .collect();
    let notice = Gitea.notice(&pairs, file["body"].to_string().as_bytes()).expect("it can be read");
    assert_eq!((notice.number, notice.deleted, notice.ignored), (Some(7), true, None));
}

#[test]
fn gogs_is_read_without_an_event_type() {
    let file = by_hand("gogs_issues_assigned.json");
    let pairs: Vec<(String, String)> =
        serde_json::from_value::<std::collections::BTreeMap<_, _>>(file["headers"].clone())
            .expect("headers")
            .into_iter()
            .collect();
    let notice = Gitea.notice(&pairs, file["body"].to_string().as_bytes()).expect("it can be read");
    assert_eq!((notice.event.as_str(), notice.number, notice.sender), ("issues", Some(7), Some(2)));
    assert_eq!(notice.named, [named(Field::Assignees, None, None)]);
    assert_eq!(Gitea.delivery_id(&pairs).as_deref(), Some("8f3c0f4e-7a5c-4c1e-9d43-1f2f4f6f0001"));
}

#[test]
fn pull_requests_do_not_matter_whatever_they_are_called() {
    let comment = on_comment("created");
    assert!(why_ignored("issue_comment", "pull_request_comment", &comment).contains("pull requests"));
    let mut flagged = on_comment("created");
    flagged["is_pull"] = json!(true);
    assert!(why_ignored("issue_comment", "issue_comment", &flagged).contains("pull requests"));
    let mut shaped = payload("closed");
    shaped["issue"]["pull_request"] = json!({"merged": false});
    assert!(why_ignored("issues", "issues", &shaped).contains("pull requests"));
    let pull = json!({"action": "opened", "number": 9, "pull_request": {"id": 1}});
    assert!(why_ignored("pull_request", "pull_request", &pull).contains("pull_request"));
    // The group of review comments bears the name of another event's type.
    assert!(why_ignored("pull_request_comment", "pull_request_review_comment", &pull).contains("pull_request_comment"));
}

#[test]
fn other_events_are_ignored_with_a_reason() {
    for event in ["push", "ping", "repository", "release", "create", "delete", "fork", "wiki", "package", "status"] {
        assert!(why_ignored(event, event, &json!({"ref": "main"})).contains(event));
    }
}

#[test]
fn what_an_event_must_have_is_required() {
    let without = |mut json: Json, key: &str| {
        json.as_object_mut().expect("a payload is an object").remove(key);
        json
    };
    assert!(notice("issues", "issues", &without(payload("opened"), "repository")).is_err());
    assert!(notice("issues", "issues", &without(payload("opened"), "action")).is_err());
    assert!(notice("issues", "issues", &without(without(payload("opened"), "issue"), "number")).is_err());
    assert!(notice("issue_comment", "issue_comment", &without(on_comment("created"), "comment")).is_err());
    assert!(Gitea.notice(&[], payload("opened").to_string().as_bytes()).is_err(), "no header names the event");
}

#[test]
fn a_comment_names_its_issue_where_the_payload_does_not() {
    let mut json = on_comment("deleted");
    json["issue"] = Json::Null;
    let read = notice("issue_comment", "issue_comment", &json).expect("it can be read");
    assert_eq!((read.number, read.comment), (Some(7), Some(77)));
}

#[test]
fn deep_nesting_is_turned_away_before_it_is_parsed() {
    let nested = |levels: usize| {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let headers = headers(&[("x-gitea-event", "push")]);
        Gitea.notice(&headers, format!("{{\"a\":{deep}}}").as_bytes())
    };
    assert!(nested(63).is_ok());
    assert!(nested(64).is_err_and(|error| error.0.contains("nested deeper than 64")));
    assert!(nested(1_000_000).is_err());
}

#[test]
fn what_cannot_be_read_is_told_shortly() {
    let headers = headers(&[("x-gitea-event", "issues")]);
    let long = format!(r#"{{"action":{}}}"#, "1".repeat(3000));
    for bad in ["", "{", "null", "[1]", long.as_str()] {
        let error = Gitea.notice(&headers, bad.as_bytes()).expect_err("it cannot be read");
        assert!(!error.0.is_empty() && error.0.len() <= 300, "{error}");
    }
}

//! Issues, comments and definitions as observations.

use crate::fixture::{
    SENT_US, answer, answer_json, capabilities, comment, issue, item, response, target, without_lock,
};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Author, Field, Reason, Source, State, Value, marker};
use issuesync_provider::{Answer, Call, CallError, Provider};
use jiff::civil::date;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const ISSUE: Call = Call::Issue { number: 7 };

fn with(mut json: Json, changes: &Json) -> Json {
    let more = changes.as_object().expect("changes are an object").clone();
    json.as_object_mut().expect("it is an object").extend(more);
    json
}

fn set(elements: &[&str]) -> Value {
    Value::Set(elements.iter().map(|element| (*element).to_owned()).collect::<BTreeSet<_>>())
}

#[test]
fn an_issue_is_mapped_field_by_field() {
    let seen = item(answer_json(&ISSUE, &issue()));
    for (field, value) in [
        (Field::Title, Value::Text("Broken".to_owned())),
        (Field::Body, Value::Text("It is broken.".to_owned())),
        (Field::State, Value::State(State::Closed(Reason::None))),
        (Field::Labels, set(&["bug"])),
        (Field::Assignees, set(&["3"])),
        (Field::Milestone, Value::Id(Some(3))),
        (Field::DueDate, Value::Date(Some(date(2026, 12, 25)))),
        (Field::Locked, Value::Flag(true)),
    ] {
        assert_eq!(seen.fields.get(field), Some(&value), "{field}");
    }
    assert_eq!((seen.number, seen.issue_number, seen.repo_id), (7, None, Some(12)));
    assert_eq!((seen.created_us, seen.u_us), (1_767_323_045_000_000, 1_767_323_106_000_000));
    assert_eq!(seen.author, Some(Author { id: 2, login: "alice".to_owned() }));
    assert_eq!(seen.url, "https://git.example.org/acme/web/issues/7");
    assert_eq!((seen.comment_count, seen.content_version, seen.is_pull), (Some(4), None, false));
    assert_eq!((seen.t_send_us, seen.t_recv_us), (SENT_US, SENT_US + 5000));
}

#[test]
fn empty_values_are_there_and_empty() {
    let bare = json!({
        "assignees": null, "assignee": null, "labels": [], "milestone": null, "due_date": null, "state": "open",
        "body": "", "user": null, "repository": null, "is_locked": false,
    });
    let seen = item(answer_json(&ISSUE, &with(issue(), &bare)));
    for field in Field::ALL.into_iter().filter(|field| *field != Field::Title) {
        assert_eq!(seen.fields.get(field), Some(&field.empty()), "{field}");
    }
    assert_eq!((seen.author, seen.repo_id), (None, None));
}

#[test]
fn a_tracker_without_locks_has_no_lock() {
    let answer = Gitea.answer(&target(), &without_lock(), &ISSUE, &response(200, &[], issue().to_string()));
    assert_eq!(item(answer).fields.get(Field::Locked), None);
}

#[test]
fn nobodies_are_authors_but_never_assignees_nor_known_people() {
    let ghost = json!({"id": -1, "login": "Ghost"});
    let seen = item(answer_json(&ISSUE, &with(issue(), &json!({"user": ghost, "assignees": [ghost]}))));
    assert_eq!(seen.author, Some(Author { id: -1, login: "Ghost".to_owned() }));
    assert_eq!(seen.fields.get(Field::Assignees), Some(&set(&[])));
    assert!(seen.seen.users.is_empty());
}

#[test]
fn one_assignee_alone_is_read_where_there_is_no_list() {
    let gogs = with(issue(), &json!({"assignees": null, "assignee": {"id": 9, "username": "gus"}}));
    let seen = item(answer_json(&ISSUE, &gogs));
    assert_eq!(seen.fields.get(Field::Assignees), Some(&set(&["9"])));
    assert!(seen.seen.users.iter().any(|user| user.id == 9 && user.login == "gus"));
}

#[test]
fn what_an_issue_shows_of_the_catalog_is_kept() {
    let seen = item(answer_json(&ISSUE, &issue())).seen;
    assert_eq!(seen.labels.iter().map(|label| (label.id, label.name.as_str())).collect::<Vec<_>>(), [(4, "bug")]);
    assert_eq!(seen.milestones.iter().map(|known| (known.id, known.open)).collect::<Vec<_>>(), [(3, true)]);
    assert_eq!(seen.users.iter().map(|user| (user.id, user.assignable)).collect::<Vec<_>>(), [(3, false), (2, false)]);
}

#[test]
fn the_marker_is_found_and_left_in_the_body() {
    let digits = "0123456789abcdef0123456789abcdef";
    let body = marker::with("Text", digits);
    let seen = item(answer_json(&ISSUE, &with(issue(), &json!({"body": body}))));
    assert_eq!(seen.marker.as_deref(), Some(digits));
    assert_eq!(seen.fields.text(Field::Body), body);
}

#[test]
fn a_pull_request_is_told_by_its_key_alone() {
    let seen = item(answer_json(&ISSUE, &with(issue(), &json!({"pull_request": {"merged": false}}))));
    assert!(seen.is_pull);
}

#[test]
fn the_guard_of_newer_releases_is_read() {
    assert_eq!(item(answer_json(&ISSUE, &with(issue(), &json!({"content_version": 3})))).content_version, Some(3));
}

#[test]
fn the_door_is_told() {
    let edit = Call::EditIssue {
        number: 7,
        fields: issuesync_model::Fields::new().with(Field::Title, Value::Text("Broken".to_owned())),
        assignees: None,
        content_version: None,
    };
    assert_eq!(item(answer_json(&ISSUE, &issue())).source, Source::Get);
    assert_eq!(item(answer(&edit, &response(201, &[], issue().to_string()))).source, Source::Answer);
    let list = answer_json(&Call::Issues { since_us: None, page: 1 }, &json!([issue()]));
    let Ok(Answer::Page(page)) = list else { panic!("a page") };
    assert_eq!(page.items[0].source, Source::List);
}

#[test]
fn a_time_that_must_be_there_is_required_and_a_zero_one_is_not_the_end() {
    let none = answer_json(&ISSUE, &with(issue(), &json!({"updated_at": "soon"})));
    assert!(matches!(none, Err(CallError::Malformed(_))));
    assert_eq!(item(answer_json(&ISSUE, &with(issue(), &json!({"created_at": "0001-01-01T00:00:00Z"})))).created_us, 0);
}

#[test]
fn a_comment_has_a_body_alone_and_names_its_issue() {
    let seen = item(answer_json(&Call::Comment { issue: 7, id: 77 }, &comment()));
    assert_eq!((seen.number, seen.issue_number, seen.is_pull), (77, Some(7), false));
    assert_eq!(seen.fields.keys().collect::<Vec<_>>(), [Field::Body]);
    assert_eq!(seen.fields.text(Field::Body), "Me too.");
    assert_eq!(seen.seen.users.iter().map(|user| user.id).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_comment_on_a_pull_request_says_so() {
    let url = "https://git.example.org/acme/web/pulls/9";
    let pull = with(comment(), &json!({"issue_url": "", "pull_request_url": url}));
    let seen = item(answer_json(&Call::Comment { issue: 9, id: 77 }, &pull));
    assert_eq!((seen.issue_number, seen.is_pull), (Some(9), true));
}

#[test]
fn a_comment_that_names_no_issue_is_the_one_that_was_asked_for() {
    let lone = with(comment(), &json!({"issue_url": ""}));
    assert_eq!(item(answer_json(&Call::Comment { issue: 7, id: 77 }, &lone)).issue_number, Some(7));
    let list = answer_json(&Call::Comments { since_us: None, page: 1 }, &json!([lone, comment()]));
    let Ok(Answer::Page(page)) = list else { panic!("a page") };
    assert_eq!((page.entries, page.items.len()), (2, 1));
}

#[test]
fn a_repository_says_what_the_token_may_do() {
    let json = json!({
        "id": 12, "full_name": "acme/web", "has_issues": false, "archived": true,
        "permissions": {"admin": false, "push": true, "pull": true},
    });
    let Ok(Answer::Repository(found)) = answer_json(&Call::Repository, &json) else { panic!("a repository") };
    assert_eq!((found.id, found.path.as_str()), (12, "acme/web"));
    assert_eq!((found.has_issues, found.archived, found.can_write, found.is_admin), (false, true, true, false));
    let bare = answer_json(&Call::Repository, &json!({"id": 12, "full_name": "acme/web", "permissions": null}));
    let Ok(Answer::Repository(found)) = bare else { panic!("a repository") };
    assert_eq!((found.has_issues, found.archived, found.can_write, found.is_admin), (true, false, false, false));
}

#[test]
fn a_hook_is_complete_when_every_precise_event_is_there() {
    let precise = ["issue_comment", "issues", "issue_label", "issue_assign", "issue_milestone"];
    let complete = |events: &[&str]| {
        let hook = json!({"id": 4, "active": true, "events": events, "config": {"url": "u", "content_type": "json"}});
        let Ok(Answer::Hooks(hooks, false)) = answer_json(&Call::Hooks { page: 1 }, &json!([hook])) else {
            panic!("hooks")
        };
        assert_eq!((hooks[0].id, hooks[0].url.as_str(), hooks[0].active), (4, "u", true));
        hooks[0].complete
    };
    assert!(complete(&precise));
    assert!(complete(&[&precise[..], &["push", "repository"]].concat()));
    for missing in 0..precise.len() {
        let mut fewer = precise.to_vec();
        fewer.remove(missing);
        assert!(!complete(&fewer), "{fewer:?}");
    }
    assert!(!complete(&["push"]));
}

#[test]
fn definitions_and_people_are_read() {
    let labels = json!([{"id": 4, "name": "bug", "color": "#ee0701", "exclusive": true}]);
    let Ok(Answer::Labels(labels, false)) = answer_json(&Call::Labels { page: 1 }, &labels) else { panic!("labels") };
    assert_eq!((labels[0].id, labels[0].colour.as_str(), labels[0].exclusive), (4, "ee0701", true));
    let milestones = json!([{"id": 3, "title": "1.0", "state": "closed"}]);
    let answered = answer_json(&Call::Milestones { page: 1 }, &milestones);
    let Ok(Answer::Milestones(milestones, false)) = answered else { panic!("milestones") };
    assert_eq!((milestones[0].id, milestones[0].open), (3, false));
    let users = json!([{"id": 2, "login": "alice"}]);
    let Ok(Answer::Users(users, false)) = answer_json(&Call::Assignables { page: 1 }, &users) else { panic!("people") };
    assert_eq!((users[0].id, users[0].assignable), (2, true));
    assert_eq!(capabilities().page_size, 50);
}

#[test]
fn answers_that_are_less_than_an_item_are_done() {
    let done =
        |call: &Call, status, body: &str| assert_eq!(answer(call, &response(status, &[], body)), Ok(Answer::Done));
    done(&Call::AddLabels { number: 7, labels: vec![4] }, 200, r#"[{"id":4,"name":"bug"}]"#);
    done(&Call::SetDueDate { number: 7, day: None }, 201, r#"{"due_date":"0001-01-01T00:00:00Z"}"#);
    done(&Call::SetLock { number: 7, locked: true }, 204, "");
    done(&Call::DeleteIssue { number: 7 }, 204, "");
}

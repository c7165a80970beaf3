//! Every recorded delivery verifies and reads; every recorded answer is of the expected kind.

use crate::fixture::{Recorded, capabilities, recorded, response, target, without_lock};
use crate::recorded_calls::call_of;
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Field, Fields, ItemKind, ListOrder, Secret, Value};
use issuesync_provider::{Answer, Call, CallError, Notice, Provider, Response};
use serde_json::Value as Json;

/// A recorded answer as it came.
fn response_of(json: &Json) -> Response {
    let status = json["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let headers: Vec<(&str, &str)> = json["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a header is text")))
        .collect();
    let body = match &json["body"] {
        Json::Null => Vec::new(),
        Json::String(text) => text.clone().into_bytes(),
        json => json.to_string().into_bytes(),
    };
    response(status, &headers, body)
}

fn named(name: &str) -> Recorded {
    recorded().into_iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name} is not recorded"))
}

fn answered(name: &str) -> Result<Answer, CallError> {
    let file = named(name);
    let call = call_of(&file.json["request"]).expect("it is a call of ours");
    Gitea.answer(&target(), &capabilities(), &call, &response_of(&file.json["response"]))
}

fn delivery(file: &Recorded) -> (Vec<(String, String)>, Vec<u8>, Secret) {
    let delivery = &file.json["delivery"];
    let headers = delivery["headers"].as_object().expect("headers");
    let pairs = headers.iter().map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned())).collect();
    let body = delivery["body_text"].as_str().expect("a body").as_bytes().to_vec();
    (pairs, body, Secret::new(delivery["secret"].as_str().expect("a secret")))
}

fn noticed(file: &Recorded) -> Notice {
    let (headers, body, secret) = delivery(file);
    let json = Gitea.verify(&headers, &body, &[secret]).unwrap_or_else(|error| panic!("{}: {error}", file.name));
    Gitea.notice(&headers, &json).unwrap_or_else(|error| panic!("{}: {error}", file.name))
}

#[test]
fn every_delivery_verifies_with_its_secret_alone_and_reads() {
    let files: Vec<Recorded> = recorded().into_iter().filter(|file| file.json.get("delivery").is_some()).collect();
    assert!(files.len() > 50, "{} deliveries", files.len());
    for file in &files {
        let (headers, mut body, secret) = delivery(file);
        assert!(Gitea.verify(&headers, &body, &[Secret::new("another")]).is_err(), "{}", file.name);
        let notice = noticed(file);
        assert!(Gitea.delivery_id(&headers).is_some(), "{}", file.name);
        let is_pull = file.name.contains("pull");
        assert_eq!(notice.ignored.is_some(), is_pull, "{}", file.name);
        if !is_pull {
            assert_eq!(notice.repo_id, Some(1), "{}", file.name);
            assert!(notice.number.is_some() && notice.sender.is_some(), "{}", file.name);
            let is_comment = file.name.contains("issue_comment");
            assert_eq!((notice.kind == ItemKind::Comment, notice.comment.is_some()), (is_comment, is_comment));
            let quiet = ["opened", "created", "deleted"].contains(&notice.action.as_deref().unwrap_or_default());
            assert_eq!(notice.named.is_empty(), quiet, "{}", file.name);
        }
        body[0] ^= 1;
        assert!(Gitea.verify(&headers, &body, &[secret]).is_err(), "{}", file.name);
    }
}

#[test]
fn a_recorded_title_edit_has_both_values() {
    for product in ["gitea", "forgejo"] {
        let notice = noticed(&named(&format!("{product}/delivery_issues_edited_title")));
        let [title] = notice.named.as_slice() else { panic!("one field: {notice:?}") };
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(
            (title.field, &title.from, &title.to),
            (Field::Title, &text("First"), &text("First, renamed")),
            "{product}"
        );
    }
}

#[test]
fn the_assignment_that_comes_before_its_issue_dates_nothing() {
    let time = |name: &str| noticed(&named(name)).named[0].u_us;
    assert_eq!(time("gitea/delivery_issues_assigned_create"), None);
    assert!(time("forgejo/delivery_issues_assigned_create").is_some());
}

/// The kind of answer that a call has when it succeeds.
fn kind_fits(call: &Call, answer: &Answer) -> bool {
    match call {
        Call::Whoami => matches!(answer, Answer::User(_)),
        Call::Repository | Call::RepositoryById => matches!(answer, Answer::Repository(_)),
        Call::Issue { .. }
        | Call::Comment { .. }
        | Call::CreateIssue { .. }
        | Call::EditIssue { .. }
        | Call::CreateComment { .. }
        | Call::EditComment { .. } => matches!(answer, Answer::Item(_)),
        Call::Issues { .. } | Call::Comments { .. } | Call::CommentsOf { .. } => matches!(answer, Answer::Page(_)),
        Call::Labels { .. } | Call::SharedLabels { .. } => matches!(answer, Answer::Labels(..)),
        Call::Milestones { .. } => matches!(answer, Answer::Milestones(..)),
        Call::Assignables { .. } => matches!(answer, Answer::Users(..)),
        Call::History { .. } => matches!(answer, Answer::History(..)),
        Call::Hooks { .. } | Call::CreateHook { .. } => matches!(answer, Answer::Hooks(..)),
        _ => matches!(answer, Answer::Done),
    }
}

/// The decision that a status means for most calls; the exceptions have their own tests.
fn error_fits(status: u16, error: &CallError) -> bool {
    match status {
        301 | 307 => matches!(error, CallError::Moved { location } if location.starts_with("/api/v1/repos/")),
        401 => *error == CallError::Token,
        403 => matches!(error, CallError::Forbidden(_)),
        404 => matches!(error, CallError::Gone | CallError::Refused(_)),
        412 | 422 => matches!(error, CallError::Refused(_)),
        500 => matches!(error, CallError::Ask(_)),
        _ => false,
    }
}

#[test]
fn every_answer_is_of_the_expected_kind() {
    let mut read = 0;
    for file in recorded() {
        let Some(call) = file.json.get("request").and_then(call_of) else { continue };
        let response = response_of(&file.json["response"]);
        read += 1;
        match Gitea.answer(&target(), &capabilities(), &call, &response) {
            Ok(answer) => {
                // What is gone cannot be removed again, and a person has no shared labels.
                let good_news =
                    matches!(call, Call::RemoveLabel { .. } | Call::DeleteComment { .. } | Call::SharedLabels { .. });
                let may = response.is_success() || (good_news && response.status != 403);
                assert!(may && kind_fits(&call, &answer), "{}: {call:?} {answer:?}", file.name);
            }
            Err(error) => assert!(error_fits(response.status, &error), "{}: {error:?}", file.name),
        }
    }
    assert!(read > 120, "only {read} recorded answers are of our calls");
}

#[test]
fn a_recorded_issue_with_everything_shows_everything() {
    for product in ["gitea", "forgejo"] {
        let Ok(Answer::Item(seen)) = answered(&format!("{product}/issue_create")) else { panic!("an issue") };
        assert_eq!(seen.number, 2, "{product}");
        assert_eq!(seen.repo_id, Some(1), "{product}");
        assert!(seen.fields.elements(Field::Assignees).len() == 2, "{product}: {:?}", seen.fields);
        assert!(!seen.fields.elements(Field::Labels).is_empty(), "{product}");
        assert!(matches!(seen.fields.get(Field::Milestone), Some(Value::Id(Some(_)))), "{product}");
        assert!(matches!(seen.fields.get(Field::DueDate), Some(Value::Date(Some(_)))), "{product}");
    }
}

#[test]
fn recorded_lists_leave_pull_requests_out() {
    for product in ["gitea", "forgejo"] {
        let Ok(Answer::Page(page)) = answered(&format!("{product}/issues_list_with_pulls")) else { panic!("a page") };
        assert_eq!((page.entries, page.items.len()), (3, 2), "{product}");
        let Ok(Answer::Page(first)) = answered(&format!("{product}/issues_list_page_1_of_1")) else { panic!("a page") };
        assert!(first.more && first.total == Some(2), "{product}");
        let Ok(Answer::Page(past)) = answered(&format!("{product}/issues_list_past_the_end")) else { panic!("a page") };
        assert!(!past.more && past.items.is_empty(), "{product}");
    }
}

#[test]
fn recorded_hooks_are_complete() {
    for product in ["gitea", "forgejo"] {
        let Ok(Answer::Hooks(hooks, false)) = answered(&format!("{product}/hooks_list")) else { panic!("hooks") };
        assert!(hooks[0].active && hooks[0].complete, "{product}");
        assert_eq!(hooks[0].url, "http://mirror.example/webhooks/gitea/web");
    }
}

#[test]
fn recorded_timelines_date_what_they_can() {
    for (product, lock) in [("gitea", true), ("forgejo", false)] {
        let kinds = named(&format!("{product}/issue_timeline_kinds")).json["kinds"].clone();
        let entries: Vec<Json> = kinds.as_object().expect("kinds").values().cloned().collect();
        let body = Json::Array(entries).to_string();
        let call = Call::History { issue: 1, page: 1 };
        let answer = Gitea.answer(&target(), &capabilities(), &call, &response(200, &[], body));
        let Ok(Answer::History(entries, _)) = answer else { panic!("a history") };
        let fields: std::collections::BTreeSet<Field> = entries.iter().map(|entry| entry.field).collect();
        for field in [Field::Title, Field::Milestone, Field::DueDate, Field::State] {
            assert!(fields.contains(&field), "{product}: {field}");
        }
        assert_eq!(fields.contains(&Field::Locked), lock, "{product}");
        assert!(entries.iter().all(|entry| entry.user.is_some()), "{product}");
    }
}

#[test]
fn recorded_probes_tell_the_products_apart() {
    let found = |product: &str| {
        let answer = |name: &str| response_of(&named(&format!("{product}/{name}")).json["response"]);
        Gitea
            .capabilities(&[
                ("version", answer("version_get")),
                ("forgejo", answer("forgejo_version_get")),
                ("settings", answer("settings_api_get")),
                ("order", answer("issues_list_leastupdate")),
                ("lock", answer("issue_lock_probe")),
            ])
            .expect("it is such a server")
    };
    let (gitea, forgejo) = (found("gitea"), found("forgejo"));
    assert_eq!((gitea.flavour.as_str(), gitea.lock, gitea.page_size), ("gitea", true, 50));
    assert_eq!((forgejo.flavour.as_str(), forgejo.lock, forgejo.page_size), ("forgejo", false, 50));
    for both in [gitea, forgejo] {
        assert_eq!((both.version.as_str(), both.list_order), ("development", ListOrder::CreatedDesc));
    }
}

#[test]
fn a_recorded_issue_reads_alike_with_and_without_locks() {
    let file = named("forgejo/issue_get");
    let call = call_of(&file.json["request"]).expect("it is a call of ours");
    let read = |capabilities| match Gitea.answer(&target(), capabilities, &call, &response_of(&file.json["response"])) {
        Ok(Answer::Item(seen)) => seen.fields,
        other => panic!("an item was expected, not {other:?}"),
    };
    let (locking, plain) = (capabilities(), without_lock());
    let mut with: Fields = read(&locking);
    with.remove(Field::Locked);
    assert_eq!(with, read(&plain));
}

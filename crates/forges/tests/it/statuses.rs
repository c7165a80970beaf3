//! Each row of the table of answers to a write (sync.md 1.5), and what a status means for a read.

use crate::fixture::{SENT_US, answer, response};
use issuesync_model::{Field, Fields, Value};
use issuesync_provider::{Answer, Call, CallError};

const JSON: &str = r#"{"message":"because","url":"https://git.example.org/api/swagger"}"#;
const HTML: &str = "<html><h1>Bad Gateway</h1></html>";

fn edit(field: Field) -> Call {
    let fields = Fields::new().with(field, Value::Text("x".to_owned()));
    Call::EditIssue { number: 7, fields, assignees: None, content_version: None }
}

fn says(call: &Call, status: u16, headers: &[(&str, &str)], body: &str) -> CallError {
    answer(call, &response(status, headers, body)).expect_err("a refusal was expected")
}

fn because() -> String {
    "because".to_owned()
}

#[test]
fn an_ill_tracker_is_no_json() {
    for status in [500, 502, 503, 504, 599] {
        assert!(matches!(says(&edit(Field::Title), status, &[], HTML), CallError::Ill(_)), "{status}");
    }
    assert!(matches!(says(&edit(Field::Title), 503, &[("retry-after", "9")], JSON), CallError::Ill(_)));
    assert!(matches!(says(&edit(Field::Title), 500, &[], r#"{"error":"of a proxy"}"#), CallError::Ill(_)));
}

#[test]
fn an_internal_error_in_the_trackers_own_form_is_asked_about() {
    assert_eq!(says(&edit(Field::Title), 500, &[], JSON), CallError::Ask(because()));
    let blank = says(&Call::CommentsOf { issue: 999, page: 1 }, 500, &[], r#"{"message":"","url":"x"}"#);
    assert_eq!(blank, CallError::Ask("status 500".to_owned()));
}

#[test]
fn a_lost_race_is_409_or_a_400_to_a_body() {
    assert_eq!(says(&edit(Field::Title), 409, &[], JSON), CallError::Raced);
    assert_eq!(says(&edit(Field::Body), 400, &[], JSON), CallError::Raced);
    assert_eq!(says(&edit(Field::Title), 400, &[], JSON), CallError::Refused(because()));
    assert_eq!(says(&Call::AddLabels { number: 7, labels: vec![1] }, 400, &[], JSON), CallError::Refused(because()));
}

#[test]
fn a_budget_says_how_long_to_wait() {
    let wait = |status, headers: &[(&str, &str)]| says(&edit(Field::Title), status, headers, JSON);
    let ms = |retry_after_ms| CallError::Budget { retry_after_ms };
    assert_eq!(wait(429, &[("retry-after", "17")]), ms(17_000));
    assert_eq!(wait(429, &[]), ms(60_000));
    assert_eq!(wait(403, &[("retry-after", "17")]), ms(17_000));
    assert_eq!(wait(403, &[("retry-after", "soon")]), ms(60_000));
    assert_eq!(wait(403, &[("x-ratelimit-remaining", "0")]), ms(60_000));
    assert_eq!(wait(403, &[("x-ratelimit-remaining", "12")]), CallError::Forbidden(because()));
    assert_eq!(wait(429, &[("retry-after", "-5")]), ms(0));
    assert_eq!(wait(429, &[("retry-after", "9223372036854775807")]), ms(86_400_000));
}

#[test]
fn a_date_to_wait_for_is_measured_on_the_servers_clock() {
    let until = ("retry-after", "Fri, 02 Jan 2026 03:05:37 GMT");
    let dated = [until, ("date", "Fri, 02 Jan 2026 03:05:07 GMT")];
    assert_eq!(says(&edit(Field::Title), 429, &dated, ""), CallError::Budget { retry_after_ms: 30_000 });
    let received_us = SENT_US + 5000;
    let expected = CallError::Budget { retry_after_ms: (1_767_323_137_000_000 - received_us) / 1000 };
    assert_eq!(says(&edit(Field::Title), 429, &[until], ""), expected);
}

#[test]
fn a_token_that_is_not_accepted_differs_from_a_right_that_is_missing() {
    assert_eq!(says(&Call::Whoami, 401, &[], JSON), CallError::Token);
    assert_eq!(says(&Call::DeleteIssue { number: 7 }, 403, &[], JSON), CallError::Forbidden(because()));
    assert_eq!(says(&Call::DeleteIssue { number: 7 }, 403, &[], ""), CallError::Forbidden("status 403".to_owned()));
}

#[test]
fn refusals_carry_the_trackers_words() {
    for status in [400, 412, 413, 415, 422, 423, 451] {
        assert_eq!(says(&edit(Field::Title), status, &[], JSON), CallError::Refused(because()), "{status}");
    }
}

#[test]
fn words_are_short_and_without_control_characters() {
    let long = format!(r#"{{"message":"a\nb\u0007{}"}}"#, "x".repeat(2000));
    let CallError::Refused(message) = says(&edit(Field::Title), 422, &[], &long) else { panic!("a refusal") };
    assert!(message.starts_with("a b xxx"), "{message}");
    assert_eq!(message.chars().count(), 300);
}

#[test]
fn what_is_gone_is_gone() {
    for status in [404, 410] {
        assert_eq!(says(&Call::Issue { number: 7 }, status, &[], JSON), CallError::Gone);
        assert_eq!(says(&edit(Field::Title), status, &[], JSON), CallError::Gone);
    }
    assert_eq!(says(&Call::DeleteIssue { number: 7 }, 404, &[], JSON), CallError::Gone);
}

#[test]
fn what_is_to_go_and_is_gone_is_done() {
    for call in [
        Call::RemoveLabel { number: 7, label: 4 },
        Call::DeleteComment { issue: 7, id: 77 },
        Call::DeleteHook { id: 1 },
    ] {
        assert_eq!(answer(&call, &response(404, &[], JSON)), Ok(Answer::Done), "{call:?}");
        assert_eq!(answer(&call, &response(204, &[], "")), Ok(Answer::Done), "{call:?}");
    }
}

#[test]
fn a_label_whose_definition_is_gone_is_on_no_issue() {
    let call = Call::RemoveLabel { number: 7, label: 999 };
    assert_eq!(answer(&call, &response(422, &[], JSON)), Ok(Answer::Done));
}

#[test]
fn a_person_shares_no_labels() {
    let call = Call::SharedLabels { page: 1 };
    assert_eq!(answer(&call, &response(404, &[], JSON)), Ok(Answer::Labels(Vec::new(), false)));
    assert_eq!(says(&call, 403, &[], JSON), CallError::Forbidden(because()));
}

#[test]
fn a_server_without_locks_refuses_a_lock_rather_than_losing_the_issue() {
    let call = Call::SetLock { number: 7, locked: true };
    assert!(matches!(says(&call, 404, &[], "404 page not found\n"), CallError::Refused(_)));
    assert_eq!(says(&call, 404, &[], JSON), CallError::Gone);
}

#[test]
fn redirects_are_told_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let error = says(&edit(Field::Title), status, &[("location", "/api/v1/repos/acme/new/issues/7")], "");
        assert_eq!(error, CallError::Moved { location: "/api/v1/repos/acme/new/issues/7".to_owned() });
    }
}

#[test]
fn anything_else_is_unknown() {
    for status in [100, 304, 405, 418] {
        assert!(matches!(says(&edit(Field::Title), status, &[], HTML), CallError::Ask(_)), "{status}");
    }
}

#[test]
fn a_success_that_cannot_be_read_is_ambiguous() {
    for call in [
        edit(Field::Title),
        Call::Whoami,
        Call::Issues { since_us: None, page: 1 },
        Call::AddLabels { number: 7, labels: vec![1] },
        Call::DeleteIssue { number: 7 },
    ] {
        let error = says(&call, 200, &[], "<html>Please sign in</html>");
        assert!(matches!(error, CallError::Malformed(_)) && error.is_ambiguous(), "{call:?}: {error:?}");
    }
    let long = format!(r#"{{"number":"{}"}}"#, "x".repeat(5000));
    let CallError::Malformed(why) = says(&Call::Issue { number: 7 }, 200, &[], &long) else { panic!("unreadable") };
    assert!(why.len() <= 300, "{why}");
}

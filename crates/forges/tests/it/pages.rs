//! Whether another page follows.

use crate::fixture::{answer, issue, response};
use issuesync_provider::{Answer, Call, IssuePage};
use serde_json::{Value as Json, json};

fn page(page: i64, entries: usize, headers: &[(&str, &str)]) -> IssuePage {
    let json = Json::Array(vec![issue(); entries]);
    match answer(&Call::Issues { since_us: None, page }, &response(200, headers, json.to_string())) {
        Ok(Answer::Page(page)) => page,
        other => panic!("a page was expected, not {other:?}"),
    }
}

#[test]
fn without_a_count_a_full_page_is_followed_by_another() {
    assert!(page(1, 50, &[]).more);
    assert!(!page(1, 49, &[]).more);
    assert!(!page(3, 0, &[]).more);
}

#[test]
fn the_servers_count_decides() {
    assert!(page(1, 50, &[("x-total-count", "51")]).more);
    assert!(!page(1, 50, &[("x-total-count", "50")]).more);
    assert!(!page(2, 50, &[("x-total-count", "100")]).more);
    assert!(!page(9, 0, &[("x-total-count", "100")]).more, "past the end");
}

#[test]
fn a_short_page_is_not_the_end_while_the_count_says_more() {
    for number in 1..=4 {
        assert!(page(number, 20, &[("x-total-count", "100")]).more, "page {number} of five");
    }
    assert!(!page(5, 20, &[("x-total-count", "100")]).more);
}

#[test]
fn a_link_to_the_next_page_is_believed() {
    let next = r#"<https://other.example/api?page=2>; rel="next",<https://other.example/api?page=2>; rel="last""#;
    let last = r#"<https://other.example/api?page=1>; rel="first",<https://other.example/api?page=1>; rel="prev""#;
    assert!(page(1, 1, &[("link", next), ("x-total-count", "2")]).more);
    assert!(!page(2, 7, &[("link", last), ("x-total-count", "57")]).more);
    assert!(page(2, 7, &[("link", last), ("x-total-count", "157")]).more);
}

#[test]
fn pull_requests_are_left_out_and_counted() {
    let mut pull = issue();
    pull["pull_request"] = json!({"merged": false});
    let headers = [("x-total-count", "2"), ("date", "Fri, 02 Jan 2026 03:05:07 GMT")];
    let body = json!([issue(), pull]).to_string();
    let answered = answer(&Call::Issues { since_us: None, page: 1 }, &response(200, &headers, body));
    let Ok(Answer::Page(page)) = answered else { panic!("a page") };
    assert_eq!((page.items.len(), page.entries, page.total, page.more), (1, 2, Some(2), false));
    assert_eq!(page.date_us, Some(1_767_323_107_000_000));
}

#[test]
fn an_entry_that_cannot_be_read_spoils_its_page() {
    // Left out, it would look like a deleted issue.
    let body = json!([issue(), {"number": 8}]).to_string();
    assert!(answer(&Call::Issues { since_us: None, page: 1 }, &response(200, &[], body)).is_err());
}

#[test]
fn the_comments_of_an_issue_have_no_pages() {
    let many = Json::Array(vec![crate::fixture::comment(); 120]).to_string();
    let answered = answer(&Call::CommentsOf { issue: 7, page: 1 }, &response(200, &[("x-total-count", "120")], many));
    let Ok(Answer::Page(page)) = answered else { panic!("a page") };
    assert_eq!((page.items.len(), page.more), (120, false));
    let none = answer(&Call::CommentsOf { issue: 7, page: 1 }, &response(200, &[], "null"));
    assert!(matches!(none, Ok(Answer::Page(page)) if page.items.is_empty()));
}

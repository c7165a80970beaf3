//! Each call as the one request that it makes.

use crate::fixture::{capabilities, target};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Field, Fields, ListOrder, Reason, Secret, State, Value};
use issuesync_provider::{Call, Provider, Request};
use jiff::civil::date;
use serde_json::{Value as Json, json};

fn request(call: &Call) -> Request {
    Gitea.request(&target(), &capabilities(), call)
}

fn line(call: &Call) -> String {
    let request = request(call);
    let path = request.url.strip_prefix("https://git.example.org/api/v1").expect("it goes to the API");
    format!("{} {path}", request.method.word())
}

fn body(call: &Call) -> Json {
    serde_json::from_slice(&request(call).body.expect("it has a body")).expect("it is JSON")
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn reads_ask_for_what_they_name() {
    let at = Some(1_767_323_045_999_999);
    for (call, expected) in [
        (Call::Whoami, "GET /user"),
        (Call::Repository, "GET /repos/acme/web"),
        (Call::RepositoryById, "GET /repositories/12"),
        (Call::Issue { number: 7 }, "GET /repos/acme/web/issues/7"),
        (
            Call::Issues { since_us: at, page: 2 },
            "GET /repos/acme/web/issues?state=all&type=issues&limit=50&page=2&since=2026-01-02T03%3A04%3A05Z",
        ),
        (Call::Issues { since_us: None, page: 1 }, "GET /repos/acme/web/issues?state=all&type=issues&limit=50&page=1"),
        (Call::Comment { issue: 7, id: 77 }, "GET /repos/acme/web/issues/comments/77"),
        (
            Call::Comments { since_us: at, page: 1 },
            "GET /repos/acme/web/issues/comments?limit=50&page=1&since=2026-01-02T03%3A04%3A05Z",
        ),
        (Call::CommentsOf { issue: 7, page: 1 }, "GET /repos/acme/web/issues/7/comments"),
        (Call::Labels { page: 3 }, "GET /repos/acme/web/labels?limit=50&page=3"),
        (Call::SharedLabels { page: 1 }, "GET /orgs/acme/labels?limit=50&page=1"),
        (Call::Milestones { page: 1 }, "GET /repos/acme/web/milestones?state=all&limit=50&page=1"),
        (Call::Assignables { page: 1 }, "GET /repos/acme/web/assignees"),
        (Call::History { issue: 7, page: 2 }, "GET /repos/acme/web/issues/7/timeline?limit=50&page=2"),
        (Call::Hooks { page: 1 }, "GET /repos/acme/web/hooks?limit=50&page=1"),
    ] {
        assert_eq!(line(&call), expected);
        assert_eq!(request(&call).body, None);
    }
}

#[test]
fn a_tracker_that_sorts_by_change_is_asked_to() {
    let capabilities = issuesync_model::Capabilities { list_order: ListOrder::UpdatedAsc, ..capabilities() };
    let request = Gitea.request(&target(), &capabilities, &Call::Issues { since_us: None, page: 1 });
    assert!(request.url.ends_with("/issues?state=all&type=issues&limit=50&page=1&sort=leastupdate"), "{}", request.url);
}

#[test]
fn every_request_carries_the_token_in_a_header_and_nowhere_else() {
    for call in [Call::Whoami, Call::DeleteIssue { number: 7 }] {
        let request = request(&call);
        let header = |name: &str| {
            let found: Vec<_> = request.headers.iter().filter(|(known, _)| known == name).collect();
            assert!(found.len() <= 1, "{name} stands twice");
            found.first().map(|(_, value)| value.as_str())
        };
        assert_eq!(header("authorization"), Some("token t0ken"));
        assert_eq!(header("accept"), Some("application/json"));
        assert_eq!(header("accept-language"), Some("en"));
        assert_eq!(header("user-agent"), Some(concat!("issuesync/", env!("CARGO_PKG_VERSION"))));
        assert_eq!(header("content-type").is_some(), call.writes());
        assert!(!request.url.contains("t0ken") && !format!("{request:?}").contains("t0ken"));
    }
}

#[test]
fn names_are_quoted_in_paths() {
    let target = issuesync_provider::Target { repo_path: "a b/ü?#".to_owned(), ..target() };
    let request = Gitea.request(&target, &capabilities(), &Call::Repository);
    assert_eq!(request.url, "https://git.example.org/api/v1/repos/a%20b/%C3%BC%3F%23");
}

#[test]
fn an_issue_is_created_by_ids_and_logins() {
    let fields = Fields::new()
        .with(Field::Title, text("T"))
        .with(Field::Body, text("B"))
        .with(Field::Milestone, Value::Id(Some(3)));
    let call = Call::CreateIssue { fields, labels: vec![4, 6], assignees: vec!["bob".to_owned()] };
    assert_eq!(line(&call), "POST /repos/acme/web/issues");
    assert_eq!(body(&call), json!({"title": "T", "body": "B", "milestone": 3, "labels": [4, 6], "assignees": ["bob"]}));
}

#[test]
fn an_edit_sends_only_what_it_names() {
    let edit = |fields, assignees, content_version| Call::EditIssue { number: 7, fields, assignees, content_version };
    let title = edit(Fields::new().with(Field::Title, text("T")), None, None);
    assert_eq!(line(&title), "PATCH /repos/acme/web/issues/7");
    assert_eq!(body(&title), json!({"title": "T"}));
    let cleared = Fields::new().with(Field::Body, text("")).with(Field::Milestone, Value::Id(None));
    assert_eq!(
        body(&edit(cleared, Some(Vec::new()), Some(5))),
        json!({"body": "", "milestone": 0, "assignees": [], "content_version": 5})
    );
    for (state, word) in [(State::Open, "open"), (State::Closed(Reason::NotPlanned), "closed")] {
        assert_eq!(
            body(&edit(Fields::new().with(Field::State, Value::State(state)), None, None)),
            json!({"state": word})
        );
    }
}

#[test]
fn the_other_writes_go_where_the_tracker_takes_them() {
    let day = Some(date(2026, 12, 25));
    for (call, expected, sent) in [
        (
            Call::AddLabels { number: 7, labels: vec![4] },
            "POST /repos/acme/web/issues/7/labels",
            Some(json!({"labels": [4]})),
        ),
        (Call::RemoveLabel { number: 7, label: 4 }, "DELETE /repos/acme/web/issues/7/labels/4", None),
        (
            Call::SetDueDate { number: 7, day },
            "POST /repos/acme/web/issues/7/deadline",
            Some(json!({"due_date": "2026-12-25T00:00:00Z"})),
        ),
        (
            Call::SetDueDate { number: 7, day: None },
            "POST /repos/acme/web/issues/7/deadline",
            Some(json!({"due_date": null})),
        ),
        (Call::SetLock { number: 7, locked: true }, "PUT /repos/acme/web/issues/7/lock", Some(json!({}))),
        (Call::SetLock { number: 7, locked: false }, "DELETE /repos/acme/web/issues/7/lock", None),
        (Call::DeleteIssue { number: 7 }, "DELETE /repos/acme/web/issues/7", None),
        (
            Call::CreateComment { issue: 7, body: "B".to_owned() },
            "POST /repos/acme/web/issues/7/comments",
            Some(json!({"body": "B"})),
        ),
        (
            Call::EditComment { issue: 7, id: 77, body: "B".to_owned() },
            "PATCH /repos/acme/web/issues/comments/77",
            Some(json!({"body": "B"})),
        ),
        (Call::DeleteComment { issue: 7, id: 77 }, "DELETE /repos/acme/web/issues/comments/77", None),
        (
            Call::CreateLabel { name: "bug".to_owned(), colour: "ededed".to_owned() },
            "POST /repos/acme/web/labels",
            Some(json!({"name": "bug", "color": "#ededed"})),
        ),
        (Call::DeleteHook { id: 1 }, "DELETE /repos/acme/web/hooks/1", None),
    ] {
        assert_eq!(line(&call), expected);
        assert_eq!(request(&call).body.map(|bytes| serde_json::from_slice::<Json>(&bytes).expect("JSON")), sent);
    }
}

#[test]
fn a_hook_is_active_from_the_start_and_keeps_its_events_when_mended() {
    let url = "https://mirror.example.org/webhooks/gitea/web".to_owned();
    let created = body(&Call::CreateHook { url: url.clone(), secret: Secret::new("s3cret") });
    let events = json!(["issues", "issue_comment"]);
    assert_eq!(created["config"], json!({"url": url, "content_type": "json", "secret": "s3cret"}));
    assert_eq!((&created["type"], &created["active"], &created["events"]), (&json!("gitea"), &json!(true), &events));
    let mend = Call::MendHook { id: 4, url };
    assert_eq!(line(&mend), "PATCH /repos/acme/web/hooks/4");
    assert_eq!((&body(&mend)["active"], &body(&mend)["events"]), (&json!(true), &events));
}

#[test]
fn addresses_are_split_as_people_copy_them() {
    for (url, base, path) in [
        ("https://git.example.org/acme/web", "https://git.example.org", "acme/web"),
        (" https://git.example.org/acme/web/ ", "https://git.example.org", "acme/web"),
        ("https://git.example.org/acme/web.git", "https://git.example.org", "acme/web"),
        ("https://git.example.org/acme/web/issues", "https://git.example.org", "acme/web"),
        ("https://git.example.org/acme/web/issues/7?x=1#y", "https://git.example.org", "acme/web"),
        ("https://git.example.org/acme/web/src/branch/main", "https://git.example.org", "acme/web"),
        ("http://127.0.0.1:3000/acme/issues", "http://127.0.0.1:3000", "acme/issues"),
        ("https://example.org/git/acme/web", "https://example.org/git", "acme/web"),
        ("https://example.org/git/acme/web/issues", "https://example.org/git", "acme/web"),
    ] {
        assert_eq!(Gitea.split_url(url), Some((base.to_owned(), path.to_owned())), "{url}");
    }
}

#[test]
fn what_is_no_address_of_a_repository_is_refused() {
    for url in [
        "",
        "acme/web",
        "https://git.example.org",
        "https://git.example.org/acme",
        "https://git.example.org/acme/.git",
        "https://git.example.org/acme/..git",
        "https://git.example.org/acme/...git",
        "ftp://git.example.org/acme/web",
        "https://user:pw@git.example.org/acme/web",
        "git@git.example.org:acme/web.git",
    ] {
        assert_eq!(Gitea.split_url(url), None, "{url}");
    }
}

//! Lists of issues: each filter, search, and pages that miss and repeat nothing.

use crate::app::App;
use crate::fixtures;
use issuesync_model::{Field, Reason, State, Value};
use serde_json::json;
use std::collections::BTreeSet;

async fn numbers(app: &App, query: &str) -> Vec<i64> {
    let list = app.get(&format!("/issues{query}")).await.expect(200);
    list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|issue| issue["external_number"].as_i64().expect("number"))
        .collect()
}

fn with(number: i64, field: Field, value: Value) -> issuesync_model::Item {
    let mut issue = fixtures::issue(number);
    issue.local.set(field, value.clone());
    issue.base.set(field, value);
    issue
}

fn set(element: &str) -> Value {
    Value::Set(BTreeSet::from([element.to_owned()]))
}

#[tokio::test]
async fn pages_miss_nothing_and_repeat_nothing() {
    let app = App::new().await;
    for number in 1..=7 {
        app.put(&fixtures::issue(number)).await;
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = app.get(&format!("/issues?limit=3{after}")).await.expect(200);
        seen.extend(page["items"].as_array().expect("items").iter().map(|issue| issue["external_number"].as_i64()));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, (1..=7).rev().map(Some).collect::<Vec<_>>());
    assert_eq!(pages, 3);
    assert_eq!(numbers(&app, "?limit=0").await, [7]);
}

#[tokio::test]
async fn every_filter_filters() {
    let app = App::new().await;
    app.put(&with(1, Field::Labels, set("bug"))).await;
    app.put(&with(2, Field::Assignees, set("11"))).await;
    app.put(&with(3, Field::State, Value::State(State::Closed(Reason::None)))).await;
    app.put(&with(4, Field::Title, Value::Text("The quick fox".to_owned()))).await;
    app.put(&fixtures::clashing(fixtures::issue(5))).await;
    assert_eq!(numbers(&app, "").await, [5, 4, 3, 2, 1]);
    assert_eq!(numbers(&app, "?label=bug").await, [1]);
    assert_eq!(numbers(&app, "?label=nothing").await, [0_i64; 0]);
    assert_eq!(numbers(&app, "?assignee=Alice").await, [2]);
    assert_eq!(numbers(&app, "?assignee=nobody").await, [0_i64; 0]);
    assert_eq!(numbers(&app, "?state=closed").await, [3]);
    assert_eq!(numbers(&app, "?state=open").await, [5, 4, 2, 1]);
    assert_eq!(numbers(&app, "?state=all&q=QUICK").await, [4]);
    assert_eq!(numbers(&app, "?q=quick+missing").await, [0_i64; 0]);
    assert_eq!(numbers(&app, "?q=").await, [5, 4, 3, 2, 1]);
    assert_eq!(numbers(&app, "?sync_status=conflict").await, [5]);
    assert_eq!(numbers(&app, "?project=acme&connection=web&limit=1").await, [5]);
    let since = fixtures::issue(4).updated_us;
    let since = jiff::Timestamp::from_microsecond(since).expect("time");
    assert_eq!(numbers(&app, &format!("?updated_since={since}")).await, [5, 4]);
}

#[tokio::test]
async fn a_login_means_its_own_user_in_each_connection() {
    let app = App::new().await;
    let other = fixtures::connection("other");
    app.connect(&other).await;
    for number in [1, 3] {
        app.put(&with(number, Field::Assignees, set("11"))).await;
        let mut issue = fixtures::issue_of(&other, number + 1);
        issue.local.set(Field::Assignees, set("11"));
        app.put(&issue).await;
    }
    assert_eq!(numbers(&app, "?assignee=alice").await, [4, 3, 2, 1]);
    let first = app.get("/issues?assignee=alice&limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("more");
    assert_eq!(numbers(&app, &format!("?assignee=alice&limit=3&cursor={cursor}")).await, [1]);
    assert_eq!(numbers(&app, "?assignee=alice&connection=other").await, [4, 2]);
}

#[tokio::test]
async fn what_the_catalog_does_not_know_keeps_its_id() {
    let app = App::new().await;
    let mut issue = with(1, Field::Assignees, set("99"));
    issue.local.set(Field::Milestone, Value::Id(Some(77)));
    app.put(&issue).await;
    let shown = app.get(&format!("/issues/{}", issue.id)).await.expect(200);
    assert_eq!((&shown["assignees"], &shown["milestone"]), (&json!(["#99"]), &json!("#77")));
}

#[tokio::test]
async fn a_parked_connection_shows_on_its_issues() {
    let app = App::new().await;
    let mut parked = fixtures::connection("parked");
    parked.parked = Some("the token is not accepted".to_owned());
    app.connect(&parked).await;
    app.put(&fixtures::issue_of(&parked, 1)).await;
    let list = app.get("/issues").await.expect(200);
    assert_eq!(list["items"][0]["connection_state"], "parked: the token is not accepted");
}

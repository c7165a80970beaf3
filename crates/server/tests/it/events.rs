//! The event stream: from a position, from now on, and again after a lost connection.

use crate::app::App;
use crate::fixtures;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

struct Stream {
    body: Body,
    text: String,
}

async fn open(app: &App, path: &str, last: Option<&str>) -> Stream {
    let token = app.token("read").await;
    let mut request = Request::get(format!("/api/v1{path}")).header("authorization", format!("Bearer {token}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).expect("request");
    let response = app.router.clone().oneshot(request).await.expect("answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Stream { body: response.into_body(), text: String::new() }
}

impl Stream {
    /// The id and the data of the next event.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let line = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
                };
                let found = line("id:").zip(line("data:"));
                self.text = rest.to_owned();
                if let Some((id, data)) = found {
                    return (id, serde_json::from_str(&data).expect("JSON"));
                }
                continue;
            }
            let frame =
                tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await.expect("an event in time");
            let bytes = frame.expect("no end").expect("no error").into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }
}

#[tokio::test]
async fn a_stream_begins_where_it_is_told_and_goes_on() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    let path = format!("/issues/{}", issue.id);
    app.patch(&path, &json!({"title": "One"})).await.expect(200);
    app.patch(&path, &json!({"title": "Two"})).await.expect(200);

    let mut all = open(&app, "/events?after_seq=0", None).await;
    let (first, event) = all.next().await;
    assert_eq!((&event["kind"], &event["after"]["title"]), (&json!("edit"), &json!("One")));
    assert_eq!(
        (&event["seq"], &event["issue_id"]),
        (&json!(first.parse::<i64>().expect("number")), &json!(issue.id.to_string()))
    );
    assert_eq!(all.next().await.1["after"]["title"], "Two");

    let mut again = open(&app, "/events?after_seq=0", Some(&first)).await;
    assert_eq!(again.next().await.1["after"]["title"], "Two");

    let mut new = open(&app, "/events", None).await;
    app.patch(&path, &json!({"title": "Three"})).await.expect(200);
    for stream in [&mut all, &mut again, &mut new] {
        assert_eq!(stream.next().await.1["after"]["title"], "Three");
    }
}

#[tokio::test]
async fn a_wrong_position_is_refused() {
    let app = App::new().await;
    let token = app.token("read").await;
    let wrong = [("last-event-id", "yesterday")];
    app.call_with(&token, http::Method::GET, "/events", None, &wrong).await.problem(400, "bad_last_event_id");
    app.get("/events?after_seq=x").await.invalid("after_seq");
}

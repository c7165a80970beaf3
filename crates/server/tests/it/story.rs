//! The whole way over HTTP: connect a simulated tracker, take its delivery, send an issue, and look at it all.

use crate::app::{App, HOOK_BASE};
use axum::body::Body;
use http::{Method, Request};
use issuesync_engine::Roles;
use issuesync_forge_sim::{Config, Request as Ask, Sim};
use issuesync_model::{BoxFuture, Clock};
use issuesync_provider::{Request as Sent, Response, Transport, TransportError};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const URL: &str = "http://tracker.test/acme/web";

/// The simulator in this process.
struct Simulated {
    sim: Mutex<Sim>,
    clock: Mutex<Option<Arc<dyn Clock>>>,
}

impl Simulated {
    fn now_us(&self) -> i64 {
        self.clock.lock().expect("lock").as_ref().map_or(crate::app::START_US, |clock| clock.now_us())
    }

    fn handle(&self, ask: &Ask) -> issuesync_forge_sim::Response {
        let now_ms = self.now_us() / 1_000;
        self.sim.lock().expect("lock").handle(now_ms, ask)
    }
}

impl Transport for Simulated {
    fn send(&self, request: Sent, _timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>> {
        let target = request.url.strip_prefix("http://tracker.test").unwrap_or("/");
        let mut ask = Ask::new(request.method.word(), target);
        ask.headers = request.headers;
        ask.body = request.body.unwrap_or_default();
        let t_send_us = self.now_us();
        let answer = self.handle(&ask);
        let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        let response =
            Response { status: answer.status, headers, body: answer.body, t_send_us, t_recv_us: self.now_us() };
        let lost = TransportError::NoAnswer("lost".to_owned());
        Box::pin(std::future::ready(if answer.lost { Err(lost) } else { Ok(response) }))
    }
}

/// Hands the tracker's due deliveries to the service.
async fn deliver(app: &App, tracker: &Simulated) {
    let due = tracker.sim.lock().expect("lock").due(tracker.now_us() / 1_000 + 5_000);
    for delivery in due {
        let path = delivery.url.strip_prefix(HOOK_BASE).expect("our address");
        let mut request = Request::post(path);
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let reply = app.send(request.body(Body::from(delivery.body)).expect("request")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_connected_and_both_sides_meet() {
    let sim = Sim::new(Config::simple("acme/web", &[("sync", "canary-7f3a-good"), ("alice", "t-alice")]));
    let tracker = Arc::new(Simulated { sim: Mutex::new(sim), clock: Mutex::new(None) });
    let app = App::live(Arc::clone(&tracker) as _);
    *tracker.clock.lock().expect("lock") = Some(Arc::clone(&app.cx.clock));
    let token = app.token("admin").await;
    let connect = async |extra: Value| {
        let mut body = json!({"project": "acme", "url": URL, "token": "canary-7f3a-good", "name": "web",
            "allow_http": true, "allow_private_network": true});
        body.as_object_mut().expect("object").extend(extra.as_object().expect("object").clone());
        app.call(&token, Method::POST, "/connections", Some(&body)).await
    };

    let plan = connect(json!({"dry_run": true})).await.expect(200);
    assert_eq!((&plan["repo_path"], &plan["self_login"]), (&json!("acme/web"), &json!("sync")));
    let wrong = connect(json!({"token": "canary-7f3a-bad"})).await.expect(422);
    assert!(wrong["detail"].as_str().is_some_and(|detail| detail.contains("token")), "{wrong}");
    let wrong = connect(json!({"url": "http://tracker.test/acme/nope"})).await.problem(422, "repository_not_found");
    assert_eq!(wrong["field"], "url");
    let made = connect(json!({})).await.expect(201);
    assert_eq!((&made["name"], &made["hook"]["active"]), (&json!("web"), &json!(true)));
    connect(json!({"name": "again"})).await.problem(409, "taken");

    let running = issuesync_engine::start(Arc::clone(&app.engine), app.cx.clone(), Roles::all());
    let ask = Ask::new("POST", "/api/v1/repos/acme/web/issues").token("t-alice").json(&json!({"title": "Made there"}));
    assert_eq!(tracker.handle(&ask).status, 201);
    deliver(&app, &tracker).await;
    let seen = until(&app, "/issues?q=made+there", |list| list["items"][0]["external_number"] == 1).await;
    assert_eq!(seen["items"][0]["author"], "alice");

    let made = app.post("/issues", &json!({"title": "Made here", "labels": ["bug"]})).await.expect(201);
    let path = format!("/issues/{}", made["id"].as_str().expect("id"));
    let waited = app.get(&format!("{path}/wait?timeout_ms=20000")).await.expect(200);
    assert_eq!((&waited["result"], &waited["item"]["external_number"]), (&json!("reached"), &json!(2)), "{waited}");
    deliver(&app, &tracker).await;
    until(&app, &path, |issue| issue["sync_status"] == "synced").await;
    let findings = app.get("/connections/web/doctor").await.expect(200);
    let levels: Vec<_> = findings["items"].as_array().expect("items").iter().map(|one| &one["level"]).collect();
    assert!(!levels.is_empty() && !levels.contains(&&json!("error")), "{findings}");
    let pass = app.post("/connections/web/sync", &json!({"full": true})).await;
    assert!(matches!(pass.status.as_u16(), 200 | 409), "{}", pass.text);
    assert_eq!(app.get("/log/verify").await.expect(200)["intact"], true);
    running.stop().await;
}

/// Asks again until the answer is as wanted; far longer than it takes.
async fn until(app: &App, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let json = app.get(path).await.expect(200);
        if wanted(&json) {
            return json;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "never came: {json}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! A tracker that answers GETs with what a test put there, and everything else with 404.

use issuesync_model::BoxFuture;
use issuesync_provider::{Method, Request, Response, Transport, TransportError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

pub(crate) const ROOT: &str = "http://tracker.test";

/// Answers by path, without the query.
#[derive(Default)]
pub(crate) struct Tracker {
    answers: Mutex<BTreeMap<String, Value>>,
    down: Mutex<bool>,
}

impl Tracker {
    /// Answers GETs of an API path with this.
    pub(crate) fn answer(&self, path: &str, json: Value) {
        self.answers.lock().expect("lock").insert(format!("{ROOT}/api/v1{path}"), json);
    }

    /// Answers nothing any more.
    pub(crate) fn stop(&self) {
        *self.down.lock().expect("lock") = true;
    }
}

impl Transport for Tracker {
    fn send(&self, request: Request, _timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>> {
        if *self.down.lock().expect("lock") {
            return Box::pin(std::future::ready(Err(TransportError::NoAnswer("connection refused".to_owned()))));
        }
        let path = request.url.split('?').next().unwrap_or_default();
        let known = self.answers.lock().expect("lock").get(path).filter(|_| request.method == Method::Get).cloned();
        let (status, body) = match known {
            Some(body) => (200, body),
            None => (404, json!({"message": "not found"})),
        };
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let now = crate::app::START_US;
        let response =
            Response { status, headers, body: body.to_string().into_bytes(), t_send_us: now, t_recv_us: now };
        Box::pin(std::future::ready(Ok(response)))
    }
}

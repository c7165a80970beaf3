//! A simulated tracker with one repository, `acme/web`, in a runtime of its own.

use issuesync_forge_sim::{Config, Sim, serve};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// The token of the account that connections use: a canary that may appear nowhere.
pub(crate) const TOKEN: &str = "canary-4f1d2c9b7a";

/// A simulated tracker.
pub(crate) struct Tracker {
    pub(crate) url: String,
    runtime: tokio::runtime::Runtime,
}

impl Tracker {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let sim = Sim::new(Config::simple("acme/web", &[("bot", TOKEN), ("alice", "alice-token")]));
        runtime.spawn(serve(listener, Arc::new(Mutex::new(sim)), std::future::pending()));
        Self { url, runtime }
    }

    /// Runs something in the tracker's runtime.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Asks the tracker's API as alice.
    pub(crate) fn ask(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        issuesync::install_tls();
        let request = reqwest::Client::new().request(method, format!("{}/api/v1/repos/acme/web{path}", self.url));
        let request = request.header("authorization", "token alice-token").json(body);
        self.block_on(async {
            let answer = request.send().await.expect("the simulator answers");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.unwrap_or(Value::Null)
        })
    }

    pub(crate) fn issue(&self, number: i64) -> Value {
        self.ask(reqwest::Method::GET, &format!("/issues/{number}"), &Value::Null)
    }
}

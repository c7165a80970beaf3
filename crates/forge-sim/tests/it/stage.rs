//! A small tracker with alice (administrator), bob (writer), carol (reader) and one hook.

use issuesync_forge_sim::{Access, Config, Delivery, Flavour, Request, Response, Sim, UserSpec};
use serde_json::{Value, json};

pub(crate) const REPO: &str = "/api/v1/repos/acme/web";

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) now_ms: i64,
}

pub(crate) fn config(flavour: Flavour) -> Config {
    let mut config = Config::simple("acme/web", &[("alice", "alice"), ("bob", "bob")]);
    config.users.push(UserSpec::new("carol", "carol"));
    config.repos[0].collaborators.push(("carol".to_owned(), Access::Read));
    config.flavour = flavour;
    config
}

impl Stage {
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self::of(config(flavour))
    }

    pub(crate) fn of(config: Config) -> Self {
        Self { sim: Sim::new(config), now_ms: 1_767_323_045_000 }
    }

    /// With an active hook that hears everything about issues.
    pub(crate) fn hooked(flavour: Flavour) -> Self {
        let mut stage = Self::new(flavour);
        stage.hook("http://mirror.test/hook");
        stage
    }

    pub(crate) fn hook(&mut self, url: &str) -> u64 {
        let body = json!({ "type": "gitea", "active": true, "events": ["issues"],
            "config": { "url": url, "content_type": "json", "secret": "s3cret" } });
        let (status, hook) = self.call("alice", "POST", "/hooks", &body);
        assert_eq!(status, 201, "{hook}");
        hook["id"].as_u64().expect("an id")
    }

    /// One request below the repository, a second after the one before.
    pub(crate) fn call(&mut self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = self.raw(token, method, &format!("{REPO}{path}"), body);
        (response.status, response.json())
    }

    pub(crate) fn raw(&mut self, token: &str, method: &str, target: &str, body: &Value) -> Response {
        self.now_ms += 1000;
        let mut request = Request::new(method, target);
        if !token.is_empty() {
            request = request.token(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        self.sim.handle(self.now_ms, &request)
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let (status, value) = self.call("alice", "GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    /// A plain issue by bob; its number.
    pub(crate) fn issue(&mut self, title: &str) -> u64 {
        let (status, issue) = self.call("bob", "POST", "/issues", &json!({ "title": title, "body": "text" }));
        assert_eq!(status, 201, "{issue}");
        issue["number"].as_u64().expect("a number")
    }

    pub(crate) fn patch(&mut self, number: u64, body: &Value) -> (u16, Value) {
        self.call("bob", "PATCH", &format!("/issues/{number}"), body)
    }

    pub(crate) fn label(&mut self, name: &str) -> u64 {
        let labels = self.get("/labels");
        let label = labels.as_array().into_iter().flatten().find(|label| label["name"] == name);
        label.and_then(|label| label["id"].as_u64()).expect("a label of that name")
    }

    pub(crate) fn milestone(&mut self, title: &str) -> u64 {
        let rows = self.get("/milestones");
        let row = rows.as_array().into_iter().flatten().find(|row| row["title"] == title);
        row.and_then(|row| row["id"].as_u64()).expect("a milestone of that title")
    }

    pub(crate) fn due(&mut self) -> Vec<Delivery> {
        self.sim.due(self.now_ms)
    }

    /// What was announced since the last look: action and payload.
    pub(crate) fn heard(&mut self) -> Vec<(String, Value)> {
        let payload = |delivery: Delivery| {
            let value: Value = serde_json::from_slice(&delivery.body).expect("JSON");
            (value["action"].as_str().expect("an action").to_owned(), value)
        };
        self.due().into_iter().map(payload).collect()
    }

    pub(crate) fn actions(&mut self) -> Vec<String> {
        self.heard().into_iter().map(|(action, _)| action).collect()
    }
}

/// Both flavours.
pub(crate) const BOTH: [Flavour; 2] = [Flavour::Gitea, Flavour::Forgejo];

/// The names in a payload's or an issue's labels.
pub(crate) fn names(issue: &Value) -> Vec<&str> {
    issue["labels"].as_array().into_iter().flatten().filter_map(|label| label["name"].as_str()).collect()
}

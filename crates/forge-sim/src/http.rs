//! Requests, answers and deliveries as plain values: what crosses the wire, without a wire.

use serde_json::Value;

/// One HTTP request as the simulator receives it.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Upper-case method.
    pub method: String,
    /// Path without the query, still percent-encoded.
    pub path: String,
    /// Query without the question mark, still encoded; empty when there is none.
    pub query: String,
    /// Header names and values; names are compared without case.
    pub headers: Vec<(String, String)>,
    /// Raw body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request for `target`, a path that may carry a query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), ..Self::default() }
    }

    /// The same request with an access token.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.headers.push(("Authorization".to_owned(), format!("token {token}")));
        self
    }

    /// The same request with a JSON body and its content type.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        self.body = body.to_string().into_bytes();
        self
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// One HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code; 0 when `lost` and the request never took effect.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Raw body.
    pub body: Vec<u8>,
    /// The answer must not reach the caller: the shell closes the connection, a caller in the same process
    /// treats it as a transport error.
    pub lost: bool,
}

impl Response {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// One webhook request whose time has come. There is one attempt and no retry.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Delivery id, the value of the delivery headers.
    pub id: String,
    /// Hook that it belongs to.
    pub hook_id: u64,
    /// When it was due, on the caller's clock.
    pub due_ms: i64,
    /// Where it goes.
    pub url: String,
    /// All headers.
    pub headers: Vec<(String, String)>,
    /// Raw, signed body.
    pub body: Vec<u8>,
    /// Event group and action, for people: `issues/edited`.
    pub label: String,
}

//! Answers in the tracker's manner: JSON with its headers, its errors, a proxy's pages.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::config::Flavour;
use crate::gitea::object::{self, object};
use crate::http::Response;
use crate::sim::Sim;

/// What a handler returns; a refusal is an answer too.
pub(crate) type Reply = Result<Response, Response>;

/// A JSON answer.
pub(crate) fn json(status: u16, body: &(impl Serialize + ?Sized)) -> Response {
    let mut bytes = object::line(body);
    bytes.push(b'\n');
    with(status, "application/json;charset=utf-8", bytes)
}

/// An answer without a body: 204, and many a 403.
pub(crate) fn empty(status: u16) -> Response {
    let mut response = with(status, "", Vec::new());
    response.headers.retain(|(name, _)| name != "Content-Type");
    response
}

/// The tracker's error object.
pub(crate) fn error(sim: &Sim, status: u16, message: &str) -> Response {
    json(status, &Failure { sim, message, errors: None })
}

/// Not found, or not to be seen.
pub(crate) fn not_found(sim: &Sim) -> Response {
    missing(sim, &Value::Null)
}

/// Not found, with the tracker's reasons.
pub(crate) fn missing(sim: &Sim, errors: &Value) -> Response {
    let message = "The target couldn't be found.";
    json(404, &Failure { sim, message, errors: Some(errors) })
}

/// The tracker's error object; `errors` is there for what is missing.
struct Failure<'a> {
    sim: &'a Sim,
    message: &'a str,
    errors: Option<&'a Value>,
}

impl Serialize for Failure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "errors" [if self.errors.is_some()]: self.errors,
            "message": self.message,
            "url": format_args!("{}/api/swagger", self.sim.config.root_url),
        })
    }
}

/// No such route.
pub(crate) fn no_route(sim: &Sim) -> Response {
    match sim.config.flavour {
        Flavour::Gitea => with(404, "text/plain;charset=utf-8", b"Not found.\n".to_vec()),
        Flavour::Forgejo => with(404, "text/plain; charset=utf-8", b"404 page not found\n".to_vec()),
    }
}

/// What a proxy says when it cannot reach the tracker.
pub(crate) fn proxy_page(status: u16) -> Response {
    let page = format!(
        "<html><head><title>{status} Bad Gateway</title></head><body><h1>{status} Bad Gateway</h1></body></html>\n"
    );
    with(status, "text/html", page.into_bytes())
}

/// A proxy's rate limit.
pub(crate) fn too_many(retry_after_s: u32) -> Response {
    let mut response = with(429, "text/plain", b"Too Many Requests\n".to_vec());
    response.headers.push(("Retry-After".to_owned(), retry_after_s.to_string()));
    response
}

/// A redirect to another path of this server.
pub(crate) fn redirect(status: u16, location: String) -> Response {
    let mut response = empty(status);
    response.headers.push(("Location".to_owned(), location));
    response
}

/// The same answer with the list's total.
pub(crate) fn total(mut response: Response, count: usize) -> Response {
    response.headers.push(("X-Total-Count".to_owned(), count.to_string()));
    response.headers.push(("Access-Control-Expose-Headers".to_owned(), "X-Total-Count".to_owned()));
    response
}

fn with(status: u16, content_type: &str, body: Vec<u8>) -> Response {
    let headers = [
        ("Content-Type", content_type),
        ("Cache-Control", "max-age=0, private, must-revalidate, no-transform"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Response { status, headers: headers.into(), body, lost: false }
}

//! Errors as answers: RFC 9457 problems with a stable code and one sentence that says what to do next.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds that a client is asked to wait when the store or the service is not ready.
const RETRY_AFTER_S: u32 = 5;

/// An error on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    version: Option<i64>,
    rev: Option<i64>,
    retry_after_s: Option<u32>,
}

/// The JSON of a problem.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`; the kind of problem is its `code`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// A stable word for programs.
    code: &'static str,
    /// One sentence for people.
    detail: String,
    /// The field that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The current version, after a stale `If-Match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The current `rev`, after a stale resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<i64>,
}

impl Problem {
    /// A problem of that status and code.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = sentence(detail.into());
        Self { status, code, detail, field: None, version: None, rev: None, retry_after_s: None }
    }

    /// 400: the request cannot be read.
    pub(crate) fn unreadable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 422: a field of the request is wrong.
    pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail) }
    }

    /// 401, with the same words for every cause.
    pub(crate) fn unauthorized() -> Self {
        let detail = "The token is missing, wrong, expired or revoked; send `Authorization: Bearer <token>` with one \
                      from `issuesync token create`.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 404: there is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409: it is in the way of something.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: the edit was made against an older version.
    pub(crate) fn stale_version(version: i64) -> Self {
        let detail = format!("It changed meanwhile and has version {version} now; read it again and repeat the edit.");
        Self { version: Some(version), ..Self::new(StatusCode::PRECONDITION_FAILED, "stale_version", detail) }
    }

    /// 412: a side of a conflict moved since it was shown.
    pub(crate) fn stale_rev(rev: i64) -> Self {
        let detail =
            format!("A side changed meanwhile and the rev is {rev} now; look at the conflict again and decide.");
        Self { rev: Some(rev), ..Self::new(StatusCode::PRECONDITION_FAILED, "stale_rev", detail) }
    }

    /// 413: the body is over the limit.
    pub(crate) fn too_large(limit: usize) -> Self {
        let detail = format!("The body is larger than the limit of {limit} bytes; send less.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    /// 429: too many requests.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(1), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail) }
    }

    /// 500: our own fault; the log has the details.
    pub(crate) fn internal() -> Self {
        let detail = "Something went wrong inside the service; its log says what.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 502: the tracker is to blame.
    pub(crate) fn tracker(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "tracker", detail)
    }

    /// 503: nothing was done, try again.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    /// The same problem with the field that is to blame.
    pub(crate) fn of_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// A detail as a whole sentence: first letter large, a full stop at the end.
fn sentence(text: String) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return text };
    let mut text = first.to_uppercase().chain(chars).collect::<String>();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            field: self.field,
            version: self.version,
            rev: self.rev,
        };
        let json = serde_json::to_vec(&body).expect("a problem is always representable as JSON");
        let mut response = (self.status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

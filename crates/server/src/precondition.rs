//! `ETag`, `If-Match` and `Idempotency-Key`: what guards an edit against being stale or being done twice.

use crate::auth::Caller;
use crate::problem::Problem;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_LENGTH_MAX: usize = 200;

/// The version that an edit must meet; `None` when any will do.
pub(crate) fn expected_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or("").trim();
    if text == "*" {
        return Ok(None);
    }
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    digits.parse().map(Some).map_err(|_| {
        let detail = "If-Match must be the ETag of the version that was read, such as \"3\".";
        Problem::unreadable("bad_if_match", detail)
    })
}

/// The key under which a row is made, unique per token.
pub(crate) fn client_key(headers: &HeaderMap, caller: &Caller) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.trim().is_empty() && key.len() <= KEY_LENGTH_MAX => Ok(Some(format!("{}:{key}", caller.id))),
        _ => {
            let detail = format!("Idempotency-Key must be 1 to {KEY_LENGTH_MAX} visible characters of ASCII.");
            Err(Problem::unreadable("bad_idempotency_key", detail))
        }
    }
}

/// An answer with its version as `ETag`.
pub(crate) fn tagged<T: Serialize>(status: StatusCode, version: i64, view: T) -> Response {
    let mut response = (status, Json(view)).into_response();
    let tag = HeaderValue::from_str(&format!("\"{version}\"")).expect("digits in quotes are a valid header value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn if_match_names_one_version_or_any() {
        let read = |value| expected_version(&headers(header::IF_MATCH, value));
        assert_eq!(read("\"3\""), Ok(Some(3)));
        assert_eq!(read("3"), Ok(Some(3)));
        assert_eq!(read("*"), Ok(None));
        assert_eq!(expected_version(&HeaderMap::new()), Ok(None));
        for wrong in ["", "\"", "W/\"3\"", "\"3\", \"4\"", "\"a\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_of_two_tokens_never_meet() {
        let caller = |id| Caller::for_tests(id);
        let one = client_key(&headers(KEY, "k"), &caller(1));
        let two = client_key(&headers(KEY, "k"), &caller(2));
        assert!(one.is_ok() && one != two);
        assert!(client_key(&headers(KEY, " "), &caller(1)).is_err());
        assert_eq!(client_key(&HeaderMap::new(), &caller(1)), Ok(None));
    }
}

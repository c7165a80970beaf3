//! JSON bodies: size, time, depth and syntax are checked first, then every field by name.
//!
//! What cannot be read at all is 400, a field that is unknown or of the wrong kind is 422 and named. U+0000, which not
//! every store can keep, becomes U+FFFD before anything sees it.

use crate::body;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Nesting that a body may have.
const DEPTH_MAX: usize = 64;

/// A body of JSON that was received whole and is read by the handler.
pub(crate) struct JsonBody(Bytes);

impl FromRequest<AppState> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let limits = state.limits();
        let bytes = body::collect(request.into_body(), limits.api_body_bytes_max, limits.body_timeout_ms).await?;
        if !bytes.is_empty() && !is_json {
            let detail = "This content type is not understood; send JSON with `Content-Type: application/json`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        Ok(Self(bytes))
    }
}

impl JsonBody {
    /// Reads the body; an empty one is an error.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return Err(Problem::unreadable("malformed_json", "The body is empty; send a JSON object."));
        }
        fields(parse(&self.0)?)
    }

    /// Reads the body; an empty one is `{}`.
    pub(crate) fn read_or_empty<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.0.is_empty() { fields(Value::Object(serde_json::Map::new())) } else { self.read() }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = value.split(';').next().unwrap_or("").trim();
    media.eq_ignore_ascii_case("application/json")
}

/// Bytes to a JSON value, without U+0000.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    if is_too_deep(bytes) {
        let detail = format!("The JSON is nested deeper than {DEPTH_MAX} levels; send a flatter body.");
        return Err(Problem::unreadable("json_too_deep", detail));
    }
    let mut value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::unreadable("malformed_json", format!("The body is not valid JSON: {error}")))?;
    replace_nul(&mut value);
    Ok(value)
}

/// A JSON value to the fields of a request.
pub(crate) fn fields<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    if !value.is_object() {
        return Err(Problem::unreadable("malformed_json", "The body must be a JSON object; send one in braces."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().iter().next().map(ToString::to_string);
        blame(path, &error.into_inner().to_string())
    })
}

/// The field that an error of serde is about, and a sentence.
fn blame(path: Option<String>, message: &str) -> Problem {
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let readable = message.replace('`', "\"");
    if message.starts_with("unknown field") {
        let inner = path.filter(|path| path != quoted).map(|path| format!("{path}."));
        return Problem::invalid(format!("{}{quoted}", inner.unwrap_or_default()), readable);
    }
    if message.starts_with("missing field") {
        return Problem::invalid(quoted, format!("The field \"{quoted}\" is missing; send it"));
    }
    let field = path.unwrap_or_default();
    Problem::invalid(field.clone(), format!("The field \"{field}\" cannot be read: {readable}"))
}

/// Whether brackets outside of texts are nested too deep; stops at the first one that is.
fn is_too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(elements) => elements.iter_mut().for_each(replace_nul),
        Value::Object(entries) => entries.values_mut().for_each(replace_nul),
        _ => {}
    }
}

/// For fields whose absence says "leave it": `null` is no value of theirs and is refused by name.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;

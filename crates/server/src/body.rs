//! Request bodies: received whole, within a size and a time.

use crate::problem::Problem;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use std::time::Duration;

/// Receives a body. One that says or shows that it is larger than `bytes_max` is refused as soon as that is known.
pub(crate) async fn collect(body: Body, bytes_max: usize, timeout_ms: u64) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(Problem::too_large(bytes_max));
    }
    let received =
        tokio::time::timeout(Duration::from_millis(timeout_ms), Limited::new(body, bytes_max).collect()).await;
    match received {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(bytes_max)),
        Ok(Err(_)) => {
            Err(Problem::unreadable("broken_body", "The body ended before its announced length; send it again."))
        }
        Err(_) => {
            let detail = format!("The body did not arrive within {timeout_ms} ms; send it faster.");
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail))
        }
    }
}

//! Query parameters and path segments, with problems instead of plain texts when they are wrong.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, Query};
use http::Uri;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// Query parameters; unknown names are refused, so that a mistyped filter never shows too much.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or("").replace("%00", "%EF%BF%BD");
        let uri: Uri = format!("/?{query}").parse().map_err(|_| unreadable("the address is not valid"))?;
        let Query(read) = Query::try_from_uri(&uri).map_err(|error| unreadable(&error.body_text()))?;
        Ok(Self(read))
    }
}

fn unreadable(message: &str) -> Problem {
    let message = message.trim_start_matches("Failed to deserialize query string: ").replace('`', "\"");
    let field = match message.strip_prefix("unknown field \"") {
        Some(rest) => rest.split('"').next(),
        None => message.split(':').next(),
    };
    let field = field.unwrap_or("query").to_owned();
    Problem::invalid(field, format!("The query is not understood: {message}"))
}

/// The id in a path; what is none names nothing.
pub(crate) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_| Problem::not_found(format!("There is no {what} with this id; list them to see which there are")))
}

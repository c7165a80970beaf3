//! The engine's running sums in the text format of Prometheus.

use crate::api::Answer;
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use std::fmt::Write;

/// Every counter and gauge as text.
pub(crate) async fn metrics(State(state): State<AppState>) -> Answer<Response> {
    let mut text = String::new();
    let counters = serde_json::to_value(state.engine().counters()).expect("counters are representable as JSON");
    for (name, value) in counters.as_object().into_iter().flatten() {
        put(&mut text, "counter", &format!("issuesync_{name}_total"), value);
    }
    put(&mut text, "gauge", "issuesync_deliveries_queued", state.store().queued().await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn put(text: &mut String, kind: &str, name: &str, value: impl std::fmt::Display) {
    writeln!(text, "# TYPE {name} {kind}\n{name} {value}").expect("writing to a String cannot fail");
}

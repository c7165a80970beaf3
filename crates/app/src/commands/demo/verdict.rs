//! The demo's report: what both histories tell, and what the judge says of them.

use super::lag;
use crate::api::Api;
use crate::cli::Context;
use crate::failure::Failure;
use crate::histories;
use serde_json::{Value, json};
use std::time::Duration;

/// Reads both histories and judges them.
pub(in crate::commands) async fn verdict(
    api: &Api,
    tracker: &str,
    remote: u64,
    local: u64,
    quiet: bool,
) -> Result<Value, Failure> {
    let mirror = histories::mirror(api).await?;
    let forge = histories::forge(tracker, &histories::own_logins(&mirror)).await?;
    let report = issuesync_judge::judge(&forge, &mirror);
    let rows = || mirror["log"].as_array().into_iter().flatten();
    let count = |kind: &str| rows().filter(|row| row["kind"] == kind).count();
    let requests = forge["history"]["requests"].as_array().map_or(0, Vec::len);
    Ok(json!({
        "edits": {"local": local, "remote": remote},
        "merged": count("pull") + count("push"),
        "conflicts": report.conflicts,
        "conflicts_without_both_values": report.conflicts_without_both_values,
        "superseded": report.superseded,
        "deleted": count("delete"),
        "lost": report.lost,
        "duplicates": report.duplicates,
        "converged": report.converged && quiet && report.conflicts_without_both_values == 0,
        "lag_ms": lag::lags(&forge, &mirror),
        "requests": {"gitea": requests},
        "judged": {"local": report.local_edits, "remote": report.remote_edits},
        "details": report.details,
    }))
}

/// The report for people.
pub(super) fn print(context: &Context, report: &Value, took: Duration) {
    let output = &context.output;
    output.line(&format!(
        "{} edits on the mirror and {} on the tracker in {} s; {} changes crossed over.",
        report["edits"]["local"],
        report["edits"]["remote"],
        took.as_secs(),
        report["merged"]
    ));
    output.line(&format!(
        "{} conflicts wait for a person, {} values were superseded and kept, {} items were deleted.",
        report["conflicts"], report["superseded"], report["deleted"]
    ));
    let lag = &report["lag_ms"];
    output.line(&format!(
        "Tracker to mirror: p50 {} ms, p99 {} ms. Mirror to tracker: p50 {} ms, p99 {} ms.",
        lag["inbound"]["p50"], lag["inbound"]["p99"], lag["outbound"]["p50"], lag["outbound"]["p99"]
    ));
    for detail in report["details"].as_array().into_iter().flatten() {
        output.line(&crate::output::one_line(detail.as_str().unwrap_or_default()));
    }
    let equal = if report["converged"] == json!(true) { "Both sides are equal" } else { "The sides differ" };
    output.line(&format!("{equal}: {} lost, {} doubled.", report["lost"], report["duplicates"]));
}

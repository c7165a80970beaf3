//! How long edits took to cross over. Every title of the demo is unique, so both histories tell of the same edit by it.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// p50 and p99 of both ways, milliseconds; null where nothing crossed.
pub(super) fn lags(forge: &Value, mirror: &Value) -> Value {
    let own = forge["self"].as_array().cloned().unwrap_or_default();
    let edits = || forge["history"]["edits"].as_array().into_iter().flatten().filter(|edit| edit["field"] == "title");
    let tracker = |ours: bool| {
        let of_side = edits().filter(|edit| own.contains(&edit["user"]) == ours);
        times(of_side.filter_map(|edit| Some((edit["after"].as_str()?.to_owned(), edit["at_ms"].as_f64()?))))
    };
    let rows =
        |kind: &'static str| {
            let found = mirror["log"].as_array().into_iter().flatten().filter(move |row| row["kind"] == kind);
            times(found.filter_map(|row| {
                Some((row["after"]["title"].as_str()?.to_owned(), at_ms(row["sync_time"].as_str()?)?))
            }))
        };
    json!({
        "inbound": percentiles(&tracker(false), &rows("pull")),
        "outbound": percentiles(&rows("edit"), &tracker(true)),
    })
}

fn times(found: impl Iterator<Item = (String, f64)>) -> BTreeMap<String, f64> {
    let mut times = BTreeMap::new();
    for (title, at_ms) in found {
        times.entry(title).or_insert(at_ms);
    }
    times
}

fn at_ms(text: &str) -> Option<f64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_microsecond() as f64 / 1000.0)
}

fn percentiles(from: &BTreeMap<String, f64>, to: &BTreeMap<String, f64>) -> Value {
    let mut lags: Vec<f64> =
        from.iter().filter_map(|(title, start)| to.get(title).map(|end| (end - start).max(0.0))).collect();
    lags.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = ((lags.len() as f64 * share).ceil() as usize).max(1) - 1;
        lags.get(index).map(|lag| lag.round())
    };
    json!({"p50": at(0.5), "p99": at(0.99), "edits": lags.len()})
}

//! I8: by the true times, no superseded loser is newer than its winner.
//!
//! Only pairs whose two times are both known are judged: the tracker's own clockless record of a foreign edit,
//! and the log's time of the local one. A third of a second is granted to the two clocks' grain.

use serde_json::Value;

use crate::convergence::short;
use crate::index::{Index, Subject};
use crate::input::{LocalRow, LogRow};
use crate::report::Report;

const GRAIN_MS: i64 = 300;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    for (local, subject, log) in index.tracked() {
        row(index, report, local, subject, log);
    }
}

fn row(index: &Index<'_>, report: &mut Report, row: &LocalRow, subject: Subject, log: &[&LogRow]) {
    for entry in log.iter().filter(|entry| entry.kind == "superseded") {
        for (field, loser) in entry.before.as_object().into_iter().flatten() {
            let Some(winner) = entry.after.get(field) else { continue };
            let until = millis(&entry.sync_time).unwrap_or(i64::MAX);
            let remote = |value| remote_time(index, subject, (field, value), until);
            let local = |value| local_time(index, log, (field, value), entry.seq);
            let wrong = match (remote(loser), local(winner), local(loser), remote(winner)) {
                (Some(loser), Some(winner), None, _) | (_, None, Some(loser), Some(winner)) => {
                    loser > winner + GRAIN_MS
                }
                _ => false,
            };
            let (loser, winner) = (short(loser), short(winner));
            if wrong && by_stamp_alone(entry) {
                report.unprovable += 1;
                report
                    .details
                    .push(format!("unprovable: {winner} won over {loser} by a stamp that something else moved"));
            } else if wrong {
                report.wrong_winners += 1;
                report.details.push(format!("{field} of {}: {winner} won over {loser}, which is newer", row.id));
            }
        }
    }
}

/// Whether the time of the tracker's change was read off the stamp of the whole item, because only one of its fields had changed. A tracker
/// that moves its stamps for nothing can mislead there, and nothing in what it shows can tell.
fn by_stamp_alone(entry: &LogRow) -> bool {
    entry.grade.as_deref().is_some_and(|grade| grade.eq_ignore_ascii_case("e3a"))
}

/// When a foreign user last set this value before `until`.
fn remote_time(index: &Index<'_>, subject: Subject, (field, value): (&str, &Value), until: i64) -> Option<i64> {
    let edits = index.edits.get(&subject)?.iter().rev();
    let mut edits = edits.filter(|edit| edit.field == field && edit.at_ms <= until && !index.is_own(&edit.user));
    edits.find(|edit| index.same(field, &edit.after, value)).map(|edit| edit.at_ms)
}

/// When the mirror's users last set this value before the row `before`.
fn local_time(index: &Index<'_>, log: &[&LogRow], (field, value): (&str, &Value), before: i64) -> Option<i64> {
    let rows = log.iter().rev().filter(|row| row.seq < before && row.direction == "local");
    let mut rows = rows.filter(|row| row.after.get(field).is_some_and(|after| index.same(field, after, value)));
    rows.next().and_then(|row| millis(&row.sync_time))
}

pub(crate) fn millis(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

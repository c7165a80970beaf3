//! No text goes back: the mirror never takes over a title or a body that the tracker had replaced before it had what the mirror showed.
//!
//! It would heal with the next look, and until then everybody would read the past. Other fields take the same few values
//! again and again, so that their past cannot be told from their present. Edits of one second have no order on the tracker.

use serde_json::Value;

use crate::convergence::short;
use crate::index::{Index, Subject};
use crate::input::{LocalRow, LogRow};
use crate::order::millis;
use crate::report::Report;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    for (local, subject, log) in index.tracked() {
        row(index, report, local, subject, log);
    }
}

fn row(index: &Index<'_>, report: &mut Report, row: &LocalRow, subject: Subject, log: &[&LogRow]) {
    for entry in log.iter().filter(|entry| entry.kind == "pull") {
        let until = millis(&entry.sync_time).unwrap_or(i64::MAX);
        for field in ["title", "body"] {
            let (Some(before), Some(after)) = (entry.before.get(field), entry.after.get(field)) else { continue };
            let shown = set_at(index, subject, (field, before), until).into_iter().min();
            let taken = set_at(index, subject, (field, after), until).into_iter().max();
            if taken.zip(shown).is_some_and(|(taken, shown)| taken / 1000 < shown / 1000) {
                report.rollbacks += 1;
                let (before, after) = (short(before), short(after));
                report.details.push(format!("rolled back: {field} of {} from {before} to {after}, its past", row.id));
            }
        }
    }
}

/// When this value was set on the tracker, by whomever.
fn set_at(index: &Index<'_>, subject: Subject, (field, value): (&str, &Value), until: i64) -> Vec<i64> {
    let edits = index.edits.get(&subject).into_iter().flatten();
    let edits = edits.filter(|edit| edit.field == field && index.same(field, &edit.after, value));
    let created = index
        .creates
        .get(&subject)
        .filter(|made| made.value.get(field).is_some_and(|first| index.same(field, first, value)));
    let all = edits.map(|edit| edit.at_ms).chain(created.map(|made| made.at_ms));
    all.filter(|at_ms| *at_ms <= until).collect()
}

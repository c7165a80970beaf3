//! An open conflict holds both present values, so that nobody has to go looking for what may be lost.

use crate::index::{Index, Subject};
use crate::input::LocalRow;
use crate::report::Report;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    report.superseded = index.mirror.log.iter().filter(|row| row.kind == "superseded").count() as u64;
    for issue in index.mirror.issues.iter().filter(|issue| issue.lifecycle != "deleted") {
        let subject = index.subject(issue);
        row(index, report, issue, subject);
        for comment in issue.comments.iter().filter(|comment| comment.lifecycle != "deleted") {
            let at = subject.zip(comment.external_id).map(|(at, id)| Subject { comment: Some(id), ..at });
            row(index, report, comment, at);
        }
    }
}

fn row(index: &Index<'_>, report: &mut Report, row: &LocalRow, subject: Option<Subject>) {
    for conflict in &row.conflicts {
        report.conflicts += 1;
        let field = conflict.field.as_str();
        let held = |key: &str| conflict.values.get(key);
        let whole = match conflict.kind.as_str() {
            // Nothing is a value of these two: somebody cleared it.
            "lost_update" => {
                held("lost").is_some_and(|lost| !lost.is_null() || matches!(field, "milestone" | "due_date"))
            }
            _ => {
                let local = row.fields.get(field);
                let remote = subject.and_then(|subject| index.remote_value(subject, field));
                let is = |key: &str, value: Option<&serde_json::Value>| {
                    held(key).zip(value).is_some_and(|(held, value)| index.same(field, held, value))
                };
                is("local", local) && is("remote", remote.as_ref())
            }
        };
        if !whole {
            report.conflicts_without_both_values += 1;
            report.details.push(format!("the {} on {field} of {} does not hold both values", conflict.kind, row.id));
        }
    }
}

//! I1: after quiescence both sides show the same, or the mirror says openly why they do not.
//!
//! Excuses: an open clash or loop that holds exactly both values, a failed outbox row, a row that is detached or
//! moved, a field that the connection only pulls is no excuse.

use serde_json::{Value, json};

use crate::canon::FIELDS;
use crate::index::{Index, Subject};
use crate::input::{LocalRow, RemoteIssue};
use crate::report::Report;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    if index.forge.state.repos.is_empty() {
        report.diverged("the tracker has no repository: there is nothing to compare".to_owned());
    }
    for repo in index.repos() {
        for issue in repo.issues.iter().filter(|issue| !issue.pull) {
            let subject = Subject { repo: repo.id, number: issue.number, comment: None };
            let name = format!("{}#{}", repo.path, issue.number);
            remote_issue(index, report, subject, issue, &name);
        }
    }
    for issue in &index.mirror.issues {
        local_row(index, report, issue, index.subject(issue), "issue");
        let subject = index.subject(issue);
        for comment in &issue.comments {
            // With its issue gone or given up, a comment has nothing to agree with.
            if issue.lifecycle == "linked" {
                let subject = subject.zip(comment.external_id).map(|(at, id)| Subject { comment: Some(id), ..at });
                local_row(index, report, comment, subject, "comment");
            }
        }
    }
}

fn remote_issue(index: &Index<'_>, report: &mut Report, subject: Subject, issue: &RemoteIssue, name: &str) {
    let Some(row) = live(index, subject) else {
        if !excused(index, subject) {
            report.diverged(format!("{name} is on the tracker and not in the mirror"));
        }
        return;
    };
    if row.failed() || matches!(row.lifecycle.as_str(), "detached" | "moved") {
        return;
    }
    for field in FIELDS {
        let remote = issue.fields.get(field).unwrap_or(&Value::Null);
        compare(index, report, row, (field, remote), name);
    }
    for comment in &issue.comments {
        let at = Subject { comment: Some(comment.id), ..subject };
        let name = format!("comment {} of {name}", comment.id);
        match live(index, at) {
            Some(row) if row.failed() || row.lifecycle == "detached" => {}
            Some(row) => compare(index, report, row, ("body", &json!(comment.body)), &name),
            None if excused(index, at) => {}
            None => report.diverged(format!("{name} is on the tracker and not in the mirror")),
        }
    }
}

fn compare(index: &Index<'_>, report: &mut Report, row: &LocalRow, (field, remote): (&str, &Value), name: &str) {
    let local = row.fields.get(field).unwrap_or(&Value::Null);
    if index.same(field, local, remote) || open_conflict(index, row, field, local, remote) {
        return;
    }
    report.diverged(format!("{name}: {field} is {} in the mirror and {} on the tracker", short(local), short(remote)));
}

/// Whether an open clash or loop holds exactly both values.
fn open_conflict(index: &Index<'_>, row: &LocalRow, field: &str, local: &Value, remote: &Value) -> bool {
    row.conflicts.iter().any(|conflict| {
        let holds =
            |key: &str, value: &Value| conflict.values.get(key).is_some_and(|held| index.same(field, held, value));
        conflict.field == field
            && matches!(conflict.kind.as_str(), "clash" | "loop")
            && holds("local", local)
            && holds("remote", remote)
    })
}

fn local_row(index: &Index<'_>, report: &mut Report, row: &LocalRow, subject: Option<Subject>, kind: &str) {
    if row.failed() || matches!(row.lifecycle.as_str(), "detached" | "moved" | "deleted") {
        return;
    }
    let there = subject.is_some_and(|subject| index.remote_value(subject, "body").is_some());
    if row.lifecycle == "creating" {
        report.diverged(format!("{kind} {} is still being created", row.id));
    } else if !there {
        report.diverged(format!("{kind} {} is in the mirror and not on the tracker", row.id));
    }
}

fn live<'a>(index: &Index<'a>, subject: Subject) -> Option<&'a LocalRow> {
    index.rows.get(&subject)?.iter().find(|row| row.lifecycle != "deleted").copied()
}

/// A deletion that could not be carried out is said in the outbox.
fn excused(index: &Index<'_>, subject: Subject) -> bool {
    index.rows.get(&subject).is_some_and(|rows| rows.iter().any(|row| row.failed()))
}

/// A value short enough for a sentence.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 { text.chars().take(59).chain(['…']).collect() } else { text }
}

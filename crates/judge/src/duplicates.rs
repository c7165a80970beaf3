//! I3: one remote object for one mirror row, and one mirror row for one remote object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::canon::marked;
use crate::index::{Index, Subject};
use crate::report::Report;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    for kind in ["issue", "comment"] {
        report.duplicates += remote(index, report, kind);
    }
    for (subject, rows) in &index.rows {
        if rows.len() > 1 {
            let what = if subject.comment.is_some() { "comment" } else { "issue" };
            report.details.push(format!("{} mirror rows for one {what}: {subject:?}", rows.len()));
            report.duplicates += (rows.len() - 1) as u64;
        }
    }
}

/// Objects that the own account made once more because somebody had deleted the first before its lost answer was found: that it had ever been
/// there, nothing was left to tell.
pub(crate) fn made_again(index: &Index<'_>) -> u64 {
    let repos: BTreeSet<u64> = index.repos().iter().map(|repo| repo.id).collect();
    let made = index.forge.history.objects.iter().filter(|row| repos.contains(&row.repo_id));
    let made = made.filter(|row| row.action == "create" && index.is_own(&row.user));
    let (mut count, mut last) = (0, BTreeMap::<String, Subject>::new());
    for row in made {
        let Some(marker) = row.value.get("body").and_then(Value::as_str).and_then(marked) else { continue };
        let subject = Subject { repo: row.repo_id, number: row.number, comment: row.comment_id };
        let Some(first) = last.insert(marker, subject) else { continue };
        let whole = Subject { comment: None, ..first };
        let deleted = [first, whole].into_iter().filter_map(|at| index.deletes.get(&at));
        count += u64::from(deleted.into_iter().any(|end| end.seq < row.seq && !index.is_own(&end.user)));
    }
    count
}

/// Objects made by the own account twice: by their marker, and by there being more of them than rows made locally.
fn remote(index: &Index<'_>, report: &mut Report, kind: &str) -> u64 {
    // What went into a stranger's repository is no duplicate but astray, and judged as such.
    let ours: BTreeSet<u64> = index.repos().iter().map(|repo| repo.id).collect();
    let made = index.forge.history.objects.iter().filter(|row| ours.contains(&row.repo_id));
    let made = made.filter(|row| row.kind == kind && row.action == "create" && index.is_own(&row.user));
    let (mut count, mut by_marker) = (0_u64, BTreeMap::<String, u64>::new());
    // One that somebody deleted before its answer was found was not doubled by the one that came after it.
    let mut present = BTreeMap::<String, Subject>::new();
    for row in made {
        let marker = row.value.get("body").and_then(Value::as_str).and_then(marked);
        let subject = Subject { repo: row.repo_id, number: row.number, comment: row.comment_id };
        let last = marker.as_ref().and_then(|marker| present.insert(marker.clone(), subject));
        let gone = |last: &Subject| {
            let whole = Subject { comment: None, ..*last };
            [last, &whole].iter().any(|at| index.deletes.get(at).is_some_and(|end| end.seq < row.seq))
        };
        if last.as_ref().is_some_and(gone) {
            continue;
        }
        count += 1;
        if let Some(marker) = marker {
            *by_marker.entry(marker).or_default() += 1;
        }
    }
    let mut doubled = 0;
    for (marker, count) in by_marker.into_iter().filter(|(_, count)| *count > 1) {
        report.details.push(format!("{count} remote {kind}s bear the marker {marker}"));
        doubled += count - 1;
    }
    // A database that came back from a backup does not know all the rows that were made.
    let all_known = index.mirror.forgotten.is_empty();
    let excess = if all_known { count.saturating_sub(wanted(index, kind)) } else { 0 };
    if excess > doubled {
        report.details.push(format!("{excess} more {kind}s were made on the tracker than in the mirror"));
    }
    doubled.max(excess)
}

/// Rows made locally; one that is made again after a remote delete is a new row.
fn wanted(index: &Index<'_>, kind: &str) -> u64 {
    let rows = index.mirror.log.iter().filter(|row| row.kind == "create" && row.direction == "local");
    let rows = rows.filter(|row| row.comment_id.is_some() == (kind == "comment"));
    rows.map(|row| (&row.issue_id, &row.comment_id)).collect::<BTreeSet<_>>().len() as u64
}

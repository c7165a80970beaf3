//! I4: the mirror writes no more than people asked for. The bound is told, and a run over it is a detail; it does
//! not fail the run by itself, for a history cannot show every good reason for a second attempt.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::canon::is_set;
use crate::duplicates;
use crate::index::Index;
use crate::input::{LogRow, RequestRow};
use crate::report::Report;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    let own = |row: &&RequestRow| row.user.as_deref().is_some_and(|login| index.is_own(login));
    let writes = |row: &&RequestRow| row.method != "GET" && row.path.contains("/issues");
    let ours: BTreeSet<u64> = index.repos().iter().map(|repo| repo.id).collect();
    let mut unclear = 0;
    for row in index.forge.history.requests.iter().filter(own).filter(writes) {
        report.writes += 1;
        let fine = row.status.is_some_and(|status| (200..300).contains(&status)) && row.lost.is_none();
        // What went to a stranger who took the path between a look and the write is sent once more, to the place that was meant.
        let strange = row.repo_id.is_some_and(|id| !ours.contains(&id));
        unclear += u64::from(!fine || strange);
    }
    let asked: u64 = index.mirror.log.iter().map(|row| asked(index, row)).sum();
    let again = duplicates::made_again(index);
    if again > 0 {
        report.unprovable += again;
        report.details.push(format!("unprovable: {again} were made again after somebody deleted them unseen"));
    }
    report.write_bound = asked + unclear + again;
    if report.writes > report.write_bound {
        report.details.push(format!("{} writes where {} are explained", report.writes, report.write_bound));
    }
}

/// How many requests one log row explains: one per field, in sets one per element.
fn asked(index: &Index<'_>, row: &LogRow) -> u64 {
    let explains = row.direction == "local"
        || matches!(row.kind.as_str(), "refused" | "rewritten" | "retry" | "restore")
        || (row.kind == "lost_update" && was_given_up(index, row));
    if !explains {
        return 0;
    }
    let Some(after) = row.after.as_object().filter(|after| !after.is_empty()) else { return 1 };
    let before = |field: &str| row.before.get(field).unwrap_or(&Value::Null);
    let count = |(field, value): (&String, &Value)| {
        if !is_set(field) {
            return 1;
        }
        let (old, new) = (index.names.set(field, before(field)), index.names.set(field, value));
        (new.iter().filter(|item| !old.contains(item)).count() + old.iter().filter(|item| !new.contains(item)).count())
            as u64
    };
    after.iter().map(count).sum::<u64>().max(1)
}

/// What a write of ours replaced may be the later of the two: then it wins on the mirror, and is sent back.
fn was_given_up(index: &Index<'_>, lost: &LogRow) -> bool {
    let of_item = |row: &&LogRow| row.issue_id == lost.issue_id && row.comment_id == lost.comment_id;
    let inbound = index.mirror.log.iter().filter(of_item).filter(|row| row.direction == "inbound");
    let given_up = inbound.flat_map(|row| row.before.as_object()).flatten();
    let ours = lost.after.as_object();
    given_up.into_iter().any(|(field, value)| {
        ours.is_some_and(|ours| ours.get(field).is_some_and(|sent| is_set(field) || sent == value))
    })
}

//! What must hold: while the world turns, and when it has come to rest. I1, I2, I3 and I8 are judged by the judge.

use crate::rows::Rows;
use crate::watch::Watch;
use crate::world::{World, now};
use crate::{mirror, replay, tracker};
use issuesync_judge::Report;
use issuesync_model::{ConflictKind, ConnectionId, Field, Item, ItemId, OutboxStatus};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// What only ever grows (I7).
#[derive(Debug, Default)]
pub struct Marks {
    items: BTreeMap<ItemId, (i64, i64, i64)>,
    connection: BTreeMap<ConnectionId, (i64, i64)>,
    watch: Watch,
}

impl Marks {
    /// I7: rev, version, fence and cursors never decrease. I9: never two writes to one issue at a time. I12: no conflicts in sets and booleans.
    pub fn check(&mut self, world: &World) -> Vec<String> {
        let mut found = self.watch.check(world);
        world.rows(|rows| self.grown(rows, &mut found));
        let traffic = world.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(traffic.doubled.iter().map(|target| format!("I9: two writes at a time to {target}")));
        found
    }

    fn grown(&mut self, rows: &Rows<'_>, found: &mut Vec<String>) {
        for item in rows.items.values() {
            let marks = (item.rev, item.version, item.outbox.fence);
            let last = self.items.insert(item.id, marks).unwrap_or(marks);
            if marks.0 < last.0 || marks.1 < last.1 || marks.2 < last.2 {
                found.push(format!("I7: {} went back from {last:?} to {marks:?}", item.id));
            }
            found.extend(set_conflicts(item));
        }
        for connection in rows.connections.values() {
            let marks = (connection.cursor_us.unwrap_or(i64::MIN), connection.comment_cursor_us.unwrap_or(i64::MIN));
            let last = self.connection.insert(connection.id, marks).unwrap_or(marks);
            if marks.0 < last.0 || marks.1 < last.1 {
                found.push(format!("I7: a cursor went back from {last:?} to {marks:?}"));
            }
        }
    }
}

fn set_conflicts(item: &Item) -> Vec<String> {
    let never = |field: Field| field.is_set() || field == Field::Locked;
    let clashes = item.conflicts.iter().filter(|open| open.kind == ConflictKind::Clash && never(open.field));
    clashes.map(|open| format!("I12: {} of {} clashes", open.field, item.id)).collect()
}

/// Writes that were sent to the tracker so far.
#[must_use]
pub fn writes(world: &World) -> u64 {
    world.traffic.lock().unwrap_or_else(PoisonError::into_inner).writes
}

/// Folds numbers into a hash (FNV-1a).
#[must_use]
pub fn fold(hash: u64, parts: &[u64]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.to_le_bytes());
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// A hash of everything that the store holds.
///
/// # Panics
/// When the store behind the gate does not answer, which the stores of a simulation always do.
#[must_use]
pub fn state_hash(world: &World) -> u64 {
    let told = now(issuesync_store::dump::dump(world.store.as_ref())).expect("the store behind the gate answers");
    told.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// I1, I2, I3, I4, I8 as the judge sees them, and I6: the log's chains hold and tell what the rows show.
pub fn judged(world: &World) -> (Report, Vec<String>) {
    let mirror = match mirror::document(world) {
        Ok(mirror) => mirror,
        Err(broken) => return (Report::default(), vec![format!("I6: {broken}")]),
    };
    let report = issuesync_judge::judge_typed(&tracker::document(world), &mirror);
    let mut found = Vec::new();
    for issue in world.issues() {
        let rows = now(world.store.history(issue.id)).unwrap_or_default();
        found.extend(replay::differences(&issue, &rows));
        found.extend(world.comments(&issue).iter().flat_map(|comment| replay::differences(comment, &rows)));
    }
    if !report.passed() {
        found.extend(report.details.iter().filter(|detail| !detail.starts_with("unprovable")).cloned());
        found.push("the judge does not pass it".to_owned());
    }
    // What a restored database forgot it cannot explain.
    if report.writes > report.write_bound && world.forgotten_ms.is_empty() {
        found.push(format!("I4: {} writes where {} are explained", report.writes, report.write_bound));
    }
    (report, found)
}

/// I10 and I11: nothing is left lying, neither deliveries nor rows to be sent.
pub fn litter(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let queued = now(world.store.queued()).unwrap_or(0);
    if queued > 0 {
        found.push(format!("I11: {queued} deliveries are left in the queue"));
    }
    world.rows(|rows| {
        for item in rows.items.values().filter(|item| item.outbox.status == OutboxStatus::Pending) {
            // What a tracker refused to create has no place for its comments either; both wait for a person.
            let refused = |issue: &Item| issue.outbox.status == OutboxStatus::Failed && issue.number.is_none();
            if !rows.items.get(&item.issue()).is_some_and(refused) {
                found
                    .push(format!("I10: the outbox row of {} is still pending: {:?}", item.id, item.outbox.last_error));
            }
        }
    });
    found
}

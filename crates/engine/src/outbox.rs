//! Settles an item's outbox row after a merge: is there still something to send?

use issuesync_model::{Attempt, Item, Lifecycle, Outbox, OutboxKind, OutboxStatus, Outcome};

/// Brings the outbox row in line with what the merge of this very commit left to send.
///
/// `left` says whether something is left to send, `held` whether a field waits for a write in flight or for dated history.
pub(crate) fn settle(item: &mut Item, left: bool, held: bool, now_us: i64) {
    if matches!(item.lifecycle, Lifecycle::Deleted | Lifecycle::Detached | Lifecycle::Moved) {
        complete(&mut item.outbox);
        return;
    }
    // A create or a delete is settled by its own outcome, and one that failed by a person, not by a look at the item.
    let waits = item.outbox.status != OutboxStatus::Completed && item.outbox.kind != OutboxKind::Update;
    if waits || is_writing(item, now_us) {
        return;
    }
    if left {
        if item.outbox.status == OutboxStatus::Completed {
            make_due(&mut item.outbox, OutboxKind::Update, now_us);
        }
    } else if !held {
        complete(&mut item.outbox);
    }
}

/// Whether a claimer is between its intent and its result.
pub(crate) fn is_writing(item: &Item, now_us: i64) -> bool {
    on_their_way(item, now_us).next().is_some()
}

/// The attempts of the claimer that holds the lease now, without an outcome.
pub(crate) fn on_their_way(item: &Item, now_us: i64) -> impl Iterator<Item = &Attempt> {
    let (leased, fence) = (item.outbox.is_leased(now_us), item.outbox.fence);
    let is_open = move |attempt: &&Attempt| attempt.outcome == Outcome::InFlight && attempt.fence == fence;
    item.attempts.iter().filter(move |attempt| leased && is_open(attempt))
}

/// Nothing more to send.
pub(crate) fn complete(outbox: &mut Outbox) {
    outbox.kind = OutboxKind::Update;
    outbox.status = OutboxStatus::Completed;
    outbox.changes = issuesync_model::Fields::new();
    outbox.retry_count = 0;
    outbox.races = 0;
    outbox.one_by_one = false;
    outbox.last_error = None;
}

/// Something to send, now.
pub(crate) fn make_due(outbox: &mut Outbox, kind: OutboxKind, now_us: i64) {
    if outbox.status != OutboxStatus::Pending {
        outbox.retry_count = 0;
        outbox.races = 0;
        outbox.one_by_one = false;
        outbox.last_error = None;
    }
    outbox.kind = kind;
    outbox.status = OutboxStatus::Pending;
    outbox.next_retry_us = now_us;
}

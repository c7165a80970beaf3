//! What is seen of a row under its tombstone: what comes back after it, and what was on its way as it fell.

use crate::absorb::{owed, remote_of};
use crate::draft::Draft;
use crate::ground::Ground;
use crate::newer::verdict;
use crate::outbox;
use crate::seen::Seen;
use issuesync_merge::Verdict;
use issuesync_model::log::Entry;
use issuesync_model::{Action, CheckKind, Direction, Evidence, Fields, Item, Lifecycle, LogKind, Source};

/// A deleted row of which the tracker shows itself again: only a GET sent after the tombstone brings it back.
pub(crate) fn revive(draft: &mut Draft, seen: &Seen, observed: &Fields, ground: &Ground<'_>) {
    let sent_us = seen.observation.t_send_us;
    let buried_us = draft.item.tombstone.as_ref().map_or(i64::MAX, |tombstone| tombstone.at_us);
    if sent_us <= buried_us {
        keep_in_tombstone(&mut draft.item, seen, observed, ground);
        return;
    }
    if seen.observation.source != Source::Get {
        let key = seen.check_key(draft.item.connection, CheckKind::Refetch);
        draft.set.checks.push(owed(key, ground.now_us, Evidence::default()));
        return;
    }
    let item = &mut draft.item;
    let before = item.local.clone();
    item.lifecycle = Lifecycle::Linked;
    item.tombstone = None;
    item.base = observed.clone();
    item.local = observed.clone();
    item.remote = Some(remote_of(None, seen, observed, ground));
    item.conflicts.clear();
    item.edits.clear();
    outbox::complete(&mut item.outbox);
    let mut entry = Entry::new(Direction::Inbound, LogKind::Restore);
    entry.action = Action::Create;
    entry.before = before;
    entry.after = observed.clone();
    draft.log(entry);
}

/// What was seen while the delete was on its way is what it took with it, if it is the newer: a tombstone holds the last that was seen.
fn keep_in_tombstone(item: &mut Item, seen: &Seen, observed: &Fields, ground: &Ground<'_>) {
    if verdict(item, seen, observed, ground) == Verdict::Accept {
        item.remote = Some(remote_of(item.remote.as_ref(), seen, observed, ground));
        if let Some(tombstone) = &mut item.tombstone {
            tombstone.remote = Some(observed.clone());
        }
    }
}

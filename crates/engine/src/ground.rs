//! What a merge of a row stands on, and that merge: the row against its last accepted observation.

use crate::draft::Draft;
use crate::link::Link;
use crate::outbox;
use crate::own;
use issuesync_merge::{Policy, Push};
use issuesync_model::timing::SECOND_US;
use issuesync_model::{Cx, Edit, Event, Field, OutboxStatus, Source, Theta, Timing};
use std::collections::BTreeSet;

/// What stays the same for every observation of one step.
pub(crate) struct Ground<'a> {
    pub cx: &'a Cx,
    pub link: &'a Link,
    pub timing: &'a Timing,
    pub theta: Theta,
    pub policy: Policy,
    pub now_us: i64,
}

impl Ground<'_> {
    /// The latest store time at which the tracker can have given something this stamp; stamps may be whole seconds.
    pub(crate) fn latest_us(&self, stamp_us: i64) -> i64 {
        let at_us = self.theta.to_local(stamp_us, self.now_us).saturating_add(SECOND_US);
        at_us.saturating_add(self.theta.eps_of(stamp_us, self.now_us))
    }

    /// How far a look of this kind may show the past, microseconds: a list may lag behind, and so may a replica.
    pub(crate) fn lag_us(&self, source: Source) -> i64 {
        let is_behind = source == Source::List && !self.link.connection.capabilities.list_is_fresh;
        if is_behind { self.timing.stale_list_us() } else { self.timing.replica_lag_us() }
    }
}

/// Merges the row with its last accepted observation, but for fields of which it is unsure what shows, and those of which a write on its way
/// or without an answer may have set what shows, and settles the outbox. Answers what is left to send, without the former.
pub(crate) fn merge_held(draft: &mut Draft, unsure: &BTreeSet<Field>, ground: &Ground<'_>) -> Push {
    let item = &mut draft.item;
    let own = own::in_flight(item, ground.now_us).chain(own::unexplained(item));
    let held: BTreeSet<Field> = unsure.iter().copied().chain(own).collect();
    let Some(remote) = &item.remote else { return Push::default() };
    let mut effective = remote.fields.clone();
    for field in &held {
        if let Some(value) = item.base.get(*field) {
            effective.set(*field, value.clone());
        }
    }
    let input = issuesync_merge::Input {
        base: &item.base,
        local: &item.local,
        remote: &effective,
        edits: &item.edits,
        changes: &remote.changes,
        u_us: ground.theta.to_local(remote.u_us, ground.now_us),
        conflicts: &item.conflicts,
        now_us: ground.now_us,
    };
    let mut merged = issuesync_merge::merge(&input, &ground.policy);
    item.base = merged.base;
    if merged.push.fields().contains(&Field::Body) && merged.local.get(Field::Body) != item.local.get(Field::Body) {
        // A text that the merge itself wrote is as new as this merge.
        let edit = Edit { at_us: ground.now_us, set_in: item.version + 1, returned: false };
        item.edits.insert(Field::Body, edit);
    }
    // Whoever went back to the shared value chose that one, and no other that it may become.
    for (field, edit) in &mut item.edits {
        let stands = merged.local.get(*field) == item.local.get(*field);
        edit.returned &= stands && merged.local.get(*field) == item.base.get(*field);
    }
    own::give_up(&mut item.attempts, &item.local, &merged.local, &effective);
    item.local = merged.local;
    item.conflicts = merged.conflicts;
    let left = merged.push.fields().into_iter().any(|field| !held.contains(&field));
    outbox::settle(item, left, !held.is_empty(), ground.now_us);
    if !held.is_empty() && item.outbox.status == OutboxStatus::Pending {
        item.outbox.next_retry_us = item.outbox.next_retry_us.max(ground.now_us + ground.timing.reread_us());
    }
    merged.log.into_iter().for_each(|entry| draft.log(entry));
    for field in merged.opened {
        let detail = format!("Both sides changed {field} at about the same time; choose a value.");
        draft.notify(ground.cx, Event::ConflictOpened, detail);
    }
    unsure.iter().for_each(|field| merged.push.leave_out(*field));
    merged.push
}

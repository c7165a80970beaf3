//! Absorbs one observation into one item: accept rule, evidence, own writes, merge, outbox. Pure but for ids, which come from [`Cx`].
//!
//! What it answers is a change set; [`crate::observe`] commits it and starts over when the row changed meanwhile.

use crate::agreement::{confirm_returned, earliest_shown_us, unconfirmed, unconfirmed_known};
use crate::audit::audit;
use crate::buried::revive;
use crate::dated::weigh;
use crate::draft::{Draft, blank};
use crate::ground::{Ground, merge_held};
use crate::newer::{sent_us, verdict};
use crate::outbox;
use crate::own::{self};
use crate::seen::{Door, Seen};
use issuesync_merge::Verdict;
use issuesync_model::log::Entry;
use issuesync_model::{
    Action, Check, CheckKey, CheckKind, Direction, Event, Evidence, Field, Fields, Item, ItemId, ItemKind, Lifecycle,
    LogKind, Named, Observation, OutboxKind, Reason, Remote, Source, State, Value,
};
use issuesync_store::ChangeSet;

/// What became of an observation.
pub(crate) struct Absorbed {
    pub set: ChangeSet,
    /// The item as it is after the commit; `None` when the observation is not mirrored.
    pub item: Option<Item>,
    pub changed: bool,
    /// It is, or may be, older than what is known.
    pub stale: bool,
}

/// Absorbs an observation into the row that was loaded for it, or into a new one.
pub(crate) fn absorb(before: Option<Item>, seen: &Seen, ground: &Ground<'_>) -> Absorbed {
    let rules = &ground.link.connection.capabilities.canon;
    let mut observed = issuesync_merge::canon(&seen.observation.fields, rules);
    let (mut draft, stale) = match before {
        None => match import(seen, &observed, ground) {
            Some(draft) => (draft, false),
            None => {
                return Absorbed { set: settled(ChangeSet::default(), seen), item: None, changed: false, stale: false };
            }
        },
        Some(item) => {
            if !rules.reasons {
                keep_reason(&mut observed, &item.local);
            }
            if is_old_news(&item, seen, &observed, ground) {
                return Absorbed {
                    set: settled(ChangeSet::default(), seen),
                    item: Some(item),
                    changed: false,
                    stale: false,
                };
            }
            let mut draft = Draft::of(item);
            let stale = refresh(&mut draft, seen, &observed, ground);
            (draft, stale)
        }
    };
    draft.set = settled(std::mem::take(&mut draft.set), seen);
    let (set, item, changed) = draft.finish(ground.cx, ground.link, seen.cause.as_deref());
    Absorbed { set, item: Some(item), changed, stale }
}

/// The short way for most of what a full pass sees: the same content again, all of it merged, and nothing that waits for a look.
fn is_old_news(item: &Item, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> bool {
    item.lifecycle == Lifecycle::Linked
        && item.attempts.is_empty()
        && !item.edits.values().any(|edit| edit.returned)
        && seen.named.is_empty()
        && matches!(seen.door, Door::Look)
        && item.remote.as_ref().is_some_and(|remote| remote.comment_count == seen.observation.comment_count)
        && observed.iter().all(|(field, value)| item.base.get(field) == Some(value))
        && verdict(item, seen, observed, ground) == Verdict::Same
        && ground.link.connection.settings.filter.is_empty()
}

/// A change set that also settles what led to the observation.
pub(crate) fn settled(mut set: ChangeSet, seen: &Seen) -> ChangeSet {
    set.checks_done.extend(seen.checks_done.iter().cloned());
    set.deliveries_done.extend(seen.deliveries_done.iter().cloned());
    set
}

/// A tracker without close reasons says nothing about them: the mirror's reason stands.
fn keep_reason(observed: &mut Fields, local: &Fields) {
    if let (Some(Value::State(State::Closed(Reason::None))), State::Closed(reason)) =
        (observed.get(Field::State), local.state())
    {
        observed.set(Field::State, Value::State(State::Closed(reason)));
    }
}

/// A new row for something that was not known; `None` when the filter keeps it out.
fn import(seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> Option<Draft> {
    let observation = &seen.observation;
    if observation.issue_number.is_none() && !crate::pass::matches(ground.link, observation, observed) {
        return None;
    }
    let id = ItemId(ground.cx.uuid());
    let mut item = blank(id, ground);
    item.parent = seen.parent;
    item.lifecycle = Lifecycle::Linked;
    item.base = observed.clone();
    item.local = observed.clone();
    take_identity(&mut item, observation);
    item.remote = Some(remote_of(None, seen, observed, ground));
    let mut draft = Draft::new(item);
    let mut entry = Entry::new(Direction::Inbound, LogKind::Create);
    entry.action = Action::Create;
    entry.after = observed.clone();
    draft.log(entry);
    if seen.twin {
        draft.log(Entry::new(Direction::Inbound, LogKind::Duplicate));
        let detail = format!(
            "Number {} carries the marker of an item that is on the tracker already; it is kept as an item of its own.",
            seen.observation.number
        );
        draft.notify(ground.cx, Event::Duplicate, detail);
    }
    Some(draft)
}

fn take_identity(item: &mut Item, observation: &Observation) {
    item.number = Some(observation.number);
    item.url = Some(observation.url.clone());
    item.author.clone_from(&observation.author);
    item.created_us = observation.created_us;
}

/// What is known of the tracker by this observation.
pub(crate) fn remote_of(previous: Option<&Remote>, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> Remote {
    let observation = &seen.observation;
    let evidence = issuesync_merge::Seen {
        previous,
        observed,
        u_us: observation.u_us,
        t_recv_us: observation.t_recv_us,
        pass_ok_us: ground.link.connection.pass_ok_us,
        commit_lag_us: if ground.link.connection.capabilities.list_is_fresh {
            ground.timing.commit_lag_us
        } else {
            ground.timing.stale_list_us()
        },
        named: &seen.named,
        other_changes: previous.is_some_and(|previous| previous.comment_count != observation.comment_count),
    };
    Remote {
        fields: observed.clone(),
        u_us: observation.u_us,
        t_send_us: observation.t_send_us,
        t_recv_us: observation.t_recv_us,
        changes: issuesync_merge::changes(&evidence, &ground.theta, ground.now_us),
        comment_count: observation.comment_count,
        content_version: observation.content_version,
    }
}

/// An observation of a known row. Answers whether it is, or may be, older than what is known.
fn refresh(draft: &mut Draft, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> bool {
    let forgotten = draft.item.lifecycle == Lifecycle::Creating && draft.item.attempts.is_empty();
    match draft.item.lifecycle {
        Lifecycle::Creating => adopt(draft, seen, observed, ground),
        Lifecycle::Deleted => {
            revive(draft, seen, observed, ground);
            return false;
        }
        Lifecycle::Moved => return false,
        Lifecycle::Linked | Lifecycle::Detached => {}
    }
    audit(draft, &seen.named, ground);
    let verdict = verdict(&draft.item, seen, observed, ground);
    let connection = draft.item.connection;
    match verdict {
        Verdict::Stale => put_regressed(draft, seen, observed, ground),
        Verdict::Refetch => {
            take_written(&mut draft.item, seen, observed);
            let known_us = draft.item.remote.as_ref().map_or(i64::MIN, |remote| remote.t_recv_us);
            let due_us = known_us.saturating_add(ground.timing.replica_lag_us()).max(ground.now_us);
            draft.set.checks.push(owed(seen.check_key(connection, CheckKind::Refetch), due_us, Evidence::default()));
        }
        Verdict::Accept => {
            let mut remote = remote_of(draft.item.remote.as_ref(), seen, observed, ground);
            if forgotten {
                date_after_making(&draft.item, &mut remote);
            }
            draft.item.remote = Some(remote);
        }
        Verdict::Same => same(&mut draft.item, seen),
    }
    let fresh = match verdict {
        Verdict::Accept | Verdict::Same => true,
        Verdict::Refetch => seen.is_answer(),
        Verdict::Stale => false,
    };
    recognise_and_merge(draft, seen, observed, fresh, ground);
    !fresh
}

/// Of a text that was never edited here it is known what was sent, although nobody remembers the sending: whatever else shows came after it.
fn date_after_making(item: &Item, remote: &mut Remote) {
    for field in [Field::Title, Field::Body] {
        if let (Some(edit), Some(change)) = (item.edits.get(&field), remote.changes.get_mut(&field))
            && edit.set_in == 1
            && item.local.get(field) != remote.fields.get(field)
        {
            change.lo_us = change.lo_us.max(edit.at_us);
            change.hi_us = change.hi_us.max(edit.at_us);
        }
    }
}

/// What our own write set is known of the tracker from its answer on, even where nobody can tell whether the rest of the answer or what
/// is known of the same second is the newer: else the value from before the write would be pulled over what was just written. What an
/// earlier answer to the same attempt told is not: of that this one shows no more than any look.
fn take_written(item: &mut Item, seen: &Seen, observed: &Fields) {
    let (Door::Answer(id, sent), Source::Answer, Some(remote)) =
        (&seen.door, seen.observation.source, &mut item.remote)
    else {
        return;
    };
    let parts = item.attempts.iter().filter(|attempt| attempt.id == *id).flat_map(|attempt| &attempt.fields);
    for part in parts.filter(|part| !part.settled && sent.contains(&part.field)) {
        if let Some(value) = observed.get(part.field) {
            remote.fields.set(part.field, value.clone());
        }
    }
}

/// The same content again: remember what only a newer look can tell, without making a row change of it alone.
fn same(item: &mut Item, seen: &Seen) {
    if let Some(remote) = &mut item.remote
        && remote.comment_count != seen.observation.comment_count
        && seen.observation.comment_count.is_some()
    {
        remote.comment_count = seen.observation.comment_count;
        remote.t_send_us = remote.t_send_us.max(seen.observation.t_send_us);
    }
}

/// A check that is to be made at `due_us`.
pub(crate) fn owed(key: CheckKey, due_us: i64, evidence: Evidence) -> Check {
    Check { key, due_us, evidence, tries: 0 }
}

fn put_regressed(draft: &mut Draft, seen: &Seen, observed: &Fields, ground: &Ground<'_>) {
    let counts_as_get = matches!(seen.observation.source, Source::Get | Source::List);
    let t_send_us = sent_us(&draft.item, seen, ground);
    if counts_as_get && draft.item.remote.as_ref().is_some_and(|remote| remote.t_send_us < t_send_us) {
        let evidence = Evidence {
            first_us: ground.now_us,
            hash: Some(issuesync_merge::content_hash(observed)),
            ..Evidence::default()
        };
        let key = seen.check_key(draft.item.connection, CheckKind::Regressed);
        draft.set.checks.push(owed(key, ground.now_us + ground.timing.regress_confirm_us, evidence));
    }
}

/// The row is on the tracker now: by the answer to its POST, or because its marker was found.
fn adopt(draft: &mut Draft, seen: &Seen, observed: &Fields, ground: &Ground<'_>) {
    let item = &mut draft.item;
    take_identity(item, &seen.observation);
    item.lifecycle = Lifecycle::Linked;
    // Also where nobody remembers the sending: its body goes on bearing the marker.
    item.made_here = true;
    let direct = matches!(seen.door, Door::Answer(..));
    let attempt = item.attempts.iter().rev().find(|attempt| attempt.kind == OutboxKind::Create).cloned();
    // A new item is empty but for what was sent with it: anything else that shows on it by now is somebody's edit.
    for field in observed.keys() {
        item.base.set(field, field.empty());
    }
    let mut entry = Entry::new(Direction::Outbound, if direct { LogKind::Create } else { LogKind::Adopt });
    entry.action = Action::Create;
    draft.log(entry);
    if let Some(attempt) = attempt {
        let sent: Vec<Field> = attempt.fields.iter().map(|part| part.field).collect();
        for entry in own::answered(&mut draft.item, observed, attempt.id, &sent, direct, ground.now_us) {
            draft.log(entry);
        }
    }
    let item = &mut draft.item;
    for attempt in item.attempts.iter_mut().filter(|attempt| attempt.kind == OutboxKind::Create) {
        attempt.outcome = issuesync_model::Outcome::Done;
        attempt.t_done_us = Some(ground.now_us);
        attempt.fields.iter_mut().for_each(|part| (part.settled, part.audited) = (true, true));
    }
    own::forget_settled(item);
    let next = if item.delete_wanted { OutboxKind::Delete } else { OutboxKind::Update };
    item.delete_wanted = false;
    outbox::complete(&mut item.outbox);
    if next == OutboxKind::Delete {
        outbox::make_due(&mut item.outbox, next, ground.now_us);
    }
}

fn recognise_and_merge(draft: &mut Draft, seen: &Seen, observed: &Fields, fresh: bool, ground: &Ground<'_>) {
    let mut held = std::collections::BTreeSet::new();
    match &seen.door {
        // A replica's past says nothing of what became of our write. The write's own answer does, however late it comes: what is known by
        // now came after it.
        Door::Answer(..) if !fresh && !seen.is_answer() => {}
        Door::Answer(attempt, sent) => {
            for entry in own::answered(&mut draft.item, observed, *attempt, sent, seen.is_answer(), ground.now_us) {
                draft.log(entry);
            }
        }
        door if fresh && !draft.item.attempts.is_empty() => {
            let landed = if let Door::History(history) = door { Some(weigh(draft, history, ground)) } else { None };
            let u_us = ground.latest_us(seen.observation.u_us);
            let rules = &ground.link.connection.capabilities.canon;
            // A notice of another value than what shows says nothing of what shows.
            let ours = |named: &&Named| {
                let to = named.to.as_ref().map(|to| issuesync_merge::canon_value(named.field, to, rules));
                named.sender == Some(ground.link.account.self_id)
                    && to.is_none_or(|to| observed.get(named.field) == Some(&to))
            };
            let self_named: Vec<Field> = seen.named.iter().filter(ours).map(|named| named.field).collect();
            let found =
                own::seen(&mut draft.item, observed, u_us, &self_named, landed.as_ref(), ground.now_us, ground.timing);
            if !found.reverted.is_empty() {
                let key = seen.check_key(draft.item.connection, CheckKind::Audit);
                draft.set.checks.push(owed(key, ground.now_us, Evidence::default()));
            }
            found.log.into_iter().for_each(|entry| draft.log(entry));
            held = found.held;
        }
        _ => {}
    }
    if draft.item.kind() == ItemKind::Issue && !filtered(draft, seen, observed, ground) {
        return;
    }
    let is_known = draft.item.remote.as_ref().is_some_and(|remote| remote.fields == *observed);
    let unconfirmed = if fresh && is_known {
        let shown_us = earliest_shown_us(seen, ground);
        confirm_returned(&mut draft.item, observed, shown_us);
        unconfirmed(&draft.item, observed, shown_us)
    } else {
        unconfirmed_known(&draft.item, ground)
    };
    let edited = unconfirmed.iter().filter_map(|field| draft.item.edits.get(field)).map(|edit| edit.at_us);
    if let Some(edited_us) = edited.max() {
        let key = seen.check_key(draft.item.connection, CheckKind::Refetch);
        let due_us = edited_us.saturating_add(ground.timing.replica_lag_us()).max(ground.now_us);
        draft.set.checks.push(owed(key, due_us, Evidence::default()));
        held.extend(unconfirmed);
    }
    merge_held(draft, &held, ground);
}

/// Follows the filter: an issue that stops matching is kept and let alone. Answers whether it matches.
fn filtered(draft: &mut Draft, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> bool {
    let matches = crate::pass::matches(ground.link, &seen.observation, observed);
    match (draft.item.lifecycle, matches) {
        (Lifecycle::Linked, false) => {
            draft.item.lifecycle = Lifecycle::Detached;
            outbox::settle(&mut draft.item, false, false, ground.now_us);
            draft.log(Entry::new(Direction::Inbound, LogKind::Detach));
        }
        (Lifecycle::Detached, true) => {
            draft.item.lifecycle = Lifecycle::Linked;
            draft.log(Entry::new(Direction::Inbound, LogKind::Restore));
        }
        _ => {}
    }
    matches
}

//! The audit of our own writes: a foreign edit that one of them replaced in the gap comes to light, and its value is kept.

use crate::draft::Draft;
use crate::ground::Ground;
use crate::own;
use issuesync_model::log::Entry;
use issuesync_model::{
    AttemptField, Conflict, ConflictKind, Direction, Event, Field, Fields, LogKind, Named, OutboxKind, Outcome, Value,
};

/// Looks at the echo of our own writes: a value before our write that we neither read nor wrote was somebody's, and is kept.
pub(crate) fn audit(draft: &mut Draft, named: &[Named], ground: &Ground<'_>) {
    let rules = &ground.link.connection.capabilities.canon;
    for named in named.iter().filter(|named| named.sender == Some(ground.link.account.self_id)) {
        let Some(from) = &named.from else { continue };
        let from = issuesync_merge::canon_value(named.field, from, rules);
        let to = named.to.as_ref().map(|to| issuesync_merge::canon_value(named.field, to, rules));
        let stamp_us = named.u_us.filter(|u_us| issuesync_merge::is_stamp(*u_us));
        let until_us = stamp_us.map_or(i64::MAX, |u_us| ground.latest_us(u_us));
        audit_field(draft, named.field, (&from, to.as_ref()), until_us, ground);
    }
}

/// One dated or echoed change of ours: `from` is the value just before it, `to` the value it set, where that is told, and `until_us` the latest
/// store time at which it was made.
pub(crate) fn audit_field(
    draft: &mut Draft,
    field: Field,
    (from, to): (&Value, Option<&Value>),
    until_us: i64,
    ground: &Ground<'_>,
) {
    let item = &mut draft.item;
    let is_of = |part: &AttemptField| to.is_some_and(|to| own::set(part, to));
    let parts = || item.attempts.iter().flat_map(|attempt| &attempt.fields).filter(|part| part.field == field);
    let was_told = parts().any(|part| part.audited && is_of(part));
    let is_ours = parts().any(|part| own::set(part, from));
    let read_it = |part: &AttemptField| part.read.as_ref() == Some(from);
    let (was_read, was_read_by_it) = (parts().any(read_it), parts().any(|part| is_of(part) && read_it(part)));
    let mut open: Vec<(Outcome, &mut AttemptField)> = item
        .attempts
        .iter_mut()
        .filter(|attempt| attempt.kind != OutboxKind::Create && attempt.t_send_us <= until_us)
        .flat_map(|attempt| attempt.fields.iter_mut().map(|part| (attempt.outcome, part)))
        .filter(|(_, part)| part.field == field && !part.audited)
        .collect();
    // What was told of an earlier time is of no write that began later.
    // The echo of a later write says nothing of an earlier one, nor that of an earlier one, told once more, of a later one. A value that
    // nothing is known to have set is that of the oldest write that can have led to it: it may as well come late, from a write that nobody
    // remembers, and this one goes on to wait for its own.
    let of_value = open.iter().position(|(_, part)| is_of(part));
    let led = || open.iter().position(|(outcome, part)| can_lead_to(part, *outcome, to));
    let Some(at) = of_value.or_else(|| led().filter(|_| !was_told)) else { return };
    let (_, part) = open.swap_remove(at);
    part.audited = of_value.is_some();
    // What a write of another value had read was replaced by that one: if it was there again, somebody set it again.
    let known = is_ours || if part.audited { was_read_by_it } else { was_read };
    let sent = part.sent.clone();
    own::forget_settled(item);
    if !known {
        keep_lost(draft, field, from, &sent, ground);
    }
}

/// Keeps somebody's value that a write of ours replaced, and tells of it; `by` is what replaced it.
pub(crate) fn keep_lost(draft: &mut Draft, field: Field, lost: &Value, by: &Value, ground: &Ground<'_>) {
    let item = &mut draft.item;
    let mut open = item.conflicts.iter().filter(|open| open.field == field && open.kind == ConflictKind::LostUpdate);
    if open.clone().any(|open| open.lost.as_ref() == Some(lost)) {
        return;
    }
    // One record is open per field; a second loss before a person looked at the first is in the log and told all the same.
    if open.next().is_none() {
        item.conflicts.push(Conflict {
            field,
            kind: ConflictKind::LostUpdate,
            base: item.base.value(field),
            local: item.local.value(field),
            remote: by.clone(),
            lost: Some(lost.clone()),
            suggestion: None,
            at_us: ground.now_us,
            change: None,
            opened_us: ground.now_us,
        });
    }
    let mut entry = Entry::new(Direction::Outbound, LogKind::LostUpdate);
    entry.before = Fields::new().with(field, lost.clone());
    entry.after = Fields::new().with(field, by.clone());
    draft.log(entry);
    let detail = format!("Our write of {field} replaced an edit made at the same moment; it is kept in the conflicts.");
    draft.notify(ground.cx, Event::LostUpdate, detail);
}

/// Whether a write can have become this value: the tracker may have rewritten what it was sent, as long as the answer is not known. Who lost
/// the answer may have stopped looking for it, because the mirror took what shows for somebody's.
fn can_lead_to(part: &AttemptField, outcome: Outcome, to: Option<&Value>) -> bool {
    let is_unanswered = !part.settled || (outcome == Outcome::Unknown && part.became.is_none());
    to.is_none_or(|to| is_unanswered && part.read.as_ref() != Some(to))
}

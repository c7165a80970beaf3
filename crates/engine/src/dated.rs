//! The tracker's dated history of an item, weighed against our writes to it: what they replaced, what became of those without an answer, and which
//! of them landed and were taken back. Of bodies no tracker keeps one; their echo alone tells ([`crate::audit`]).

use crate::audit;
use crate::draft::Draft;
use crate::elements::asked;
use crate::ground::Ground;
use crate::outpaced;
use crate::own::{self, Landed};
use issuesync_model::{Attempt, AttemptField, AttemptId, CanonRules, Item, OutboxKind, Outcome, Value};
use issuesync_provider::HistoryEntry;
use std::collections::BTreeSet;

/// The dated history of an item as it was read, and the writes that it can speak of: those that were over when it was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    entries: Vec<HistoryEntry>,
    of: BTreeSet<AttemptId>,
}

impl History {
    /// What was read after the row was loaded as `item`, while none of its writes was on its way. Values become canonical.
    pub(crate) fn new(mut entries: Vec<HistoryEntry>, item: &Item, rules: &CanonRules) -> Self {
        for entry in &mut entries {
            for value in [&mut entry.from, &mut entry.to].into_iter().flatten() {
                *value = issuesync_merge::canon_value(entry.field, value, rules);
            }
        }
        Self { entries, ..Self::none(item) }
    }

    /// One that is kept nowhere, and speaks of all writes in saying nothing.
    pub(crate) fn none(item: &Item) -> Self {
        Self::unread(item, i64::MAX)
    }

    /// One that cannot be read, and counts as none for the writes that were sent before `until_us`.
    pub(crate) fn unread(item: &Item, until_us: i64) -> Self {
        let waited = item.attempts.iter().filter(|attempt| attempt.t_send_us < until_us);
        Self { entries: Vec::new(), of: waited.map(|attempt| attempt.id).collect() }
    }

    /// Whether it tells of no change of a field that a write of ours changed, as the tracker answered: then it is that of another issue of this
    /// number, or a replica's. A write that found its value there already has the entry of whoever set it since it was read.
    pub(crate) fn lacks_ours(&self, item: &Item, ground: &Ground<'_>) -> bool {
        let done = self.attempts(item).filter(|attempt| attempt.outcome == Outcome::Done);
        done.filter(|attempt| attempt.kind == OutboxKind::Update).any(|attempt| {
            let read_us = attempt.t_send_us - ground.timing.lease_us - ground.timing.replica_lag_us();
            let changes = |part: &&AttemptField| {
                own::has_history(part.field)
                    && !part.field.is_set()
                    && !part.audited
                    && part.read.as_ref() != Some(&part.sent)
            };
            let is_told = |part: &AttemptField| {
                self.entries.iter().any(|entry| entry.field == part.field && is_since(entry, read_us, ground))
            };
            attempt.fields.iter().filter(changes).any(|part| !is_told(part))
        })
    }

    /// Whether the looks since have recognised all the writes that it speaks of.
    pub(crate) fn is_of_settled(&self, item: &Item) -> bool {
        let mut parts = self.attempts(item).flat_map(|attempt| &attempt.fields);
        parts.all(|part| part.settled)
    }

    fn attempts<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a Attempt> {
        item.attempts.iter().filter(|attempt| self.of.contains(&attempt.id))
    }
}

/// Compares our dated writes with what was read before them; answers the fields of which the history shows our value, replaced later.
///
/// Whoever weighs recognises in the same commit: between the two a look would take what is audited and not recognised for forgotten.
pub(crate) fn weigh(draft: &mut Draft, history: &History, ground: &Ground<'_>) -> Landed {
    let self_id = ground.link.account.self_id;
    let mut landed = Landed { of: history.of.clone(), ..Landed::default() };
    let over = draft.item.attempts.iter_mut().filter(|attempt| history.of.contains(&attempt.id));
    // Whoever sent them and told no outcome died over it.
    let left = over.filter(|attempt| attempt.outcome == Outcome::InFlight);
    left.for_each(|attempt| attempt.outcome = Outcome::Unknown);
    name_rewritten(&mut draft.item, history, ground);
    let parts: Vec<_> = history
        .attempts(&draft.item)
        .filter(|attempt| attempt.kind == OutboxKind::Update)
        .flat_map(|attempt| attempt.fields.iter().map(move |part| (attempt.id, attempt.t_send_us, part.clone())))
        .collect();
    for (id, began_us, part) in parts {
        let of_field: Vec<&HistoryEntry> = history.entries.iter().filter(|entry| entry.field == part.field).collect();
        let since_read = &of_field[read_at(&part, &of_field)..];
        let since = |since_us| -> Vec<&HistoryEntry> {
            since_read.iter().copied().filter(|entry| is_since(entry, since_us, ground)).collect()
        };
        let dated = since(began_us);
        // The read before it was made within the same lease.
        let earlier = since(began_us - ground.timing.lease_us);
        outpaced::weigh(draft, &part, &dated, &earlier, ground);
        if part.field.is_set() {
            let named = |element| (id, part.field, element);
            landed.elements.extend(elements_back(&part, &dated, ground).into_iter().map(named));
            landed.their_elements.extend(their_elements(&part, &earlier, ground).into_iter().map(named));
            continue;
        }
        // A value that the tracker rewrote stands in its history as rewritten.
        let shows_it = |entry: &HistoryEntry| entry.to.as_ref().is_some_and(|to| own::set(&part, to));
        let is_own = |entry: &HistoryEntry| entry.user == Some(self_id);
        if earlier.last().is_some_and(|last| shows_it(last) && !is_own(last)) {
            landed.theirs.insert((id, part.field));
        }
        let Some(written) = dated.iter().position(|entry| is_own(entry) && shows_it(entry)) else { continue };
        if dated[written + 1..].iter().any(|entry| !shows_it(entry)) {
            landed.fields.insert((id, part.field), back_us(draft, &part, began_us, &dated, ground));
        }
        // Its entry was counted already when it was audited by its echo: it must not stand for that of a later write.
        if !part.audited
            && let Some(from) = &dated[written].from
        {
            audit::audit_field(draft, part.field, (from, Some(&part.sent)), i64::MAX, ground);
        }
    }
    // An echo may still be on its way.
    for attempt in draft.item.attempts.iter_mut().filter(|attempt| history.of.contains(&attempt.id)) {
        let early = ground.now_us < attempt.echo_until_us(ground.timing);
        let parts = attempt.fields.iter_mut().filter(|part| !early || own::has_history(part.field));
        parts.for_each(|part| part.audited = true);
    }
    own::forget_settled(&mut draft.item);
    landed
}

/// The earliest that what shows of a field can have come there, after a write of ours that began at `began_us` was replaced.
fn back_us(draft: &Draft, part: &AttemptField, began_us: i64, dated: &[&HistoryEntry], ground: &Ground<'_>) -> i64 {
    let shown = draft.item.remote.as_ref().and_then(|remote| remote.fields.get(part.field));
    let is_shown = |entry: &&&HistoryEntry| entry.to.is_some() && entry.to.as_ref() == shown;
    let back_us = dated.last().filter(is_shown).map(|entry| {
        let at_us = ground.theta.to_local(entry.time_us, ground.now_us);
        at_us.saturating_sub(ground.theta.eps_of(entry.time_us, ground.now_us))
    });
    back_us.map_or(began_us, |us| us.max(began_us))
}

/// How many changes of its field a write had behind it, whatever the clocks say: those before the field first stood as the write read it.
/// None where it never did, for then the history or the read is not whole.
fn read_at(part: &AttemptField, entries: &[&HistoryEntry]) -> usize {
    let read = match &part.read {
        None => return 0,
        // Elements that were recognised count as read.
        Some(Value::Set(_)) if part.outpaced.is_some() => return 0,
        Some(Value::Set(read)) => read,
        Some(read) => {
            let before = |at: usize| entries.get(at).and_then(|entry| entry.from.as_ref());
            let after = |at: usize| entries.get(at.checked_sub(1)?).and_then(|entry| entry.to.as_ref());
            let stood = |at: &usize| before(*at).or_else(|| after(*at)) == Some(read);
            return (0..=entries.len()).find(stood).unwrap_or(0);
        }
    };
    let (mut known, mut differ) = (BTreeSet::new(), BTreeSet::new());
    for (element, on) in entries.iter().flat_map(|entry| turns(entry)) {
        // Before its first turn it was the other way round.
        if known.insert(element) && read.contains(element) == on {
            differ.insert(element);
        }
    }
    if differ.is_empty() {
        return 0;
    }
    for (index, entry) in entries.iter().enumerate() {
        for (element, on) in turns(entry) {
            if read.contains(element) == on {
                differ.remove(element)
            } else {
                differ.insert(element)
            };
        }
        if differ.is_empty() {
            return index + 1;
        }
    }
    0
}

/// The elements that a dated change of a set put on (`true`) or took off.
fn turns(entry: &HistoryEntry) -> impl Iterator<Item = (&String, bool)> {
    let (from, to) = (entry.from.as_ref().and_then(Value::as_set), entry.to.as_ref().and_then(Value::as_set));
    let came = to.into_iter().flatten().filter(move |element| from.is_none_or(|from| !from.contains(*element)));
    let went = from.into_iter().flatten().filter(move |element| to.is_none_or(|to| !to.contains(*element)));
    came.map(|element| (element, true)).chain(went.map(|element| (element, false)))
}

/// Whether a dated change can have been made since a time of the store's clock.
fn is_since(entry: &HistoryEntry, since_us: i64, ground: &Ground<'_>) -> bool {
    let at_us = ground.theta.to_local(entry.time_us, ground.now_us);
    at_us.saturating_add(ground.theta.eps_of(entry.time_us, ground.now_us)) >= since_us
}

/// What the tracker made of a value stands in its history alone where the answer was lost: a change by our own account that no other write
/// explains. Of several writes without an answer the oldest that can have made it counts;
/// a write takes effect within its lease.
fn name_rewritten(item: &mut Item, history: &History, ground: &Ground<'_>) {
    let self_id = ground.link.account.self_id;
    let mut ours: Vec<(&HistoryEntry, &Value)> = history
        .entries
        .iter()
        .filter(|entry| entry.user == Some(self_id) && !entry.field.is_set())
        .filter_map(|entry| Some((entry, entry.to.as_ref()?)))
        .collect();
    let mut unnamed = Vec::new();
    for attempt in item.attempts.iter_mut().filter(|attempt| history.of.contains(&attempt.id)) {
        let (began_us, is_unknown) = (attempt.t_send_us, attempt.outcome == Outcome::Unknown);
        for part in attempt.fields.iter_mut() {
            let made = |(entry, to): &(&HistoryEntry, &Value)| {
                entry.field == part.field && is_since(entry, began_us, ground) && own::set(part, to)
            };
            if let Some(at) = ours.iter().position(made) {
                ours.remove(at);
            } else if is_unknown && !part.audited && part.became.is_none() {
                unnamed.push((began_us, part));
            }
        }
    }
    for (began_us, part) in unnamed {
        let can_be = |(entry, to): &(&HistoryEntry, &Value)| {
            entry.field == part.field
                && is_since(entry, began_us, ground)
                && !is_since(
                    entry,
                    began_us + ground.timing.lease_us + 2 * ground.theta.eps_of(entry.time_us, ground.now_us),
                    ground,
                )
                && part.read.as_ref() != Some(to)
        };
        if let Some(at) = ours.iter().position(can_be) {
            part.became = Some(ours.remove(at).1.clone());
        }
    }
}

/// Elements that our attempt set and that somebody changed back, by their dated changes since.
fn elements_back(part: &AttemptField, dated: &[&HistoryEntry], ground: &Ground<'_>) -> Vec<String> {
    let is_back = |(element, on): &(String, bool)| {
        let mut turns = dated.iter().filter_map(|entry| Some((entry.user, turn(entry, element)?)));
        turns.any(|(user, is_on)| user == Some(ground.link.account.self_id) && is_on == *on)
            && turns.next_back().is_some_and(|(_, is_on)| is_on != *on)
    };
    asked(part).into_iter().filter(is_back).map(|(element, _)| element).collect()
}

/// Elements that somebody else brought last into the state that our attempt asks for, by their dated changes since it can have read them.
fn their_elements(part: &AttemptField, earlier: &[&HistoryEntry], ground: &Ground<'_>) -> Vec<String> {
    let is_theirs = |(element, on): &(String, bool)| {
        let mut turns = earlier.iter().filter_map(|entry| Some((entry.user, turn(entry, element)?)));
        turns.next_back().is_some_and(|(user, is_on)| is_on == *on && user != Some(ground.link.account.self_id))
    };
    asked(part).into_iter().filter(is_theirs).map(|(element, _)| element).collect()
}

/// Whether a dated change of a set put an element on (`true`) or took it off; `None` when it did neither.
pub(crate) fn turn(entry: &HistoryEntry, element: &str) -> Option<bool> {
    turns(entry).find(|(turned, _)| *turned == element).map(|(_, on)| on)
}

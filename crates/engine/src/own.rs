//! Recognises our own writes in what the tracker shows (sync.md 1.4.4), so that they are neither pulled as somebody's
//! edit nor sent for ever.
//!
//! Races handled: an echo that arrives before its answer, an answer that never arrives, a tracker that rewrites or
//! refuses what it is sent, and writes of which only a part took effect. Somebody who sets, in the gap, the very value that we sent
//! loses nothing as long as the mirror means it; where it has gone on, see [`crate::outpaced`].

use crate::elements::{asked, recognise, seen_set, settle_set};
use crate::outbox;
use crate::outpaced;
use issuesync_model::log::Entry;
use issuesync_model::{
    Attempt, AttemptField, AttemptId, Change, Direction, Field, Fields, Grade, Item, LogKind, OutboxKind, OutboxStatus,
    Outcome, Timing, Value, Warning, WarningKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// What recognition found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recognised {
    /// Fields that a write in flight owns: this observation says nothing about them.
    pub held: BTreeSet<Field>,
    /// Fields that perhaps held our value and were taken back, or perhaps hold somebody's: only dated history can tell.
    pub reverted: BTreeSet<Field>,
    /// Rows for the log.
    pub log: Vec<Entry>,
}

/// What the tracker's dated history said of writes that perhaps were taken back, each by itself: one that landed says nothing of the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Landed {
    /// The writes that it can speak of: of the others nothing is known yet.
    pub of: BTreeSet<AttemptId>,
    /// Fields of which the history shows our value, later replaced; and the store time before which what shows now was not there again.
    pub fields: BTreeMap<(AttemptId, Field), i64>,
    /// Fields that somebody else set to the very value that we sent.
    pub theirs: BTreeSet<(AttemptId, Field)>,
    /// Elements of sets that the history shows as we asked for them, later changed back.
    pub elements: BTreeSet<(AttemptId, Field, String)>,
    /// Elements of sets that somebody else brought last into the state that we asked for.
    pub their_elements: BTreeSet<(AttemptId, Field, String)>,
}

impl Landed {
    /// Whether the history shows that a write took effect and was taken back, wholly or in part.
    fn tells_of(&self, id: AttemptId, field: Field) -> bool {
        self.fields.contains_key(&(id, field)) || self.elements.iter().any(|(of, set, _)| (*of, *set) == (id, field))
    }
}

/// Rule (a): the answer to our own request, for the fields that were sent so far; `certain` where it is the tracker's own, and no read behind it.
pub(crate) fn answered(
    item: &mut Item,
    observed: &Fields,
    attempt: AttemptId,
    sent: &[Field],
    certain: bool,
    now_us: i64,
) -> Vec<Entry> {
    let Some(position) = item.attempts.iter().position(|known| known.id == attempt) else { return Vec::new() };
    let mut fields = std::mem::take(&mut item.attempts[position].fields);
    let began_us = item.attempts[position].t_send_us;
    let mut log = Vec::new();
    for part in fields.iter_mut().filter(|part| !part.settled && sent.contains(&part.field)) {
        let Some(got) = observed.get(part.field) else { continue };
        let base = item.base.get(part.field).cloned();
        part.settled = true;
        outpaced::note(item, part, got);
        log.extend(outcome_of(item, part, got, None, now_us));
        note(part, got);
        note_returned(item, part.field, base.as_ref(), began_us);
        // What was refused replaced nothing, and no history will tell of it.
        part.audited |= certain && !part.field.is_set() && *got != part.sent && part.read.as_ref() == Some(got);
    }
    item.attempts[position].fields = fields;
    log
}

/// The tracker refused one field of an attempt, in its own words.
pub(crate) fn refused(item: &mut Item, attempt: AttemptId, field: Field, message: &str, now_us: i64) -> Vec<Entry> {
    let Some(part) = item.attempts.iter_mut().find(|known| known.id == attempt).and_then(|known| part_of(known, field))
    else {
        return Vec::new();
    };
    (part.settled, part.audited) = (true, true);
    let part = part.clone();
    let got = item.remote.as_ref().map_or_else(|| field.empty(), |remote| remote.fields.value(field));
    outcome_of(item, &part, &got, Some(message), now_us).into_iter().collect()
}

/// The calls of an attempt end here: but for the fields of those that were sent nothing was written.
pub(crate) fn unsent(item: &mut Item, attempt: AttemptId, sent: &[Field]) {
    let parts = item.attempts.iter_mut().filter(|known| known.id == attempt).flat_map(|known| &mut known.fields);
    let unsent = parts.filter(|part| !part.settled && !sent.contains(&part.field));
    unsent.for_each(|part| (part.settled, part.audited) = (true, true));
    forget_settled(item);
}

fn part_of(attempt: &mut Attempt, field: Field) -> Option<&mut AttemptField> {
    attempt.fields.iter_mut().find(|part| part.field == field)
}

/// Moves the base to what the tracker made of a sent value; a refused or rewritten value leaves the mirror too, if it is still what was sent.
fn outcome_of(item: &mut Item, part: &AttemptField, got: &Value, message: Option<&str>, now_us: i64) -> Option<Entry> {
    let field = part.field;
    let kind = if let (Value::Set(_), Value::Set(got)) = (&part.sent, got) {
        settle_set(item, part, got)?
    } else {
        item.base.set(field, got.clone());
        if *got == part.sent {
            return None;
        }
        if item.local.get(field) == Some(&part.sent) {
            item.local.set(field, got.clone());
        }
        let unchanged = part.read.as_ref().map_or_else(|| *got == field.empty(), |read| got == read);
        if unchanged { WarningKind::Refused } else { WarningKind::Rewritten }
    };
    item.warnings.retain(|warning| warning.field != field);
    item.warnings.push(Warning {
        field,
        kind,
        asked: part.sent.clone(),
        got: got.clone(),
        message: message.map(str::to_owned),
        at_us: now_us,
    });
    let log_kind = if kind == WarningKind::Refused { LogKind::Refused } else { LogKind::Rewritten };
    let mut entry = Entry::new(Direction::Outbound, log_kind);
    entry.before = Fields::new().with(field, part.sent.clone());
    entry.after = Fields::new().with(field, got.clone());
    Some(entry)
}

/// Whether a write set this value: as it was sent, or as the tracker rewrote it.
pub(crate) fn set(part: &AttemptField, value: &Value) -> bool {
    part.sent == *value || part.became.as_ref() == Some(value)
}

/// What a value became is known by its echo and in the dated history, also when a later write was rewritten too.
fn note(part: &mut AttemptField, got: &Value) {
    if !part.field.is_set() && *got != part.sent && part.read.as_ref() != Some(got) {
        part.became = Some(got.clone());
    }
}

/// Where the base became what the mirror has by a write that began before that was chosen here: this is going back, too.
fn note_returned(item: &mut Item, field: Field, before: Option<&Value>, began_us: i64) {
    let (base, local) = (item.base.get(field), item.local.get(field));
    if let Some(edit) = item.edits.get_mut(&field) {
        edit.returned |= edit.at_us > began_us && base == local && base != before && !field.is_set();
    }
}

/// Rules (b) to (f): any other observation while attempts are open.
///
/// `u_us` is the latest time of the store's clock that the observation's stamp can stand for; `self_named` the fields that a notice of our own account names as changed in it.
pub(crate) fn seen(
    item: &mut Item,
    observed: &Fields,
    u_us: i64,
    self_named: &[Field],
    landed: Option<&Landed>,
    now_us: i64,
    timing: &Timing,
) -> Recognised {
    let (mut found, mut attempts) = (Recognised::default(), std::mem::take(&mut item.attempts));
    let (leased, fence) = (item.outbox.is_leased(now_us), item.outbox.fence);
    // Newest first: a value that two attempts sent is the effect of the newer.
    for attempt in attempts.iter_mut().rev() {
        if attempt.outcome == Outcome::InFlight && !(leased && attempt.fence == fence) {
            attempt.outcome = Outcome::Unknown;
        }
        let in_flight = attempt.outcome == Outcome::InFlight;
        let landed = landed.filter(|landed| landed.of.contains(&attempt.id));
        // The memory of a write ends with the first look after its time, which may be the first look at all: it still tells our own value.
        // And not before its audit: after a long pause the dated history is the first to tell what became of it.
        let old = !in_flight && landed.is_none() && now_us - attempt.t_send_us > timing.sent_memory_us();
        // What was not there when its history was read, and its time over, never came: later looks need not weigh the old stamp again.
        let never_came = !in_flight && landed.is_some() && now_us >= attempt.echo_until_us(timing);
        let (id, began_us) = (attempt.id, attempt.t_send_us);
        for part in attempt.fields.iter_mut().filter(|part| !part.settled) {
            let Some(got) = observed.get(part.field) else { continue };
            let base = item.base.get(part.field).cloned();
            let expired = old && part.audited;
            // What the history tells needs no stamp, which a client may have set.
            let since = u_us >= began_us || landed.is_some_and(|landed| landed.tells_of(id, part.field));
            if part.field.is_set() {
                part.settled = seen_set(item, part, got, (id, landed), &mut found) || expired;
                if !part.settled && !in_flight && since {
                    elements_taken_back(item, part, (id, landed), &mut found);
                }
                part.settled |= never_came;
                continue;
            }
            let asks = attempt.kind == OutboxKind::Update
                && !in_flight
                && landed.is_none()
                && !self_named.contains(&part.field)
                && is_unexplained(item, part, got);
            if *got == part.sent && !asks {
                part.settled = true;
                if !landed.is_some_and(|landed| landed.theirs.contains(&(id, part.field))) {
                    outpaced::note_seen(item, part, got, &mut found.reverted);
                    item.base.set(part.field, got.clone());
                }
            } else if expired {
                part.settled = true;
            } else if in_flight {
                found.held.insert(part.field);
            } else if part.became.as_ref() == Some(got)
                || (self_named.contains(&part.field)
                    && part.read.as_ref() != Some(got)
                    // What a later write of ours set is known to the base by its answer.
                    && item.base.get(part.field) != Some(got))
            {
                part.settled = true;
                found.log.extend(outcome_of(item, part, got, None, now_us));
                note(part, got);
            } else if item.base.get(part.field) == Some(got) {
                if let Some(lo_us) = landed.and_then(|landed| landed.fields.get(&(id, part.field))) {
                    redate(item, part.field, *lo_us, u_us, now_us);
                }
                if since {
                    seen_taken_back(item, part, (id, landed), now_us, &mut found);
                }
                part.settled |= never_came;
            } else if asks {
                found.reverted.insert(part.field);
            } else if let Some(landed) = landed.filter(|_| has_history(part.field) && since) {
                // The history knows no more of it: what shows is somebody's, whether ours was there before or never came.
                part.settled = true;
                if let Some(lo_us) = landed.fields.get(&(id, part.field)) {
                    redate(item, part.field, *lo_us, u_us, now_us);
                    found.log.extend(landed_before(item, part, now_us));
                }
            }
            note_returned(item, part.field, base.as_ref(), began_us);
        }
    }
    item.attempts = attempts;
    forget_settled(item);
    found
}

/// Rule (f) for elements: the base is there again although we may have written, and dated history decides.
fn elements_taken_back(
    item: &mut Item,
    part: &mut AttemptField,
    (id, landed): (AttemptId, Option<&Landed>),
    found: &mut Recognised,
) {
    let Some(landed) = landed else {
        found.reverted.insert(part.field);
        return;
    };
    let known = |(element, _): &(String, bool)| landed.elements.contains(&(id, part.field, element.clone()));
    let back: Vec<_> = asked(part).into_iter().filter(known).collect();
    recognise(item, part, &back);
    part.settled = true;
    found.log.extend(sent_again(item, part));
}

/// Rule (f): the base is there again although we may have written. History decides; without it the value is sent once more.
fn seen_taken_back(
    item: &mut Item,
    part: &mut AttemptField,
    (id, landed): (AttemptId, Option<&Landed>),
    now_us: i64,
    found: &mut Recognised,
) {
    match landed {
        Some(landed) if landed.fields.contains_key(&(id, part.field)) => {
            part.settled = true;
            found.log.extend(landed_before(item, part, now_us));
        }
        None if has_history(part.field) => {
            found.reverted.insert(part.field);
            found.held.insert(part.field);
        }
        _ => {
            part.settled = true;
            found.log.extend(sent_again(item, part));
        }
    }
}

/// What shows may be what showed before our value was there: then its time is not that of its first coming but of its return, which no two
/// looks tell apart. `lo_us` is the earliest for that, `u_us` the latest that the stamp of the look can stand for.
fn redate(item: &mut Item, field: Field, lo_us: i64, u_us: i64, now_us: i64) {
    let Some(remote) = &mut item.remote else { return };
    let known_us = remote.changes.get(&field).map_or(i64::MIN, |change| change.lo_us);
    let lo_us = lo_us.max(known_us).min(now_us);
    // A stamp from before it was set by a client.
    let hi_us = if u_us < lo_us { now_us } else { u_us.min(now_us) };
    remote.changes.insert(field, Change { lo_us, hi_us, grade: Grade::E1 });
}

/// Our value was there, as the tracker wrote it, before what shows now.
fn landed_before(item: &mut Item, part: &AttemptField, now_us: i64) -> Option<Entry> {
    let was = part.became.as_ref().unwrap_or(&part.sent).clone();
    outcome_of(item, part, &was, None, now_us)
}

/// The note of a value that is sent again: not once the mirror has another, nor while a person has to say what becomes of a row that failed.
fn sent_again(item: &Item, part: &AttemptField) -> Option<Entry> {
    let local = item.local.elements(part.field);
    let is_meant = if part.field.is_set() {
        asked(part).iter().any(|(element, on)| local.contains(element) == *on)
    } else {
        item.local.get(part.field) == Some(&part.sent)
    };
    if !is_meant || item.outbox.status == OutboxStatus::Failed {
        return None;
    }
    let mut entry = Entry::new(Direction::Outbound, LogKind::Retry);
    entry.cause = Some("no answer came: the value is sent again, though somebody may have taken it back".to_owned());
    entry.after = Fields::new().with(part.field, part.sent.clone());
    Some(entry)
}

/// A value that the mirror gave up for the tracker's is not looked for any more: who sets it there later means it.
pub(crate) fn give_up(attempts: &mut [Attempt], before: &Fields, after: &Fields, remote: &Fields) {
    let done = attempts.iter_mut().filter(|attempt| attempt.outcome != Outcome::InFlight);
    for part in done.flat_map(|attempt| &mut attempt.fields).filter(|part| !part.field.is_set()) {
        let (was, is) = (before.get(part.field), after.get(part.field));
        part.settled |= was == Some(&part.sent) && is != was && is == remote.get(part.field);
    }
}

/// Whether only dated history can tell if a write without an answer led to what shows: a value that nobody is known to have set may be what
/// the tracker made of ours, and the very value that we sent may be somebody's, which counts once the mirror has gone on to another.
fn is_unexplained(item: &Item, part: &AttemptField, shown: &Value) -> bool {
    let is_open = !part.settled && !part.audited && part.became.is_none() && has_history(part.field);
    let is_new = item.base.get(part.field) != Some(shown) && part.read.as_ref() != Some(shown);
    let matters = *shown != part.sent || item.local.get(part.field) != Some(&part.sent);
    is_open && is_new && matters && !part.field.is_set()
}

/// Fields of which what shows waits for the dated history in this way.
pub(crate) fn unexplained(item: &Item) -> impl Iterator<Item = Field> + '_ {
    let shown = |field| item.remote.as_ref().and_then(|remote| remote.fields.get(field));
    item.attempts
        .iter()
        .filter(|attempt| attempt.kind == OutboxKind::Update && attempt.outcome != Outcome::Done)
        .flat_map(|attempt| &attempt.fields)
        .filter(move |part| shown(part.field).is_some_and(|shown| is_unexplained(item, part, shown)))
        .map(|part| part.field)
}

/// Fields of which only dated history can tell whether our value was there and was taken back (rule (f)). A look asked for at `asked_us` that
/// bears a stamp (`u_us`) from before the write shows that it never came, but for a replica's, which may show the past.
pub(crate) fn waiting(item: &Item, u_us: i64, asked_us: i64, timing: &Timing) -> BTreeSet<Field> {
    let Some(remote) = &item.remote else { return BTreeSet::new() };
    item.attempts
        .iter()
        .filter(|attempt| attempt.outcome == Outcome::Unknown)
        .filter(|attempt| u_us >= attempt.t_send_us || asked_us < attempt.over_us(timing) + timing.replica_lag_us())
        .flat_map(|attempt| &attempt.fields)
        .filter(|part| !part.settled && has_history(part.field) && is_back(part, item, &remote.fields))
        .map(|part| part.field)
        .chain(unexplained(item))
        .collect()
}

/// Fields that a write on its way owns: what shows of them meanwhile may be what the tracker makes of it (rule (c)).
pub(crate) fn in_flight(item: &Item, now_us: i64) -> impl Iterator<Item = Field> + '_ {
    let parts = outbox::on_their_way(item, now_us).flat_map(|attempt| &attempt.fields);
    parts.filter(|part| !part.settled && !part.field.is_set()).map(|part| part.field)
}

/// Whether the tracker shows what was there before an attempt, as far as the base knows.
fn is_back(part: &AttemptField, item: &Item, remote: &Fields) -> bool {
    if !part.field.is_set() {
        return item.base.get(part.field) == remote.get(part.field);
    }
    let (base, shown) = (item.base.elements(part.field), remote.elements(part.field));
    asked(part).iter().any(|(element, on)| base.contains(element) != *on && shown.contains(element) != *on)
}

/// Fields whose changes trackers date one by one.
pub(crate) fn has_history(field: Field) -> bool {
    field != Field::Body
}

/// Drops attempts of which nothing more can be learned.
pub(crate) fn forget_settled(item: &mut Item) {
    item.attempts.retain(|attempt| {
        attempt.outcome == Outcome::InFlight || attempt.fields.iter().any(|part| !part.settled || !part.audited)
    });
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;

//! When the same value on both sides is agreement, and when it is chance: a look may show a time before the edit that it seems to confirm.

use crate::draft::Draft;
use crate::ground::{Ground, merge_held};
use crate::seen::Seen;
use issuesync_merge::Push;
use issuesync_model::{Field, Fields, Item, Source, Value};

/// The earliest time whose state a look can show. What the tracker answers to a write does not lag.
pub(crate) fn earliest_shown_us(seen: &Seen, ground: &Ground<'_>) -> i64 {
    let lag_us = if seen.is_answer() { 0 } else { ground.lag_us(seen.observation.source) };
    seen.observation.t_send_us.saturating_sub(lag_us)
}

/// Merges the row with what is known of the tracker, where no new look is at hand: what the last one left unconfirmed still is.
pub(crate) fn merge_known(draft: &mut Draft, ground: &Ground<'_>) -> Push {
    let held = unconfirmed_known(&draft.item, ground).into_iter().collect();
    merge_held(draft, &held, ground)
}

/// The unconfirmed fields of what is known, which may come from a list.
pub(crate) fn unconfirmed_known(item: &Item, ground: &Ground<'_>) -> Vec<Field> {
    let Some(known) = &item.remote else { return Vec::new() };
    unconfirmed(item, &known.fields, known.t_send_us.saturating_sub(ground.lag_us(Source::List)))
}

/// Fields that were edited here after the time that a look shows, and of which it showed what they say now: that is no agreement. What shows
/// may be gone again by the time of the edit, and another look has to tell.
pub(crate) fn unconfirmed(item: &Item, observed: &Fields, shown_us: i64) -> Vec<Field> {
    let later = item.edits.iter().filter(|(_, edit)| edit.at_us > shown_us).map(|(field, _)| *field);
    later.filter(|field| agree(item.base.get(*field), item.local.get(*field), observed.get(*field))).collect()
}

/// Fields that somebody here went back to, and that a look from after that shows as they are: both sides agree, and what shows later is later.
pub(crate) fn confirm_returned(item: &mut Item, observed: &Fields, shown_us: i64) {
    for (field, edit) in &mut item.edits {
        edit.returned &= edit.at_us > shown_us || item.local.get(*field) != observed.get(*field);
    }
}

/// Whether both sides changed a value, or one element of a set, in the same way.
fn agree(base: Option<&Value>, local: Option<&Value>, observed: Option<&Value>) -> bool {
    match (base, local, observed) {
        (Some(Value::Set(base)), Some(Value::Set(local)), Some(Value::Set(observed))) => {
            base.symmetric_difference(local).any(|element| base.contains(element) != observed.contains(element))
        }
        _ => local == observed && base != local,
    }
}

//! When the same value on both sides is agreement, and when it is chance: a look may show a time before the edit that it seems to confirm.

use crate::ground::Ground;
use crate::seen::Seen;
use issuesync_model::{Field, Fields, Item, Source, Value};

/// The earliest time whose state a look can show: a list may lag behind, and so may a replica.
pub(crate) fn earliest_shown_us(seen: &Seen, ground: &Ground<'_>) -> i64 {
    let lags = seen.observation.source == Source::List && !ground.link.connection.capabilities.list_is_fresh;
    let lag_us = if lags { ground.timing.stale_list_us() } else { ground.timing.replica_lag_us() };
    seen.observation.t_send_us.saturating_sub(lag_us)
}

/// Fields that were edited here after the time that a look shows, and of which it showed what they say now: that is no agreement. What shows
/// may be gone again by the time of the edit, and another look has to tell.
pub(crate) fn unconfirmed(item: &Item, observed: &Fields, shown_us: i64) -> Vec<Field> {
    let later = item.edits.iter().filter(|(_, edit)| edit.at_us > shown_us).map(|(field, _)| *field);
    later.filter(|field| agree(item.base.get(*field), item.local.get(*field), observed.get(*field))).collect()
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

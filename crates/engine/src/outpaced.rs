//! Values that show as they were sent when the mirror has gone on from them already.
//!
//! A write finds a value there that somebody set in the gap since it was read, and changes nothing: it has no echo, and what shows
//! looks like its effect. As long as the mirror means that value nothing is lost. Once it has gone on, the next write replaces
//! what nobody here has seen; whose it was the dated history alone tells.

use crate::audit;
use crate::dated::turn;
use crate::draft::Draft;
use crate::elements::{asked, set_bit};
use crate::ground::Ground;
use crate::own;
use issuesync_model::{AttemptField, Field, Item, Value};
use issuesync_provider::HistoryEntry;
use std::collections::BTreeSet;

/// Remembers what shows as an attempt sent it while the mirror has another value, before it is taken for the attempt's effect.
pub(crate) fn note(item: &Item, part: &mut AttemptField, got: &Value) {
    let Value::Set(got) = got else {
        part.outpaced = (*got == part.sent && item.local.get(part.field) != Some(got)).then(|| got.clone());
        return;
    };
    let local = item.local.elements(part.field);
    let mut elements = part.outpaced.as_ref().and_then(Value::as_set).cloned().unwrap_or_default();
    let is_gone_on = |(element, on): &(String, bool)| got.contains(element) == *on && local.contains(element) != *on;
    elements.extend(asked(part).into_iter().filter(is_gone_on).map(|(element, _)| element));
    part.outpaced = (!elements.is_empty()).then_some(Value::Set(elements));
}

/// The same, for a look. Where it shows such a value after the history was read, which could not tell of it then, its field is among those whose
/// history has to be read `again`.
pub(crate) fn note_seen(item: &Item, part: &mut AttemptField, got: &Value, again: &mut BTreeSet<Field>) {
    let known = part.outpaced.clone();
    note(item, part, got);
    if part.audited && own::has_history(part.field) && part.outpaced.is_some() && part.outpaced != known {
        part.audited = false;
        again.insert(part.field);
    }
}

/// Keeps what the history shows as set by somebody else, and not by the attempt. `dated` are the changes of its field since it began,
/// `earlier` those since it can have read the field.
pub(crate) fn weigh(
    draft: &mut Draft,
    part: &AttemptField,
    dated: &[&HistoryEntry],
    earlier: &[&HistoryEntry],
    ground: &Ground<'_>,
) {
    let Some(outpaced) = part.outpaced.as_ref().filter(|_| !part.audited) else { return };
    let self_id = Some(ground.link.account.self_id);
    let is_somebodys = |is_it: &dyn Fn(&HistoryEntry) -> bool| {
        !dated.iter().any(|entry| entry.user == self_id && is_it(entry))
            && earlier.iter().any(|entry| entry.user != self_id && is_it(entry))
    };
    let now = draft.item.local.value(part.field);
    let lost = if let Value::Set(elements) = outpaced {
        let mut lost = draft.item.local.elements(part.field);
        for element in elements {
            let on = part.sent.as_set().is_some_and(|sent| sent.contains(element));
            if is_somebodys(&|entry| turn(entry, element) == Some(on)) {
                set_bit(&mut lost, element, on);
            }
        }
        Value::Set(lost)
    } else if is_somebodys(&|entry| entry.to.as_ref().is_some_and(|to| own::set(part, to))) {
        outpaced.clone()
    } else {
        return;
    };
    if lost != now {
        audit::keep_lost(draft, part.field, &lost, &now, ground);
    }
}

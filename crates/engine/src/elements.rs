//! Sets, element by element: what an attempt asked for, and what of it the tracker shows (sync.md 1.4.4, rule (e)).

use crate::outpaced;
use crate::own::{Landed, Recognised};
use issuesync_model::{AttemptField, AttemptId, Item, Value, WarningKind};
use std::collections::BTreeSet;

/// The elements that an attempt asked for and of which nothing was seen yet, with the state asked for.
pub(crate) fn asked(part: &AttemptField) -> Vec<(String, bool)> {
    let Value::Set(sent) = &part.sent else { return Vec::new() };
    let read = part.read.as_ref().and_then(Value::as_set).cloned().unwrap_or_default();
    sent.symmetric_difference(&read).map(|element| (element.clone(), sent.contains(element))).collect()
}

/// The base knows these elements in the state asked for, and the attempt asks for them no more.
pub(crate) fn recognise(item: &mut Item, part: &mut AttemptField, elements: &[(String, bool)]) {
    let mut base = item.base.elements(part.field);
    for (element, on) in elements {
        set_bit(&mut base, element, *on);
    }
    item.base.set(part.field, Value::Set(base));
    leave(part, elements);
}

/// The attempt asks for these elements no more.
fn leave(part: &mut AttemptField, elements: &[(String, bool)]) {
    let mut read = part.read.as_ref().and_then(Value::as_set).cloned().unwrap_or_default();
    for (element, on) in elements {
        set_bit(&mut read, element, *on);
    }
    part.read = Some(Value::Set(read));
}

/// Rule (e): elements seen in the state that we asked for are the effect of our attempt, but for those that the history shows as
/// somebody else's. Each is recognised once: what becomes of it later is somebody's edit.
pub(crate) fn seen_set(
    item: &mut Item,
    part: &mut AttemptField,
    got: &Value,
    (id, landed): (AttemptId, Option<&Landed>),
    found: &mut Recognised,
) -> bool {
    let Value::Set(shown) = got else { return true };
    let seen = asked(part).into_iter().filter(|(element, on)| shown.contains(element) == *on);
    let is_theirs = |(element, _): &(String, bool)| {
        landed.is_some_and(|landed| landed.their_elements.contains(&(id, part.field, element.clone())))
    };
    let (theirs, ours): (Vec<_>, Vec<_>) = seen.partition(is_theirs);
    leave(part, &theirs);
    outpaced::note_seen(item, part, got, &mut found.reverted);
    recognise(item, part, &ours);
    asked(part).is_empty()
}

/// Moves the base of the elements that we asked for. Answers `Refused` when the tracker did not do what was asked of one.
pub(crate) fn settle_set(item: &mut Item, part: &AttemptField, got: &BTreeSet<String>) -> Option<WarningKind> {
    let field = part.field;
    let mut base = item.base.get(field).and_then(Value::as_set).cloned().unwrap_or_else(|| got.clone());
    let mut local = item.local.elements(field);
    let mut refused = false;
    for (element, on) in asked(part) {
        let has = got.contains(&element);
        set_bit(&mut base, &element, has);
        if has != on {
            refused = true;
            set_bit(&mut local, &element, has);
        }
    }
    item.base.set(field, Value::Set(base));
    if refused {
        item.local.set(field, Value::Set(local));
    }
    refused.then_some(WarningKind::Refused)
}

pub(crate) fn set_bit(set: &mut BTreeSet<String>, element: &str, has: bool) {
    if has {
        set.insert(element.to_owned());
    } else {
        set.remove(element);
    }
}

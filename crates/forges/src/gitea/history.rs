//! The timeline of an issue as dated changes of fields.
//!
//! Bodies leave no trace there; labels and assignees leave one for each element.

use super::status::unreadable;
use super::wire::{self, Milestone, TimelineEntry};
use crate::time::micros;
use issuesync_model::{Field, Reason, State, Value};
use issuesync_provider::{Answer, CallError, HistoryEntry, Response};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A page of history.
pub(super) fn history(response: &Response) -> Result<Answer, CallError> {
    // A list without entries is null, and so is an entry that the server could not put together.
    let entries: Option<Vec<Option<TimelineEntry<'_>>>> = wire::read(&response.body).map_err(|why| unreadable(&why))?;
    let entries = entries.unwrap_or_default();
    // The server counts only what is left of this page after it hid entries: an empty page alone is the end.
    let more = !entries.is_empty();
    Ok(Answer::History(entries.iter().flatten().filter_map(entry).collect(), more))
}

fn entry(entry: &TimelineEntry<'_>) -> Option<HistoryEntry> {
    let (field, from, to) = change(entry)?;
    let user = entry.user.as_ref().map(|user| user.id);
    Some(HistoryEntry { field, from, to, time_us: micros(&entry.created_at)?, user })
}

fn change(entry: &TimelineEntry<'_>) -> Option<(Field, Option<Value>, Option<Value>)> {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let day = |text: &str| text.parse::<Date>().ok().map(|day| Value::Date(Some(day)));
    let none = || Some(Value::Date(None));
    let state = |state| Some(Value::State(state));
    let flag = |on| Some(Value::Flag(on));
    let closed = State::Closed(Reason::None);
    Some(match &*entry.kind {
        "change_title" => (Field::Title, text(&entry.old_title), text(&entry.new_title)),
        "milestone" => (Field::Milestone, milestone(entry.old_milestone.as_ref()), milestone(entry.milestone.as_ref())),
        "added_deadline" => (Field::DueDate, none(), day(&entry.body)),
        "removed_deadline" => (Field::DueDate, day(&entry.body), none()),
        "modified_deadline" => {
            let (new, old) = entry.body.split_once('|')?;
            (Field::DueDate, day(old), day(new))
        }
        "close" => (Field::State, state(State::Open), state(closed)),
        "reopen" => (Field::State, state(closed), state(State::Open)),
        "lock" => (Field::Locked, flag(false), flag(true)),
        "unlock" => (Field::Locked, flag(true), flag(false)),
        "label" => {
            let name = entry.label.as_ref().map(|label| label.name.to_string()).filter(|name| !name.is_empty())?;
            element(Field::Labels, name, &*entry.body == "1")
        }
        "assignees" => {
            let id = entry.assignee.as_ref().map(|user| user.id).filter(|id| *id > 0)?;
            element(Field::Assignees, id.to_string(), !entry.removed_assignee)
        }
        _ => return None,
    })
}

/// One element that came or went.
fn element(field: Field, element: String, came: bool) -> (Field, Option<Value>, Option<Value>) {
    let (without, with) = (Value::Set(BTreeSet::new()), Value::Set(BTreeSet::from([element])));
    let (from, to) = if came { (without, with) } else { (with, without) };
    (field, Some(from), Some(to))
}

fn milestone(milestone: Option<&Milestone<'_>>) -> Option<Value> {
    Some(Value::Id(milestone.map(|milestone| milestone.id).filter(|id| *id > 0)))
}

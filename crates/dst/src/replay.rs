//! I6: the log is complete. Replaying an item's rows from nothing gives what the mirror shows of it.

use issuesync_model::log::Direction;
use issuesync_model::{Field, Fields, Item, LogKind, LogRow, Value};

/// Where the rows of one item tell another story than the item.
#[must_use]
pub fn differences(item: &Item, rows: &[LogRow]) -> Vec<String> {
    let mut told = Fields::new();
    let own = |row: &&LogRow| row.comment.unwrap_or(row.issue) == item.id;
    rows.iter().filter(own).for_each(|row| replay(&mut told, row));
    let differs = |field: &Field| item.local.get(*field).is_some_and(|shown| told.value(*field) != *shown);
    let sentence = |field: Field| {
        format!("I6: the log of {} tells {field} {:?}, it shows {:?}", item.id, told.get(field), item.local.get(field))
    };
    Field::ALL.into_iter().filter(differs).map(sentence).collect()
}

fn replay(told: &mut Fields, row: &LogRow) {
    match row.kind {
        LogKind::Create
        | LogKind::Edit
        | LogKind::Pull
        | LogKind::Superseded
        | LogKind::ConflictOpen
        | LogKind::ConflictRefresh
        | LogKind::ConflictResolve
        | LogKind::Restore => row.after.iter().for_each(|(field, value)| told.set(field, value.clone())),
        // A person's choice leaves beside it what was not chosen.
        LogKind::ConflictClose if row.direction != Direction::Local => {
            row.after.iter().for_each(|(field, value)| told.set(field, value.clone()));
        }
        LogKind::Refused | LogKind::Rewritten => {
            row.after.iter().for_each(|(field, got)| settled(told, row, field, got));
        }
        _ => {}
    }
}

/// The tracker made something else of what was sent: the mirror follows where it still held that.
fn settled(told: &mut Fields, row: &LogRow, field: Field, got: &Value) {
    match (row.before.get(field), got) {
        (Some(Value::Set(sent)), Value::Set(got)) => {
            let mut set = told.elements(field);
            for element in sent.symmetric_difference(got) {
                if got.contains(element) {
                    set.insert(element.clone());
                } else {
                    set.remove(element);
                }
            }
            told.set(field, Value::Set(set));
        }
        (Some(sent), got) if told.get(field) == Some(sent) => told.set(field, got.clone()),
        _ => {}
    }
}

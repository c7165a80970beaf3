//! Canonical form: every comparison of two sides uses it, so that spelling alone is never a change.
//!
//! Canon is idempotent and total. A value of a kind that its field cannot have becomes the field's empty value.

use issuesync_model::{CanonRules, Field, Fields, Reason, State, TitleUnit, Value, marker};
use std::borrow::Cow;

/// The canonical form of one field's value.
#[must_use]
pub fn canon_value(field: Field, value: &Value, rules: &CanonRules) -> Value {
    match (field, value) {
        (Field::Title, Value::Text(text)) => Value::Text(cut(&one_line(text), rules).to_owned()),
        (Field::Body, Value::Text(text)) => Value::Text(canon_body(text)),
        (Field::State, Value::State(State::Closed(_))) if !rules.reasons => Value::State(State::Closed(Reason::None)),
        (Field::Labels, Value::Set(labels)) => {
            Value::Set(labels.iter().map(|label| canon_label(label, rules)).filter(|label| !label.is_empty()).collect())
        }
        (Field::Assignees, Value::Set(ids)) => Value::Set(
            ids.iter().filter_map(|id| id.trim().parse().ok()).filter(is_id).map(|id| id.to_string()).collect(),
        ),
        (Field::Milestone, Value::Id(id)) => Value::Id(id.filter(is_id)),
        (Field::State, Value::State(_)) | (Field::DueDate, Value::Date(_)) | (Field::Locked, Value::Flag(_)) => {
            value.clone()
        }
        _ => field.empty(),
    }
}

/// The canonical form of an item's values, without the fields that the tracker does not have.
#[must_use]
pub fn canon(fields: &Fields, rules: &CanonRules) -> Fields {
    fields
        .iter()
        .filter(|(field, _)| rules.fields.has(*field))
        .map(|(field, value)| (field, canon_value(field, value, rules)))
        .collect()
}

/// The length of a title and the tracker's limit, when it is over: the API refuses what canon would cut.
#[must_use]
pub fn title_excess(title: &str, rules: &CanonRules) -> Option<(usize, usize)> {
    let title = one_line(title);
    let length = match rules.title_unit {
        TitleUnit::Bytes => title.len(),
        TitleUnit::Chars => title.chars().count(),
    };
    (length > rules.title_max).then_some((length, rules.title_max))
}

/// The canonical form of a body, which depends on no tracker.
pub(crate) fn canon_body(text: &str) -> String {
    let text = visible(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut rest = text.trim_end();
    // A text may end with several markers when a marked body was copied and marked again.
    while let (before, Some(_)) = marker::split(rest) {
        rest = before.trim_end();
    }
    rest.to_owned()
}

fn canon_label(label: &str, rules: &CanonRules) -> String {
    let label = visible(label);
    if rules.label_fold { label.trim().to_lowercase() } else { label.trim().to_owned() }
}

/// Trackers give 0 and negative ids to ghosts, to their own bots and to nothing at all.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that `filter` wants")]
fn is_id(id: &i64) -> bool {
    *id > 0
}

fn one_line(title: &str) -> String {
    let spaced: String = visible(title).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

fn cut<'a>(title: &'a str, rules: &CanonRules) -> &'a str {
    let end = match rules.title_unit {
        TitleUnit::Bytes => title.floor_char_boundary(rules.title_max),
        TitleUnit::Chars => title.char_indices().nth(rules.title_max).map_or(title.len(), |(index, _)| index),
    };
    title[..end].trim_end()
}

/// Without U+0000, which PostgreSQL cannot store.
fn visible(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

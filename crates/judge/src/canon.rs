//! One form for every value, so that two sides can be compared: this crate's own reading of "the same".

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Fields of an issue that are compared.
pub(crate) const FIELDS: [&str; 8] =
    ["title", "body", "state", "labels", "assignees", "milestone", "due_date", "locked"];

/// Whether a field is a set, judged element by element.
pub(crate) fn is_set(field: &str) -> bool {
    matches!(field, "labels" | "assignees")
}

/// Names of the tracker: what turns logins and ids into one of the two.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Lower-case login to id.
    pub(crate) users: BTreeMap<String, String>,
    /// Milestone id to title.
    pub(crate) milestones: BTreeMap<u64, String>,
}

impl Names {
    /// The canonical form: texts stripped, state as its bit, sets sorted, assignees as ids, milestones by title.
    pub(crate) fn canon(&self, field: &str, value: &Value) -> Value {
        match field {
            "title" => json!(value.as_str().unwrap_or_default().trim()),
            "body" => json!(body(value.as_str().unwrap_or_default())),
            "state" => json!(if value.as_str().unwrap_or("open").starts_with("closed") { "closed" } else { "open" }),
            "labels" => json!(self.set(field, value)),
            "assignees" => json!(self.set(field, value)),
            "milestone" => self.milestone(value),
            "due_date" => value.as_str().map_or(Value::Null, |day| json!(day.get(..10).unwrap_or(day))),
            "locked" => json!(value.as_bool().unwrap_or(false)),
            _ => value.clone(),
        }
    }

    /// The elements of a set, sorted.
    pub(crate) fn set(&self, field: &str, value: &Value) -> Vec<String> {
        let mut items: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item.as_str().map(str::to_owned).or_else(|| item.as_u64().map(|id| id.to_string())))
            .map(|item| match field {
                "assignees" => self.users.get(&item.to_lowercase()).cloned().unwrap_or(item),
                _ => item,
            })
            .collect();
        items.sort();
        items.dedup();
        items
    }

    fn milestone(&self, value: &Value) -> Value {
        match value {
            Value::Number(id) => {
                let id = id.as_u64().unwrap_or(0);
                self.milestones.get(&id).map_or_else(|| json!(format!("#{id}")), |title| json!(title))
            }
            other => other.clone(),
        }
    }
}

/// The marker of a text: the 32 hex digits of its last line.
pub(crate) fn marker(text: &str) -> Option<&str> {
    let last = text.trim_end().lines().next_back()?.trim();
    let id = last.strip_prefix("<!-- issuesync:")?.strip_suffix(" -->")?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// The marker of a text to which somebody may have appended, or changed its letters: the last line that begins with one.
pub(crate) fn marked(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let begins = |line: &&str| line.starts_with("<!-- issuesync:") && line.contains(" -->");
    let line = text.lines().rev().find(begins)?;
    marker(&line[..line.find(" -->")? + 4]).map(str::to_owned)
}

/// A text without marker, carriage returns and blanks at its end.
fn body(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    let bare = match marker(text) {
        Some(_) => text.rfind("<!-- issuesync:").map_or(text, |at| &text[..at]),
        None => text,
    };
    bare.trim_end().replace('\0', "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_compared_without_its_marker() {
        let marked = "text\r\nmore  \r\n\r\n<!-- issuesync:0123456789abcdef0123456789abcdef -->\n";
        assert_eq!(body(marked), "text\nmore");
        assert_eq!(marker(marked), Some("0123456789abcdef0123456789abcdef"));
        let inside = "<!-- issuesync:0123456789abcdef0123456789abcdef -->\nafter";
        assert_eq!(body(inside), inside);
    }

    #[test]
    fn logins_and_ids_meet() {
        let mut names = Names::default();
        names.users.insert("alice".to_owned(), "2".to_owned());
        names.milestones.insert(5, "1.0".to_owned());
        assert_eq!(names.canon("assignees", &json!(["Alice"])), names.canon("assignees", &json!(["2"])));
        assert_eq!(names.canon("milestone", &json!(5)), names.canon("milestone", &json!("1.0")));
        assert_ne!(names.canon("milestone", &json!(6)), names.canon("milestone", &json!("1.0")));
    }
}

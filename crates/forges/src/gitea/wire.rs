//! What Gitea and Forgejo send, as far as it is read. Unknown keys are let through; null and absent are one.
//!
//! Texts are borrowed from the answer where they have no escapes: most of them are looked at and never kept.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use std::borrow::Cow;
use std::ops::Deref;

/// Reads null as the default value.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads JSON. It is UTF-8 throughout (RFC 8259, 8.1), which is checked once and not text by text; the error is a sentence.
pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A text that may be missing; null is the empty text.
#[derive(Default)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
        let text = Option::<Borrowed<'a>>::deserialize(deserializer)?;
        Ok(Self(text.map(|text| text.0).unwrap_or_default()))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
pub(super) struct Issue<'a> {
    pub number: i64,
    #[serde(default, borrow)]
    pub html_url: Text<'a>,
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    #[serde(default, borrow)]
    pub body: Text<'a>,
    #[serde(default, deserialize_with = "or_default", borrow)]
    pub labels: Vec<Label<'a>>,
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    #[serde(borrow)]
    pub assignee: Option<User<'a>>,
    #[serde(borrow)]
    pub assignees: Option<Vec<User<'a>>>,
    #[serde(borrow)]
    pub state: Cow<'a, str>,
    #[serde(default, deserialize_with = "or_default")]
    pub is_locked: bool,
    pub comments: Option<i64>,
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    #[serde(borrow)]
    pub due_date: Option<Cow<'a, str>>,
    pub pull_request: Option<IgnoredAny>,
    pub repository: Option<RepositoryMeta>,
    pub content_version: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct RepositoryMeta {
    pub id: i64,
}

#[derive(Deserialize)]
pub(super) struct User<'a> {
    pub id: i64,
    #[serde(default, borrow)]
    pub login: Text<'a>,
    #[serde(default, borrow)]
    pub username: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Label<'a> {
    pub id: i64,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(default, borrow)]
    pub color: Text<'a>,
    #[serde(default, deserialize_with = "or_default")]
    pub exclusive: bool,
}

#[derive(Deserialize)]
pub(super) struct Milestone<'a> {
    pub id: i64,
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    #[serde(default, borrow)]
    pub state: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Comment<'a> {
    pub id: i64,
    #[serde(default, borrow)]
    pub html_url: Text<'a>,
    #[serde(default, borrow)]
    pub issue_url: Text<'a>,
    #[serde(default, borrow)]
    pub pull_request_url: Text<'a>,
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    #[serde(default, borrow)]
    pub body: Text<'a>,
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Repository<'a> {
    pub id: i64,
    #[serde(borrow)]
    pub full_name: Cow<'a, str>,
    pub has_issues: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    pub permissions: Option<Permissions>,
}

#[derive(Deserialize)]
pub(super) struct Permissions {
    #[serde(default, deserialize_with = "or_default")]
    pub admin: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub push: bool,
}

#[derive(Deserialize)]
pub(super) struct Hook {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub events: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub config: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct TimelineEntry<'a> {
    #[serde(rename = "type", default, borrow)]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    #[serde(default, borrow)]
    pub old_title: Text<'a>,
    #[serde(default, borrow)]
    pub new_title: Text<'a>,
    #[serde(default, borrow)]
    pub body: Text<'a>,
    #[serde(borrow)]
    pub old_milestone: Option<Milestone<'a>>,
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    #[serde(borrow)]
    pub label: Option<LabelName<'a>>,
    #[serde(borrow)]
    pub assignee: Option<User<'a>>,
    #[serde(default, deserialize_with = "or_default")]
    pub removed_assignee: bool,
    #[serde(default, borrow)]
    pub created_at: Text<'a>,
}

/// A label that may be gone by now: its name is all that an entry needs, and not every entry has it.
#[derive(Deserialize)]
pub(super) struct LabelName<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow)]
    pub action: Option<Cow<'a, str>>,
    pub number: Option<i64>,
    #[serde(borrow)]
    pub changes: Option<Changes<'a>>,
    #[serde(borrow)]
    pub issue: Option<Issue<'a>>,
    #[serde(borrow)]
    pub comment: Option<Comment<'a>>,
    #[serde(borrow)]
    pub repository: Option<Repository<'a>>,
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
    #[serde(default, deserialize_with = "or_default")]
    pub is_pull: bool,
}

#[derive(Deserialize)]
pub(super) struct Changes<'a> {
    #[serde(borrow)]
    pub title: Option<From<'a>>,
    #[serde(borrow)]
    pub body: Option<From<'a>>,
}

#[derive(Deserialize)]
pub(super) struct From<'a> {
    #[serde(default, borrow)]
    pub from: Text<'a>,
}

/// Every error of the server itself has a message, if only a blank one.
#[derive(Deserialize)]
pub(super) struct ErrorBody<'a> {
    #[serde(borrow)]
    pub message: Option<Cow<'a, str>>,
}

impl User<'_> {
    pub(super) fn name(&self) -> &str {
        if self.login.is_empty() { &self.username } else { &self.login }
    }
}

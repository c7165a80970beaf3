//! What Gitea and Forgejo send, as far as it is read. Unknown keys are let through; null and absent are one.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

/// Reads null as the default value.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
pub(super) struct Issue {
    pub number: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub html_url: String,
    pub user: Option<User>,
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
    pub milestone: Option<Milestone>,
    pub assignee: Option<User>,
    pub assignees: Option<Vec<User>>,
    pub state: String,
    #[serde(default, deserialize_with = "or_default")]
    pub is_locked: bool,
    pub comments: Option<i64>,
    pub created_at: String,
    pub updated_at: String,
    pub due_date: Option<String>,
    pub pull_request: Option<IgnoredAny>,
    pub repository: Option<RepositoryMeta>,
    pub content_version: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct RepositoryMeta {
    pub id: i64,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub login: String,
    #[serde(default, deserialize_with = "or_default")]
    pub username: String,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub id: i64,
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub color: String,
    #[serde(default, deserialize_with = "or_default")]
    pub exclusive: bool,
}

#[derive(Deserialize)]
pub(super) struct Milestone {
    pub id: i64,
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub state: String,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub html_url: String,
    #[serde(default, deserialize_with = "or_default")]
    pub issue_url: String,
    #[serde(default, deserialize_with = "or_default")]
    pub pull_request_url: String,
    pub user: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub id: i64,
    pub full_name: String,
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
pub(super) struct TimelineEntry {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    pub user: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    pub old_title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub new_title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    pub old_milestone: Option<Milestone>,
    pub milestone: Option<Milestone>,
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
}

#[derive(Deserialize)]
pub(super) struct Payload {
    pub action: Option<String>,
    pub number: Option<i64>,
    pub changes: Option<Changes>,
    pub issue: Option<Issue>,
    pub comment: Option<Comment>,
    pub repository: Option<Repository>,
    pub sender: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    pub is_pull: bool,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    pub title: Option<From>,
    pub body: Option<From>,
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default, deserialize_with = "or_default")]
    pub from: String,
}

/// Every error of the server itself has a message, if only a blank one.
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub message: Option<String>,
}

impl User {
    pub(super) fn name(&self) -> &str {
        if self.login.is_empty() { &self.username } else { &self.login }
    }
}

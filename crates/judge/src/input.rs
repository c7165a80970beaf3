//! The two documents, typed. Unknown keys are ignored; missing lists that the verdict rests on are errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The tracker's side.
#[derive(Debug, Clone, Deserialize)]
pub struct Forge {
    /// Present truth.
    pub state: State,
    /// What happened.
    pub history: History,
    /// Logins of the mirror's own account: a string or a list.
    #[serde(default, rename = "self")]
    pub own: Value,
}

/// Present truth of the tracker.
#[derive(Debug, Clone, Deserialize)]
pub struct State {
    /// Accounts.
    #[serde(default)]
    pub users: Vec<User>,
    /// Repositories.
    pub repos: Vec<Repo>,
}

/// One account.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Id.
    pub id: u64,
    /// Login.
    pub login: String,
}

/// One repository.
#[derive(Debug, Clone, Deserialize)]
pub struct Repo {
    /// Id.
    pub id: u64,
    /// `owner/name`.
    pub path: String,
    /// Issues with their fields and comments.
    pub issues: Vec<RemoteIssue>,
    /// Milestone definitions.
    #[serde(default)]
    pub milestones: Vec<Milestone>,
}

/// A milestone definition.
#[derive(Debug, Clone, Deserialize)]
pub struct Milestone {
    /// Id.
    pub id: u64,
    /// Title.
    pub title: String,
}

/// An issue on the tracker.
#[derive(Debug, Clone, Deserialize)]
pub struct RemoteIssue {
    /// Number.
    pub number: u64,
    /// True for a pull request, which is none of the mirror's business.
    #[serde(default)]
    pub pull: bool,
    /// Comments.
    #[serde(default)]
    pub comments: Vec<RemoteComment>,
    /// `title`, `body`, `state`, `labels`, `assignees`, `milestone`, `due_date`, `locked`, and more.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A comment on the tracker.
#[derive(Debug, Clone, Deserialize)]
pub struct RemoteComment {
    /// Id.
    pub id: u64,
    /// Text.
    pub body: String,
}

/// What happened on the tracker.
#[derive(Debug, Clone, Deserialize)]
pub struct History {
    /// Requests.
    #[serde(default)]
    pub requests: Vec<RequestRow>,
    /// Accepted edits.
    pub edits: Vec<EditRow>,
    /// Objects made and deleted.
    pub objects: Vec<ObjectRow>,
    /// Webhooks.
    #[serde(default)]
    pub deliveries: Vec<DeliveryRow>,
}

/// One request.
#[derive(Debug, Clone, Deserialize)]
pub struct RequestRow {
    /// Order, in one sequence with edits and objects.
    #[serde(default)]
    pub seq: u64,
    /// True time.
    #[serde(default)]
    pub at_ms: i64,
    /// Login.
    pub user: Option<String>,
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Status, none when unknown.
    pub status: Option<u16>,
    /// `request`, `answer` or none.
    pub lost: Option<String>,
    /// The answer showed the past.
    #[serde(default)]
    pub stale: bool,
    /// The repository that it was about, when that is told.
    #[serde(default)]
    pub repo_id: Option<u64>,
}

/// One accepted edit.
#[derive(Debug, Clone, Deserialize)]
pub struct EditRow {
    /// Order.
    pub seq: u64,
    /// True time.
    pub at_ms: i64,
    /// The request that made it.
    #[serde(default)]
    pub request: u64,
    /// Login.
    pub user: String,
    /// Repository.
    pub repo_id: u64,
    /// Issue number.
    pub number: u64,
    /// Comment, if it was one.
    pub comment_id: Option<u64>,
    /// Field.
    pub field: String,
    /// Old value.
    pub before: Value,
    /// New value.
    pub after: Value,
}

/// One object made or deleted.
#[derive(Debug, Clone, Deserialize)]
pub struct ObjectRow {
    /// Order.
    pub seq: u64,
    /// True time.
    pub at_ms: i64,
    /// `create` or `delete`.
    pub action: String,
    /// `issue`, `comment`, `label`, `milestone`.
    pub kind: String,
    /// Login.
    pub user: String,
    /// Repository.
    pub repo_id: u64,
    /// Issue number, 0 for definitions.
    pub number: u64,
    /// Comment, if it was one.
    pub comment_id: Option<u64>,
    /// Its fields then.
    pub value: Value,
}

/// One webhook.
#[derive(Debug, Clone, Deserialize)]
pub struct DeliveryRow {
    /// The request that caused it.
    pub request: u64,
    /// `group/action`.
    pub label: String,
    /// What became of it.
    pub fate: String,
}

/// The mirror's side.
#[derive(Debug, Clone, Deserialize)]
pub struct Mirror {
    /// Issues with their comments, the deleted ones too.
    pub issues: Vec<LocalRow>,
    /// The log.
    pub log: Vec<LogRow>,
    /// Connections, when given: they tell which repository an issue belongs to.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// When the mirror's database came back from a backup: what it had decided in each span is known to nobody.
    #[serde(default)]
    pub forgotten: Vec<Span>,
}

/// A span of time.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Span {
    /// When the backup was taken.
    pub from_ms: i64,
    /// When it came back.
    pub until_ms: i64,
}

/// A connection.
#[derive(Debug, Clone, Deserialize)]
pub struct Connection {
    /// Id.
    #[serde(default)]
    pub id: Value,
    /// Name.
    #[serde(default)]
    pub name: Value,
    /// Repository id on the tracker.
    #[serde(default)]
    pub repo_id: Value,
    /// `owner/name`.
    #[serde(default)]
    pub repo_path: Option<String>,
    /// Login of the account.
    #[serde(default)]
    pub self_login: Option<String>,
}

/// An issue or a comment of the mirror.
#[derive(Debug, Clone, Deserialize)]
pub struct LocalRow {
    /// Row id.
    pub id: String,
    /// Connection id, issues only.
    #[serde(default)]
    pub connection_id: Value,
    /// Connection name, issues only.
    #[serde(default)]
    pub connection: Value,
    /// Issue number on the tracker.
    #[serde(default)]
    pub external_number: Option<u64>,
    /// Address on the tracker.
    #[serde(default)]
    pub external_url: Option<String>,
    /// Comment id on the tracker.
    #[serde(default)]
    pub external_id: Option<u64>,
    /// `creating`, `linked`, `moved`, `detached`, `deleted`.
    pub lifecycle: String,
    /// Open conflicts.
    #[serde(default)]
    pub conflicts: Vec<Conflict>,
    /// The one outbox row.
    #[serde(default)]
    pub outbox: Value,
    /// What was kept of a deleted row.
    #[serde(default)]
    pub tombstone: Value,
    /// Comments, issues only.
    #[serde(default)]
    pub comments: Vec<LocalRow>,
    /// The canonical fields, and more.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// An open conflict.
#[derive(Debug, Clone, Deserialize)]
pub struct Conflict {
    /// Field.
    pub field: String,
    /// `clash`, `lost_update`, `loop`.
    pub kind: String,
    /// Everything it holds.
    #[serde(flatten)]
    pub values: BTreeMap<String, Value>,
}

/// One row of the log.
#[derive(Debug, Clone, Deserialize)]
pub struct LogRow {
    /// Issue.
    pub issue_id: String,
    /// Comment, if it is one's.
    #[serde(default)]
    pub comment_id: Option<String>,
    /// Order within the issue.
    pub seq: i64,
    /// `inbound`, `outbound`, `local`.
    pub direction: String,
    /// `create`, `update`, `delete`.
    #[serde(default)]
    pub action: String,
    /// Kind.
    pub kind: String,
    /// Values before, by field.
    #[serde(default)]
    pub before: Value,
    /// Values after, by field.
    #[serde(default)]
    pub after: Value,
    /// The evidence of time that a decision rests on.
    #[serde(default)]
    pub grade: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub sync_time: String,
}

impl Forge {
    /// Reads the tracker's document.
    ///
    /// # Errors
    /// When a list that the verdict rests on is missing or of another shape.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }
}

impl Mirror {
    /// Reads the mirror's document.
    ///
    /// # Errors
    /// When a list that the verdict rests on is missing or of another shape.
    pub fn read(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }
}

impl LocalRow {
    /// Whether the mirror gave up pushing this row and says so.
    pub(crate) fn failed(&self) -> bool {
        self.outbox.get("status").and_then(Value::as_str) == Some("failed")
    }
}

//! Everything that happened, for the judge: requests, accepted edits, objects made and deleted, webhooks.
//!
//! Times are the caller's milliseconds, not the server's skewed clock. Values are in one plain form: label
//! names sorted, assignees as user ids in decimal, the milestone's id, due dates as days.

use serde::Serialize;
use serde_json::{Value, json};

use crate::world::{Comment, Issue, Repo};

/// One request.
#[derive(Debug, Serialize)]
pub struct RequestRow {
    /// Order, in one sequence with edits and objects.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// Login of the caller, when the token is one's.
    pub user: Option<String>,
    /// Upper-case method.
    pub method: String,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query, still encoded.
    pub query: String,
    /// None while it is unknown to the caller: the request was lost.
    pub status: Option<u16>,
    /// `request` or `answer`.
    pub lost: Option<&'static str>,
    /// The answer showed the past.
    pub stale: bool,
    /// The repository that it was about.
    pub repo_id: Option<u64>,
    /// How many edits, creates and deletes it made.
    pub changed: u32,
}

/// One accepted edit of one field.
#[derive(Debug, Serialize)]
pub struct EditRow {
    /// Order.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// The request that made it.
    pub request: u64,
    /// Login.
    pub user: String,
    /// The login's id.
    pub user_id: u64,
    /// Repository.
    pub repo_id: u64,
    /// Issue number.
    pub number: u64,
    /// Comment, if it was one.
    pub comment_id: Option<u64>,
    /// Field.
    pub field: &'static str,
    /// Old value.
    pub before: Value,
    /// New value.
    pub after: Value,
}

/// One object made or deleted.
#[derive(Debug, Serialize)]
pub struct ObjectRow {
    /// Order.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// The request that did it.
    pub request: u64,
    /// `create` or `delete`.
    pub action: &'static str,
    /// `issue`, `comment`, `label` or `milestone`.
    pub kind: &'static str,
    /// Login.
    pub user: String,
    /// The login's id.
    pub user_id: u64,
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
#[derive(Debug, Serialize)]
pub struct DeliveryRow {
    /// When the event happened.
    pub at_ms: i64,
    /// The request that caused it.
    pub request: u64,
    /// Delivery id.
    pub id: String,
    /// Hook that it belongs to.
    pub hook_id: u64,
    /// `group/action`.
    pub label: String,
    /// Issue number.
    pub number: u64,
    /// `queued`, `dropped`, `duplicated` or `replayed`.
    pub fate: &'static str,
}

/// Who does what, where.
pub(crate) struct Spot<'a> {
    pub(crate) at_ms: i64,
    pub(crate) request: u64,
    pub(crate) user: (u64, &'a str),
    pub(crate) repo_id: u64,
    pub(crate) number: u64,
    pub(crate) comment_id: Option<u64>,
}

/// What happened, each kind in the order in which it did.
#[derive(Debug, Default, Serialize)]
pub struct History {
    /// Requests.
    pub requests: Vec<RequestRow>,
    /// Accepted edits.
    pub edits: Vec<EditRow>,
    /// Objects made and deleted.
    pub objects: Vec<ObjectRow>,
    /// Webhooks.
    pub deliveries: Vec<DeliveryRow>,
    #[serde(skip)]
    seq: u64,
}

impl History {
    /// Opens a request's row and returns its number.
    pub(crate) fn open(&mut self, at_ms: i64, user: Option<String>, request: &crate::Request) -> u64 {
        self.seq += 1;
        self.requests.push(RequestRow {
            seq: self.seq,
            at_ms,
            user,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status: None,
            lost: None,
            stale: false,
            repo_id: None,
            changed: 0,
        });
        self.seq
    }

    pub(crate) fn close(&mut self, status: Option<u16>, lost: Option<&'static str>) {
        if let Some(row) = self.requests.last_mut() {
            row.status = status;
            row.lost = lost;
        }
    }

    /// Notes that the request under way is answered from the past.
    pub(crate) fn stale(&mut self) {
        if let Some(row) = self.requests.last_mut() {
            row.stale = true;
        }
    }

    /// Notes which repository the request under way is about.
    pub(crate) fn about(&mut self, repo_id: u64) {
        if let Some(row) = self.requests.last_mut() {
            row.repo_id = Some(repo_id);
        }
    }

    /// Notes an edit; equal values are no edit.
    pub(crate) fn edit(&mut self, spot: &Spot<'_>, field: &'static str, before: Value, after: Value) {
        if before == after {
            return;
        }
        self.count();
        self.edits.push(EditRow {
            seq: self.seq,
            at_ms: spot.at_ms,
            request: spot.request,
            user: spot.user.1.to_owned(),
            user_id: spot.user.0,
            repo_id: spot.repo_id,
            number: spot.number,
            comment_id: spot.comment_id,
            field,
            before,
            after,
        });
    }

    pub(crate) fn object(&mut self, spot: &Spot<'_>, action: &'static str, kind: &'static str, value: Value) {
        self.count();
        self.objects.push(ObjectRow {
            seq: self.seq,
            at_ms: spot.at_ms,
            request: spot.request,
            action,
            kind,
            user: spot.user.1.to_owned(),
            user_id: spot.user.0,
            repo_id: spot.repo_id,
            number: spot.number,
            comment_id: spot.comment_id,
            value,
        });
    }

    pub(crate) fn delivery(&mut self, row: DeliveryRow) {
        self.deliveries.push(row);
    }

    pub(crate) fn delivered(&mut self, id: &str, taken: bool) {
        if let Some(row) = self.deliveries.iter_mut().rev().find(|row| row.id == id) {
            row.fate = if taken { "queued" } else { "dropped" };
        }
    }

    /// Who last changed a field of an issue.
    pub(crate) fn last_editor(&self, repo_id: u64, number: u64, field: &str) -> Option<&str> {
        let mine = |row: &&EditRow| {
            row.repo_id == repo_id && row.number == number && row.comment_id.is_none() && row.field == field
        };
        self.edits.iter().rev().find(mine).map(|row| row.user.as_str())
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.len()
    }

    pub(crate) fn json(&self) -> Value {
        json!(self)
    }

    fn count(&mut self) {
        self.seq += 1;
        if let Some(row) = self.requests.last_mut() {
            row.changed += 1;
        }
    }
}

/// The seven fields of an issue in the plain form.
pub(crate) fn fields(repo: &Repo, issue: &Issue) -> [(&'static str, Value); 8] {
    let mut labels: Vec<&str> =
        issue.labels.iter().filter_map(|id| repo.labels.get(id)).map(|label| label.name.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let mut assignees: Vec<u64> = issue.assignees.clone();
    assignees.sort_unstable();
    let assignees: Vec<String> = assignees.iter().map(u64::to_string).collect();
    [
        ("title", json!(issue.title)),
        ("body", json!(issue.body)),
        ("state", json!(if issue.closed_at.is_some() { "closed" } else { "open" })),
        ("labels", json!(labels)),
        ("assignees", json!(assignees)),
        ("milestone", json!(issue.milestone)),
        ("due_date", json!(issue.due.map(crate::time::day))),
        ("locked", json!(issue.locked)),
    ]
}

/// The fields in which two states of an issue differ: name, old value, new value.
pub(crate) fn changes(repo: &Repo, old: &Issue, new: &Issue) -> Vec<(&'static str, Value, Value)> {
    let alike = old.title == new.title
        && old.body == new.body
        && old.closed_at.is_some() == new.closed_at.is_some()
        && old.labels == new.labels
        && old.assignees == new.assignees
        && (old.milestone, old.due, old.locked) == (new.milestone, new.due, new.locked);
    if alike {
        return Vec::new();
    }
    let pairs = fields(repo, old).into_iter().zip(fields(repo, new));
    pairs.filter(|(old, new)| old != new).map(|((name, old), (_, new))| (name, old, new)).collect()
}

/// An issue as `/_sim/state` shows it, without its comments.
pub(crate) fn issue_value(repo: &Repo, issue: &Issue) -> Value {
    let mut value: serde_json::Map<String, Value> =
        fields(repo, issue).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    value.insert("number".to_owned(), json!(issue.number));
    value.insert("id".to_owned(), json!(issue.id));
    value.insert("author_id".to_owned(), json!(issue.author));
    value.insert("pull".to_owned(), json!(issue.pull));
    value.insert("created_at".to_owned(), json!(crate::time::rfc3339(issue.created)));
    value.insert("updated_at".to_owned(), json!(crate::time::rfc3339(issue.updated)));
    Value::Object(value)
}

/// A comment as `/_sim/state` shows it.
pub(crate) fn comment_value(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "author_id": comment.author,
        "body": comment.body,
        "created_at": crate::time::rfc3339(comment.created),
        "updated_at": crate::time::rfc3339(comment.updated),
    })
}

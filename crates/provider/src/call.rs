//! Calls: everything the engine asks of a tracker, each one HTTP request.

use issuesync_model::{Field, Fields, Label, Milestone, Observation, Secret, User, Value};
use jiff::civil::Date;
use serde::Serialize;

/// One request in the engine's words. It can be printed, compared and tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Who owns the token.
    Whoami,
    /// The repository by its path.
    Repository,
    /// The repository by its id, wherever it is now.
    RepositoryById,
    /// One issue.
    Issue {
        /// Its number.
        number: i64,
    },
    /// A page of issues of every state, in the order of the capability, pull requests left out where the tracker can.
    Issues {
        /// Only those updated at or after this time, microseconds.
        since_us: Option<i64>,
        /// Counted from 1.
        page: i64,
    },
    /// One comment.
    Comment {
        /// Its issue's number.
        issue: i64,
        /// Its id.
        id: i64,
    },
    /// A page of the repository's comments.
    Comments {
        /// Only those updated at or after this time, microseconds.
        since_us: Option<i64>,
        /// Counted from 1.
        page: i64,
    },
    /// Every comment of an issue.
    CommentsOf {
        /// The issue's number.
        issue: i64,
        /// Counted from 1.
        page: i64,
    },
    /// A page of label definitions of the repository.
    Labels {
        /// Counted from 1.
        page: i64,
    },
    /// A page of label definitions that the repository's owner shares with it.
    SharedLabels {
        /// Counted from 1.
        page: i64,
    },
    /// A page of milestones of every state.
    Milestones {
        /// Counted from 1.
        page: i64,
    },
    /// A page of people whom issues can be assigned to.
    Assignables {
        /// Counted from 1.
        page: i64,
    },
    /// The dated history of an issue.
    History {
        /// The issue's number.
        issue: i64,
        /// Counted from 1.
        page: i64,
    },
    /// A page of webhooks.
    Hooks {
        /// Counted from 1.
        page: i64,
    },
    /// Registers a webhook for every event the engine understands.
    CreateHook {
        /// The address to call.
        url: String,
        /// Its secret.
        #[serde(skip)]
        secret: Secret,
    },
    /// Mends a webhook: active, and every event.
    MendHook {
        /// Its id.
        id: i64,
        /// The address to call.
        url: String,
    },
    /// Removes a webhook.
    DeleteHook {
        /// Its id.
        id: i64,
    },
    /// Creates a label definition.
    CreateLabel {
        /// Its name.
        name: String,
        /// Six hex digits.
        colour: String,
    },
    /// Creates an issue with everything that one request can carry.
    CreateIssue {
        /// Values; the body with its marker.
        fields: Fields,
        /// Label ids.
        labels: Vec<i64>,
        /// Logins.
        assignees: Vec<String>,
    },
    /// Sets fields of an issue.
    EditIssue {
        /// Its number.
        number: i64,
        /// Values; the body with its marker where the issue is ours.
        fields: Fields,
        /// All assignees by login, where they change.
        assignees: Option<Vec<String>>,
        /// The guard of the tracker's compare-and-set, where there is one and the body is among the fields.
        content_version: Option<i64>,
    },
    /// Adds labels.
    AddLabels {
        /// The issue's number.
        number: i64,
        /// Label ids.
        labels: Vec<i64>,
    },
    /// Removes one label.
    RemoveLabel {
        /// The issue's number.
        number: i64,
        /// The label's id.
        label: i64,
    },
    /// Sets or clears the due day.
    SetDueDate {
        /// The issue's number.
        number: i64,
        /// The day.
        day: Option<Date>,
    },
    /// Locks or unlocks the conversation.
    SetLock {
        /// The issue's number.
        number: i64,
        /// Locked or not.
        locked: bool,
    },
    /// Deletes an issue.
    DeleteIssue {
        /// Its number.
        number: i64,
    },
    /// Creates a comment.
    CreateComment {
        /// The issue's number.
        issue: i64,
        /// The text with its marker.
        body: String,
    },
    /// Sets a comment's text.
    EditComment {
        /// The issue's number.
        issue: i64,
        /// The comment's id.
        id: i64,
        /// The text, with its marker where the comment is ours.
        body: String,
    },
    /// Deletes a comment.
    DeleteComment {
        /// The issue's number.
        issue: i64,
        /// The comment's id.
        id: i64,
    },
}

impl Call {
    /// True when the tracker may change by it.
    #[must_use]
    pub fn writes(&self) -> bool {
        !self.sends().is_empty()
            || matches!(
                self,
                Self::CreateHook { .. }
                    | Self::MendHook { .. }
                    | Self::DeleteHook { .. }
                    | Self::CreateLabel { .. }
                    | Self::DeleteIssue { .. }
                    | Self::DeleteComment { .. }
            )
    }

    /// The fields that it sends.
    #[must_use]
    pub fn sends(&self) -> Vec<Field> {
        match self {
            Self::CreateIssue { fields, labels, assignees } => {
                let sets = [(Field::Labels, labels.is_empty()), (Field::Assignees, assignees.is_empty())];
                fields.keys().chain(sets.into_iter().filter(|(_, empty)| !empty).map(|(field, _)| field)).collect()
            }
            Self::EditIssue { fields, assignees, .. } => {
                fields.keys().chain(assignees.as_ref().map(|_| Field::Assignees)).collect()
            }
            Self::AddLabels { .. } | Self::RemoveLabel { .. } => vec![Field::Labels],
            Self::SetDueDate { .. } => vec![Field::DueDate],
            Self::SetLock { .. } => vec![Field::Locked],
            Self::CreateComment { .. } | Self::EditComment { .. } => vec![Field::Body],
            _ => Vec::new(),
        }
    }
}

/// What an answer to a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A whole issue or comment.
    Item(Box<Observation>),
    /// A page of issues or comments.
    Page(IssuePage),
    /// A repository.
    Repository(Repository),
    /// A person.
    User(User),
    /// Label definitions; whether another page follows.
    Labels(Vec<Label>, bool),
    /// Milestones; whether another page follows.
    Milestones(Vec<Milestone>, bool),
    /// People; whether another page follows.
    Users(Vec<User>, bool),
    /// Webhooks; whether another page follows.
    Hooks(Vec<HookState>, bool),
    /// Dated history; whether another page follows.
    History(Vec<HistoryEntry>, bool),
    /// It was done; the answer is no observation.
    Done,
}

/// A page of observations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuePage {
    /// What it shows, in the tracker's order. Pull requests are left out.
    pub items: Vec<Observation>,
    /// How many entries the page had on the tracker, pull requests counted.
    pub entries: usize,
    /// How many the tracker counts in all, where it says so.
    pub total: Option<i64>,
    /// Whether another page follows.
    pub more: bool,
    /// The server's time of the answer, microseconds.
    pub date_us: Option<i64>,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its id.
    pub id: i64,
    /// `owner/name` now.
    pub path: String,
    /// Whether its issues are switched on.
    pub has_issues: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether the token's owner may write issues.
    pub can_write: bool,
    /// Whether the token's owner administers it (hooks, deletes).
    pub is_admin: bool,
}

/// A webhook as the tracker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookState {
    /// Its id.
    pub id: i64,
    /// The address it calls.
    pub url: String,
    /// Whether it is active.
    pub active: bool,
    /// Whether it listens to every event the engine understands.
    pub complete: bool,
}

/// One dated change of one field, from the tracker's history. Of a set it tells one element: the set of it alone, or the empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The field.
    pub field: Field,
    /// The value before, where the history says it.
    pub from: Option<Value>,
    /// The value after, where the history says it.
    pub to: Option<Value>,
    /// When, the tracker's time in microseconds.
    pub time_us: i64,
    /// Who, by the tracker's id.
    pub user: Option<i64>,
}

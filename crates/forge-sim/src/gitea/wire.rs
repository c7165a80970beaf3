//! Rows as the tracker writes them: users, labels, milestones, issues, comments. They are views of the world that
//! are written where they are needed, without a copy.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::config::{Config, Flavour};
use crate::gitea::object::object;
use crate::sim::Sim;
use crate::time::Second;
use crate::world::{self, Repo};

/// An account; one that is gone is the Ghost.
pub(crate) fn user(sim: &Sim, id: u64) -> Cow<'_, RawValue> {
    match sim.world.users.get(&id) {
        Some(user) => Cow::Borrowed(&user.written),
        None => Cow::Owned(raw(&Account { config: &sim.config, id: -1, login: "Ghost", created: 0, avatar: id })),
    }
}

/// An account as it is written. It stands in every other answer and changes only with the server's address, so it is
/// kept that way.
pub(crate) fn written(config: &Config, id: u64, login: &str, created: i64) -> Box<RawValue> {
    raw(&Account { config, id: id.cast_signed(), login, created, avatar: id })
}

fn raw(account: &Account<'_>) -> Box<RawValue> {
    to_raw_value(account).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// What everybody sees of an account.
struct Account<'a> {
    config: &'a Config,
    id: i64,
    login: &'a str,
    created: i64,
    avatar: u64,
}

impl Serialize for Account<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { config, id, login, created, avatar } = self;
        let root = &config.root_url;
        let forgejo = config.flavour == Flavour::Forgejo;
        object!(serializer, {
            "active": false,
            "avatar_url": format_args!("{root}/avatars/{avatar:032x}"),
            "created": Second(*created),
            "description": "",
            "email": format_args!("{}@noreply.example.org", login.to_lowercase()),
            "followers_count": 0,
            "following_count": 0,
            "full_name": "",
            "html_url" [if !forgejo]: format_args!("{root}/{login}"),
            "id": id,
            "is_admin": false,
            "language": "",
            "last_login": "0001-01-01T00:00:00Z",
            "location": "",
            "login": login,
            "login_name": "",
            "prohibit_login": false,
            "pronouns" [if forgejo]: "",
            "restricted": false,
            "source_id" [if !forgejo]: 0,
            "starred_repos_count": 0,
            "username": login,
            "visibility": "public",
            "website": "",
        })
    }
}

/// A label definition.
pub(crate) fn label<'a>(sim: &'a Sim, repo: &'a Repo, row: &'a world::Label) -> Label<'a> {
    Label { sim, repo, row }
}

/// See [`label`].
pub(crate) struct Label<'a> {
    sim: &'a Sim,
    repo: &'a Repo,
    row: &'a world::Label,
}

impl Serialize for Label<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sim, repo, row } = self;
        object!(serializer, {
            "color": row.color,
            "description": row.description,
            "exclusive": row.exclusive,
            "id": row.id,
            "is_archived": row.archived,
            "name": row.name,
            "url": format_args!("{}/labels/{}", api(sim, repo), row.id),
        })
    }
}

/// A milestone with its counts.
pub(crate) fn milestone<'a>(repo: &Repo, row: &'a world::Milestone) -> Milestone<'a> {
    let of = |closed: bool| {
        let mine = |issue: &world::Issue| issue.milestone == Some(row.id) && issue.closed_at.is_some() == closed;
        repo.issues.values().filter(|row| mine(row.get())).count()
    };
    Milestone { row, open: of(false), closed: of(true) }
}

/// See [`milestone`].
pub(crate) struct Milestone<'a> {
    row: &'a world::Milestone,
    open: usize,
    closed: usize,
}

impl Serialize for Milestone<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.row;
        object!(serializer, {
            "closed_at": row.closed_at.map(Second),
            "closed_issues": self.closed,
            "created_at": Second(row.created),
            "description": row.description,
            "due_on": row.due.map(Second),
            "id": row.id,
            "open_issues": self.open,
            "state": if row.closed_at.is_some() { "closed" } else { "open" },
            "title": row.title,
            "updated_at": Second(row.updated),
        })
    }
}

/// The labels of an issue, by name.
pub(crate) fn labels_of<'a>(sim: &'a Sim, repo: &'a Repo, ids: &[u64]) -> Vec<Label<'a>> {
    let mut rows: Vec<&world::Label> = ids.iter().filter_map(|id| repo.labels.get(id)).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    rows.into_iter().map(|row| label(sim, repo, row)).collect()
}

/// What a snapshot says wrongly: the habits that no reader may trust.
#[derive(Default)]
pub(crate) struct Wrong {
    /// Another count of comments.
    pub(crate) comments: Option<u64>,
    /// Other labels.
    pub(crate) labels: Option<Vec<u64>>,
    /// Another milestone.
    pub(crate) milestone: Option<Value>,
    /// Another time of the last change.
    pub(crate) updated: Option<i64>,
}

/// An issue, or a pull request in the issue's shape.
pub(crate) fn issue<'a>(sim: &'a Sim, repo: &'a Repo, row: &'a world::Issue) -> Issue<'a> {
    Issue { sim, repo, row, wrong: None }
}

/// See [`issue`].
pub(crate) struct Issue<'a> {
    sim: &'a Sim,
    repo: &'a Repo,
    row: &'a world::Issue,
    wrong: Option<&'a Wrong>,
}

impl<'a> Issue<'a> {
    /// The same issue with something wrong about it.
    pub(crate) fn but(self, wrong: &'a Wrong) -> Self {
        Self { wrong: Some(wrong), ..self }
    }

    /// The milestone as the issue shows it. Its counts come from a cached row and may lag; they are written as the cache
    /// has them: 0.
    fn milestone(&self) -> Option<Milestone<'a>> {
        let row = self.repo.milestones.get(&self.row.milestone?)?;
        Some(Milestone { row, open: 0, closed: 0 })
    }
}

impl Serialize for Issue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sim, repo, row, .. } = self;
        let right = Wrong::default();
        let wrong = self.wrong.unwrap_or(&right);
        let (root, path) = (&sim.config.root_url, sim.world.path(repo));
        let page = Page { root, path: &path, pull: row.pull, number: row.number };
        let assignees: Vec<Cow<'_, RawValue>> = row.assignees.iter().map(|id| user(sim, *id)).collect();
        object!(serializer, {
            "assets": [(); 0],
            "assignee": assignees.first(),
            "assignees": (!assignees.is_empty()).then_some(&assignees),
            "body": row.body,
            "closed_at": row.closed_at.map(Second),
            "comments": wrong.comments.unwrap_or(row.comments),
            "content_version" [if sim.config.content_version]: row.content_version,
            "created_at": Second(row.created),
            "due_date": row.due.map(Second),
            "html_url": format_args!("{page}"),
            "id": row.id,
            "is_locked": row.locked,
            "labels": labels_of(sim, repo, wrong.labels.as_ref().unwrap_or(&row.labels)),
            "milestone" [if wrong.milestone.is_some()]: wrong.milestone,
            "milestone" [if wrong.milestone.is_none()]: self.milestone(),
            "number": row.number,
            "original_author": "",
            "original_author_id": 0,
            "pin_order": 0,
            "pull_request": row.pull.then_some(Pull(&page)),
            "ref": row.reference,
            "repository": InRepository { sim, repo, path: &path },
            "state": if row.closed_at.is_some() { "closed" } else { "open" },
            "title": row.title,
            "updated_at": Second(wrong.updated.unwrap_or(row.updated)),
            "url": format_args!("{root}/api/v1/repos/{path}/issues/{}", row.number),
            "user": user(sim, row.author),
        })
    }
}

/// The page for people of an issue or a pull request.
struct Page<'a> {
    root: &'a str,
    path: &'a str,
    pull: bool,
    number: u64,
}

impl std::fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.pull { "pulls" } else { "issues" };
        write!(f, "{}/{}/{kind}/{}", self.root, self.path, self.number)
    }
}

/// What an issue says of being a pull request.
struct Pull<'a>(&'a Page<'a>);

impl Serialize for Pull<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "draft": false,
            "html_url": format_args!("{}", self.0),
            "merged": false,
            "merged_at": (),
        })
    }
}

/// What an issue says of its repository.
struct InRepository<'a> {
    sim: &'a Sim,
    repo: &'a Repo,
    path: &'a str,
}

impl Serialize for InRepository<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "full_name": self.path,
            "id": self.repo.id,
            "name": self.repo.name,
            "owner": self.sim.world.login(self.repo.owner),
        })
    }
}

/// A comment. It names its issue by a page for people, not by number.
pub(crate) fn comment<'a>(sim: &'a Sim, repo: &'a Repo, row: &'a world::Comment) -> Comment<'a> {
    Comment { sim, repo, row }
}

/// See [`comment`].
pub(crate) struct Comment<'a> {
    sim: &'a Sim,
    repo: &'a Repo,
    row: &'a world::Comment,
}

impl Serialize for Comment<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sim, repo, row } = self;
        let pull = repo.issues.get(&row.number).is_some_and(|issue| issue.get().pull);
        let path = sim.world.path(repo);
        let page = Page { root: &sim.config.root_url, path: &path, pull, number: row.number }.to_string();
        object!(serializer, {
            "assets": [(); 0],
            "body": row.body,
            "created_at": Second(row.created),
            "html_url": format_args!("{page}#issuecomment-{}", row.id),
            "id": row.id,
            "issue_url": if pull { "" } else { &page },
            "original_author": "",
            "original_author_id": 0,
            "pull_request_url": if pull { &page } else { "" },
            "updated_at": Second(row.updated),
            "user": user(sim, row.author),
        })
    }
}

/// The API address of a repository.
pub(crate) fn api(sim: &Sim, repo: &Repo) -> String {
    format!("{}/api/v1/repos/{}", sim.config.root_url, sim.world.path(repo))
}

/// A row as a value, to be kept.
pub(crate) fn kept(row: &impl Serialize) -> Value {
    serde_json::to_value(row).unwrap_or_default()
}

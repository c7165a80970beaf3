//! Both documents by subject: which mirror row belongs to which remote object, and what happened to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::canon::Names;
use crate::input::{EditRow, Forge, LocalRow, LogRow, Mirror, ObjectRow, RemoteIssue, Repo};

/// A remote issue (`comment` none) or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) repo: u64,
    pub(crate) number: u64,
    pub(crate) comment: Option<u64>,
}

pub(crate) struct Index<'a> {
    pub(crate) forge: &'a Forge,
    pub(crate) mirror: &'a Mirror,
    pub(crate) own: BTreeSet<String>,
    pub(crate) names: Names,
    /// Mirror rows by remote object, with the issue that a comment belongs to.
    pub(crate) rows: BTreeMap<Subject, Vec<&'a LocalRow>>,
    pub(crate) edits: BTreeMap<Subject, Vec<&'a EditRow>>,
    pub(crate) creates: BTreeMap<Subject, &'a ObjectRow>,
    pub(crate) deletes: BTreeMap<Subject, &'a ObjectRow>,
    /// By the id of the comment or, without one, of the issue; ids are unique across both.
    log: BTreeMap<&'a str, Vec<&'a LogRow>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(forge: &'a Forge, mirror: &'a Mirror) -> Self {
        let mut index = Self {
            forge,
            mirror,
            own: own(forge, mirror),
            names: names(forge),
            rows: BTreeMap::new(),
            edits: BTreeMap::new(),
            creates: BTreeMap::new(),
            deletes: BTreeMap::new(),
            log: BTreeMap::new(),
        };
        for issue in &mirror.issues {
            let Some(subject) = index.subject(issue) else { continue };
            index.rows.entry(subject).or_default().push(issue);
            for comment in &issue.comments {
                if let Some(id) = comment.external_id {
                    index.rows.entry(Subject { comment: Some(id), ..subject }).or_default().push(comment);
                }
            }
        }
        for row in &forge.history.edits {
            let subject = Subject { repo: row.repo_id, number: row.number, comment: row.comment_id };
            index.edits.entry(subject).or_default().push(row);
        }
        for row in forge.history.objects.iter().filter(|row| row.kind == "issue" || row.kind == "comment") {
            let subject = Subject { repo: row.repo_id, number: row.number, comment: row.comment_id };
            let map = if row.action == "create" { &mut index.creates } else { &mut index.deletes };
            map.insert(subject, row);
        }
        for row in &mirror.log {
            index.log.entry(row.comment_id.as_deref().unwrap_or(&row.issue_id)).or_default().push(row);
        }
        for rows in index.log.values_mut() {
            rows.sort_by_key(|row| row.seq);
        }
        index
    }

    /// The log of one row, in order.
    pub(crate) fn log_of(&self, issue: &str, comment: Option<&str>) -> &[&'a LogRow] {
        self.log.get(comment.unwrap_or(issue)).map_or(&[], Vec::as_slice)
    }

    /// Every row that is or was on the tracker, with what it is there and its log.
    pub(crate) fn tracked(&self) -> Vec<(&'a LocalRow, Subject, &[&'a LogRow])> {
        let mut rows = Vec::new();
        for issue in &self.mirror.issues {
            let Some(subject) = self.subject(issue) else { continue };
            rows.push((issue, subject, self.log_of(&issue.id, None)));
            for comment in &issue.comments {
                let at = comment.external_id.map(|id| Subject { comment: Some(id), ..subject });
                rows.extend(at.map(|at| (comment, at, self.log_of(&issue.id, Some(&comment.id)))));
            }
        }
        rows
    }

    /// Issues and comments that have a log and no row: the list that was given leaves them out, or they are gone.
    pub(crate) fn vanished(&self) -> Vec<&'a str> {
        let issues = self.mirror.issues.iter();
        let rows: BTreeSet<&str> =
            issues.flat_map(|row| row.comments.iter().chain([row])).map(|row| row.id.as_str()).collect();
        self.log.keys().filter(|id| !rows.contains(*id)).copied().collect()
    }

    /// The remote issue of a mirror issue, if it was ever linked.
    pub(crate) fn subject(&self, issue: &LocalRow) -> Option<Subject> {
        let number = issue.external_number?;
        Some(Subject { repo: self.repo_of(issue)?, number, comment: None })
    }

    /// The repositories that the mirror is answerable for: the connected ones, or all when that is not told.
    pub(crate) fn repos(&self) -> Vec<&'a Repo> {
        let connected: BTreeSet<u64> = self.mirror.connections.iter().filter_map(|one| self.repo_named(one)).collect();
        let all = self.forge.state.repos.iter();
        all.filter(|repo| connected.is_empty() || connected.contains(&repo.id)).collect()
    }

    pub(crate) fn issue(&self, subject: Subject) -> Option<&'a RemoteIssue> {
        let repo = self.forge.state.repos.iter().find(|repo| repo.id == subject.repo)?;
        repo.issues.iter().find(|issue| issue.number == subject.number)
    }

    /// The present remote value of a field; none when the object is gone.
    pub(crate) fn remote_value(&self, subject: Subject, field: &str) -> Option<Value> {
        let issue = self.issue(subject)?;
        match subject.comment {
            None => Some(issue.fields.get(field).cloned().unwrap_or(Value::Null)),
            Some(id) => issue.comments.iter().find(|row| row.id == id).map(|row| json!(row.body)),
        }
    }

    /// Whether a login is the mirror's own account.
    pub(crate) fn is_own(&self, login: &str) -> bool {
        self.own.contains(&login.to_lowercase())
    }

    /// Whether the database forgot what came within the time in which an echo of a write may come.
    pub(crate) fn forgot_soon_after(&self, at_ms: i64) -> bool {
        const ECHO_MS: i64 = 600_000;
        self.mirror.forgotten.iter().any(|span| span.from_ms <= at_ms + ECHO_MS && at_ms <= span.until_ms)
    }

    /// Whether the mirror no longer knows what it did then.
    pub(crate) fn forgot(&self, at_ms: i64) -> bool {
        self.mirror.forgotten.iter().any(|span| (span.from_ms..=span.until_ms).contains(&at_ms))
    }

    pub(crate) fn same(&self, field: &str, a: &Value, b: &Value) -> bool {
        self.names.canon(field, a) == self.names.canon(field, b)
    }

    fn repo_of(&self, issue: &LocalRow) -> Option<u64> {
        let of = |one: &&crate::input::Connection| {
            (!issue.connection_id.is_null() && one.id == issue.connection_id)
                || (!issue.connection.is_null() && one.name == issue.connection)
        };
        let repos = &self.forge.state.repos;
        let connected = self.mirror.connections.iter().find(of).and_then(|one| self.repo_named(one));
        let by_url = || {
            let url = issue.external_url.as_deref()?;
            repos.iter().find(|repo| url.contains(&format!("/{}/issues/", repo.path))).map(|repo| repo.id)
        };
        let only = || (repos.len() == 1).then(|| repos[0].id);
        connected.or_else(by_url).or_else(only)
    }

    fn repo_named(&self, connection: &crate::input::Connection) -> Option<u64> {
        let id = connection.repo_id.as_u64().or_else(|| connection.repo_id.as_str().and_then(|id| id.parse().ok()));
        let path = connection.repo_path.as_deref();
        let repos = &self.forge.state.repos;
        let found = repos.iter().find(|repo| Some(repo.id) == id || (id.is_none() && Some(repo.path.as_str()) == path));
        found.map(|repo| repo.id)
    }
}

fn own(forge: &Forge, mirror: &Mirror) -> BTreeSet<String> {
    let given = match &forge.own {
        Value::String(login) => vec![login.clone()],
        Value::Array(logins) => logins.iter().filter_map(|login| login.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let connected = mirror.connections.iter().filter_map(|one| one.self_login.clone());
    given.into_iter().chain(connected).map(|login| login.to_lowercase()).collect()
}

/// Logins and milestone titles, also of definitions that are gone.
fn names(forge: &Forge) -> Names {
    let users = forge.state.users.iter().map(|user| (user.login.to_lowercase(), user.id.to_string())).collect();
    let mut milestones = BTreeMap::new();
    for row in forge.history.objects.iter().filter(|row| row.kind == "milestone") {
        if let (Some(id), Some(title)) = (row.value["id"].as_u64(), row.value["title"].as_str()) {
            milestones.insert(id, title.to_owned());
        }
    }
    for row in forge.state.repos.iter().flat_map(|repo| &repo.milestones) {
        milestones.insert(row.id, row.title.clone());
    }
    Names { users, milestones }
}

//! The tracker's rows: accounts, repositories, issues, comments, labels, milestones, hooks.
//!
//! Issues and comments are [`Dated`]: when a fault needs it they remember what they were, so that a stale
//! replica can be imitated.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use crate::config::Access;

/// How long a stale replica can look back.
const PAST_MS: i64 = 20 * 60 * 1000;

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) admin: bool,
    pub(crate) created: i64,
    /// As answers show it.
    pub(crate) written: Box<RawValue>,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) description: String,
    pub(crate) exclusive: bool,
    pub(crate) archived: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Milestone {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) closed_at: Option<i64>,
    pub(crate) due: Option<i64>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) author: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) reference: String,
    pub(crate) labels: Vec<u64>,
    pub(crate) assignees: Vec<u64>,
    pub(crate) milestone: Option<u64>,
    pub(crate) due: Option<i64>,
    pub(crate) closed_at: Option<i64>,
    pub(crate) locked: bool,
    pub(crate) pull: bool,
    pub(crate) comments: u64,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) content_version: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) author: u64,
    pub(crate) body: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) content_type: String,
    pub(crate) secret: String,
    pub(crate) active: bool,
    pub(crate) events: BTreeSet<&'static str>,
    pub(crate) branch_filter: String,
    pub(crate) authorization_header: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// One line of an issue's timeline that is no comment.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) kind: &'static str,
    pub(crate) user: u64,
    pub(crate) at: i64,
    /// What the kind adds, in wire form.
    pub(crate) more: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Repo {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    pub(crate) name: String,
    pub(crate) private: bool,
    pub(crate) has_issues: bool,
    pub(crate) archived: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) access: BTreeMap<u64, Access>,
    pub(crate) labels: BTreeMap<u64, Label>,
    pub(crate) milestones: BTreeMap<u64, Milestone>,
    pub(crate) issues: BTreeMap<u64, Dated<Issue>>,
    pub(crate) comments: BTreeMap<u64, Dated<Comment>>,
    pub(crate) by_issue: BTreeMap<u64, BTreeSet<u64>>,
    pub(crate) timeline: BTreeMap<u64, Vec<Entry>>,
    pub(crate) hooks: BTreeMap<u64, Hook>,
    pub(crate) last_number: u64,
    /// Deleted issues that a stale list may still show, with the time of their end.
    pub(crate) gone: Vec<(i64, Dated<Issue>)>,
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Repo(u64),
    MovedTo(u64),
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) logins: BTreeMap<String, u64>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) repos: BTreeMap<u64, Repo>,
    /// Lower-case `owner/name` to the repository or to the one that was there.
    pub(crate) paths: BTreeMap<String, Place>,
    pub(crate) next: Ids,
}

/// The next id of each kind. They start apart so that a mixed-up id is noticed.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) user: u64,
    pub(crate) repo: u64,
    pub(crate) issue: u64,
    pub(crate) comment: u64,
    pub(crate) label: u64,
    pub(crate) milestone: u64,
    pub(crate) hook: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self { user: 1, repo: 11, issue: 991, comment: 77, label: 301, milestone: 501, hook: 41 }
    }
}

/// Hands out an id and moves on.
pub(crate) fn take(counter: &mut u64) -> u64 {
    let id = *counter;
    *counter += 1;
    id
}

impl World {
    pub(crate) fn user_of(&self, login: &str) -> Option<&User> {
        self.logins.get(&login.to_lowercase()).and_then(|id| self.users.get(id))
    }

    pub(crate) fn login(&self, id: u64) -> &str {
        self.users.get(&id).map_or("Ghost", |user| user.login.as_str())
    }

    pub(crate) fn path(&self, repo: &Repo) -> String {
        format!("{}/{}", self.login(repo.owner), repo.name)
    }

    pub(crate) fn access(&self, repo: &Repo, user: Option<u64>) -> Option<Access> {
        let public = (!repo.private).then_some(Access::Read);
        let Some(user) = user else { return public };
        if user == repo.owner || self.users.get(&user).is_some_and(|user| user.admin) {
            return Some(Access::Admin);
        }
        repo.access.get(&user).copied().max(public)
    }
}

/// A row and, when wanted, what it was before.
#[derive(Debug, Clone)]
pub(crate) struct Dated<T> {
    now: T,
    born_ms: i64,
    past: Vec<(i64, T)>,
}

impl<T: Clone> Dated<T> {
    pub(crate) fn new(now_ms: i64, row: T) -> Self {
        Self { now: row, born_ms: now_ms, past: Vec::new() }
    }

    pub(crate) fn get(&self) -> &T {
        &self.now
    }

    /// The row for changing; `keep` remembers the present state as ending at `now_ms`.
    pub(crate) fn edit(&mut self, now_ms: i64, keep: bool) -> &mut T {
        if keep {
            self.past.retain(|(until, _)| *until > now_ms - PAST_MS);
            self.past.push((now_ms, self.now.clone()));
        } else {
            self.past.clear();
        }
        &mut self.now
    }

    /// The row as it was at `at_ms`; none before it was made.
    pub(crate) fn as_of(&self, at_ms: i64) -> Option<&T> {
        if self.born_ms > at_ms {
            return None;
        }
        Some(self.past.iter().find(|(until, _)| *until > at_ms).map_or(&self.now, |(_, row)| row))
    }
}

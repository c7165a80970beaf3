//! The present truth, for the judge: users, and repositories with their issues, comments and milestones; as rows and as JSON.

use serde_json::{Value, json};

use crate::history;
use crate::sim::Sim;
use crate::world::{Dated, Repo};

/// A repository as it is.
#[derive(Debug)]
pub struct RepoTruth {
    /// Id.
    pub id: u64,
    /// `owner/name`.
    pub path: String,
    /// Its issues, pull requests among them.
    pub issues: Vec<IssueTruth>,
    /// Its milestones: id and title.
    pub milestones: Vec<(u64, String)>,
}

/// An issue as it is.
#[derive(Debug)]
pub struct IssueTruth {
    /// Number.
    pub number: u64,
    /// True for a pull request.
    pub pull: bool,
    /// The seven fields and the lock, each in the plain form of the history.
    pub fields: [(&'static str, Value); 8],
    /// Its comments: id and text.
    pub comments: Vec<(u64, String)>,
}

impl Sim {
    /// Every account: id and login.
    pub fn users(&self) -> impl Iterator<Item = (u64, &str)> {
        self.world.users.values().map(|user| (user.id, user.login.as_str()))
    }

    /// Every repository as it is.
    #[must_use]
    pub fn repos(&self) -> Vec<RepoTruth> {
        self.world.repos.values().map(|repo| self.truth(repo)).collect()
    }

    /// The present truth: users, and repositories with their issues, comments, labels and milestones.
    #[must_use]
    pub fn state_json(&self) -> Value {
        let users: Vec<Value> =
            self.world.users.values().map(|user| json!({"id": user.id, "login": user.login})).collect();
        let repos: Vec<Value> = self.world.repos.values().map(|repo| self.repo_state(repo)).collect();
        json!({ "users": users, "repos": repos })
    }

    fn repo_state(&self, repo: &Repo) -> Value {
        let issues: Vec<Value> = repo
            .issues
            .values()
            .map(|row| {
                let mut value = history::issue_value(repo, row.get());
                let ids = repo.by_issue.get(&row.get().number);
                let comments: Vec<Value> = ids
                    .into_iter()
                    .flatten()
                    .filter_map(|id| repo.comments.get(id))
                    .map(|comment| history::comment_value(comment.get()))
                    .collect();
                value["comments"] = Value::Array(comments);
                value
            })
            .collect();
        let labels: Vec<Value> = repo.labels.values().map(|row| json!({"id": row.id, "name": row.name})).collect();
        let milestones: Vec<Value> =
            repo.milestones.values().map(|row| json!({"id": row.id, "title": row.title})).collect();
        json!({ "id": repo.id, "path": self.world.path(repo), "has_issues": repo.has_issues, "issues": issues,
            "labels": labels, "milestones": milestones })
    }

    fn truth(&self, repo: &Repo) -> RepoTruth {
        let comments = |number: u64| {
            let ids = repo.by_issue.get(&number).into_iter().flatten();
            let rows = ids.filter_map(|id| repo.comments.get(id)).map(Dated::get);
            rows.map(|comment| (comment.id, comment.body.clone())).collect()
        };
        let issues = repo.issues.values().map(Dated::get).map(|issue| IssueTruth {
            number: issue.number,
            pull: issue.pull,
            fields: history::fields(repo, issue),
            comments: comments(issue.number),
        });
        let milestones = repo.milestones.values().map(|row| (row.id, row.title.clone()));
        RepoTruth {
            id: repo.id,
            path: self.world.path(repo),
            issues: issues.collect(),
            milestones: milestones.collect(),
        }
    }
}

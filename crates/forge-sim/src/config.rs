//! What a simulated tracker is made of when it starts.

use serde::{Deserialize, Serialize};

use crate::faults::Faults;

/// Which product is imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Gitea as of May 2025.
    #[default]
    Gitea,
    /// Forgejo 7.0.0.
    Forgejo,
}

/// What a user may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read and comment, edit what one wrote.
    Read,
    /// Edit every issue.
    Write,
    /// Also delete issues and manage hooks.
    Admin,
}

/// One account. Without a token it is an organisation or somebody who never calls the API.
#[derive(Debug, Clone)]
pub struct UserSpec {
    /// Login name.
    pub login: String,
    /// Access token, if any.
    pub token: Option<String>,
    /// Administrator of the whole server.
    pub admin: bool,
    /// Scopes of the token, such as `write:issue`; `all` for everything.
    pub scopes: Vec<String>,
}

impl UserSpec {
    /// An ordinary account whose token may do everything that the account may.
    #[must_use]
    pub fn new(login: &str, token: &str) -> Self {
        Self { login: login.to_owned(), token: Some(token.to_owned()), admin: false, scopes: vec!["all".to_owned()] }
    }
}

/// One repository.
#[derive(Debug, Clone)]
pub struct RepoSpec {
    /// Login of the owner; an account is made when there is none.
    pub owner: String,
    /// Name.
    pub name: String,
    /// Hidden from everybody without access.
    pub private: bool,
    /// Label definitions by name.
    pub labels: Vec<String>,
    /// Milestones by title.
    pub milestones: Vec<String>,
    /// Who may do what, beside the owner.
    pub collaborators: Vec<(String, Access)>,
}

/// The whole start state and the habits.
#[derive(Debug, Clone)]
pub struct Config {
    /// Product.
    pub flavour: Flavour,
    /// Seed of every drawn fault and of the delivery ids.
    pub seed: u64,
    /// Address written into URLs, without a slash at the end.
    pub root_url: String,
    /// Version string; the flavour's own when absent.
    pub version: Option<String>,
    /// Accounts; ids count from 1 in this order.
    pub users: Vec<UserSpec>,
    /// Repositories; ids count from 11 in this order.
    pub repos: Vec<RepoSpec>,
    /// Show `content_version` and honour it in issue edits, as the newest Gitea does.
    pub content_version: bool,
    /// Send `issues`/`deleted` when an issue is deleted, as Gitea 1.25 does.
    pub delete_events: bool,
    /// Faults at the start.
    pub faults: Faults,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flavour: Flavour::Gitea,
            seed: 1,
            root_url: "http://tracker.test".to_owned(),
            version: None,
            users: Vec::new(),
            repos: Vec::new(),
            content_version: false,
            delete_events: false,
            faults: Faults::default(),
        }
    }
}

impl Config {
    /// One repository `path` (`owner/name`) with a few labels and milestones and these users (login, token).
    /// The first user administers the repository, the others may write.
    #[must_use]
    pub fn simple(path: &str, users: &[(&str, &str)]) -> Self {
        let (owner, name) = path.split_once('/').unwrap_or((path, "repo"));
        let access = |index: usize| if index == 0 { Access::Admin } else { Access::Write };
        Self {
            users: users.iter().map(|(login, token)| UserSpec::new(login, token)).collect(),
            repos: vec![RepoSpec {
                owner: owner.to_owned(),
                name: name.to_owned(),
                private: false,
                labels: ["bug", "feature", "docs", "wontfix"].map(str::to_owned).to_vec(),
                milestones: ["1.0", "2.0"].map(str::to_owned).to_vec(),
                collaborators: users
                    .iter()
                    .enumerate()
                    .map(|(i, (login, _))| ((*login).to_owned(), access(i)))
                    .collect(),
            }],
            ..Self::default()
        }
    }

    /// The version that the server tells.
    pub(crate) fn version(&self) -> &str {
        match (&self.version, self.flavour) {
            (Some(version), _) => version,
            (None, Flavour::Gitea) => "1.24.0+dev-537-gb5fd3e7210",
            (None, Flavour::Forgejo) => "7.0.0+gitea-1.21.11",
        }
    }
}

//! `/_sim/…`: the simulator's own routes for tests and people, without token, faults or history.
//!
//! | route | does |
//! |---|---|
//! | `GET /_sim/history` | everything that happened |
//! | `GET /_sim/state` | the present truth |
//! | `GET`, `POST /_sim/faults` | shows the faults; changes the given keys |
//! | `POST /_sim/outage` `{"on":true}` | everything answers 502 |
//! | `POST /_sim/repo` `{"repo":"o/r","name","private","has_issues","archived"}` | renames, hides, switches |
//! | `POST /_sim/token` `{"token","login","revoke":true}` | makes a token worthless, or gives one |
//! | `POST /_sim/touch` `{"repo":"o/r","number":7}` | moves `updated_at` alone |
//! | `POST /_sim/pull` `{"repo":"o/r","title"}` | adds a pull request |
//! | `POST /_sim/drop` | forgets every webhook that is still waiting |
//! | `POST /_sim/unhook` `{"repo":"o/r"}` | removes the repository's hooks |

use serde_json::{Value, json};

use crate::config::{Access, UserSpec};
use crate::gitea::answer;
use crate::http::{Request, Response};
use crate::sim::Sim;
use crate::world::{Dated, Issue, Place, take};

impl Sim {
    /// Answers a control request.
    pub(crate) fn control(&mut self, now_ms: i64, request: &Request) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/_sim/history") => answer::json(200, &self.history_json()),
            ("GET", "/_sim/state") => answer::json(200, &self.state_json()),
            ("GET", "/_sim/faults") => answer::json(200, &json!(self.faults)),
            ("POST", "/_sim/faults") => self.merge_faults(body),
            ("POST", "/_sim/outage") => {
                self.faults.outage = body["on"].as_bool().unwrap_or(true);
                done()
            }
            ("POST", "/_sim/repo") => self.switch_repo(&body),
            ("POST", "/_sim/token") => self.switch_token(&body),
            ("POST", "/_sim/touch") => match (self.repo_named(&body), body["number"].as_u64()) {
                (Some(repo), Some(number)) => {
                    self.touch(now_ms, repo, number);
                    done()
                }
                _ => unknown(),
            },
            ("POST", "/_sim/pull") => match self.repo_named(&body) {
                Some(repo) => {
                    let number = self.add_pull(now_ms, repo, body["title"].as_str().unwrap_or("A change"));
                    answer::json(200, &json!({ "number": number }))
                }
                None => unknown(),
            },
            ("POST", "/_sim/drop") => {
                self.queue.clear();
                done()
            }
            ("POST", "/_sim/unhook") => match self.repo_named(&body).and_then(|id| self.world.repos.get_mut(&id)) {
                Some(repo) => {
                    repo.hooks.clear();
                    done()
                }
                None => unknown(),
            },
            _ => answer::no_route(self),
        }
    }

    /// The id of a repository by its present path.
    #[must_use]
    pub fn repo_id(&self, path: &str) -> Option<u64> {
        match self.world.paths.get(&path.to_lowercase()) {
            Some(Place::Repo(id)) => Some(*id),
            _ => None,
        }
    }

    /// Renames a repository; `name` is the new last part of its path.
    pub fn rename(&mut self, repo_id: u64, name: &str) {
        self.rename_repo(repo_id, name);
    }

    /// The present path of a repository, `owner/name`.
    #[must_use]
    pub fn repo_path(&self, repo_id: u64) -> Option<String> {
        self.world.repos.get(&repo_id).map(|repo| self.world.path(repo))
    }

    /// The numbers of a repository's issues, pull requests left out.
    #[must_use]
    pub fn issue_numbers(&self, repo_id: u64) -> Vec<u64> {
        let rows = self.world.repos.get(&repo_id).into_iter().flat_map(|repo| repo.issues.values());
        rows.map(Dated::get).filter(|issue| !issue.pull).map(|issue| issue.number).collect()
    }

    /// The ids of an issue's comments.
    #[must_use]
    pub fn comment_ids(&self, repo_id: u64, number: u64) -> Vec<u64> {
        let repo = self.world.repos.get(&repo_id);
        repo.and_then(|repo| repo.by_issue.get(&number)).into_iter().flatten().copied().collect()
    }

    /// Hides a repository from everybody without access to it, or shows it again.
    pub fn set_private(&mut self, repo_id: u64, private: bool) {
        if let Some(repo) = self.world.repos.get_mut(&repo_id) {
            repo.private = private;
        }
    }

    /// Gives somebody access to a repository, or takes it away.
    pub fn set_access(&mut self, repo_id: u64, login: &str, access: Option<Access>) {
        let Some(user) = self.world.user_of(login).map(|user| user.id) else { return };
        let Some(repo) = self.world.repos.get_mut(&repo_id) else { return };
        match access {
            Some(access) => repo.access.insert(user, access),
            None => repo.access.remove(&user),
        };
    }

    /// Adds a pull request by the repository's owner and returns its number.
    pub fn add_pull(&mut self, now_ms: i64, repo_id: u64, title: &str) -> u64 {
        let sec = (now_ms + self.faults.clock_skew_ms).div_euclid(1000);
        let id = take(&mut self.world.next.issue);
        let Some(repo) = self.world.repos.get_mut(&repo_id) else { return 0 };
        repo.last_number += 1;
        let issue = Issue {
            id,
            number: repo.last_number,
            author: repo.owner,
            title: title.to_owned(),
            body: String::new(),
            reference: String::new(),
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            due: None,
            closed_at: None,
            locked: false,
            pull: true,
            comments: 0,
            created: sec,
            updated: sec,
            content_version: 0,
        };
        repo.issues.insert(issue.number, Dated::new(now_ms, issue));
        repo.last_number
    }

    fn merge_faults(&mut self, body: Value) -> Response {
        let mut merged = json!(self.faults);
        if let (Value::Object(all), Value::Object(given)) = (&mut merged, body) {
            all.extend(given);
        }
        match serde_json::from_value(merged) {
            Ok(faults) => {
                self.faults = faults;
                answer::json(200, &json!(self.faults))
            }
            Err(error) => answer::json(422, &json!({ "message": error.to_string() })),
        }
    }

    fn switch_repo(&mut self, body: &Value) -> Response {
        let Some(id) = self.repo_named(body) else { return unknown() };
        if let Some(name) = body["name"].as_str() {
            self.rename_repo(id, name);
        }
        if let Some(repo) = self.world.repos.get_mut(&id) {
            repo.private = body["private"].as_bool().unwrap_or(repo.private);
            repo.has_issues = body["has_issues"].as_bool().unwrap_or(repo.has_issues);
            repo.archived = body["archived"].as_bool().unwrap_or(repo.archived);
        }
        done()
    }

    fn switch_token(&mut self, body: &Value) -> Response {
        let Some(token) = body["token"].as_str() else { return unknown() };
        match body["login"].as_str() {
            _ if body["revoke"] == true => self.revoke_token(token),
            Some(login) => {
                self.add_user(&UserSpec::new(login, token));
            }
            None => return unknown(),
        }
        done()
    }

    fn repo_named(&self, body: &Value) -> Option<u64> {
        self.repo_id(body["repo"].as_str()?)
    }
}

fn done() -> Response {
    answer::json(200, &json!({ "ok": true }))
}

fn unknown() -> Response {
    answer::json(404, &json!({ "message": "no such repository, issue or token" }))
}

//! The state machine: one request in, one answer out, and webhooks when they fall due.
//!
//! Order of one request: who asks, which fault strikes, what the tracker does, what the caller gets to see.
//! The history is written whatever the caller sees.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::{Access, Config, RepoSpec, UserSpec};
use crate::faults::{Dice, Faults};
use crate::gitea;
use crate::history::{self, History, Spot};
use crate::http::{Delivery, Request, Response};
use crate::kept::{Kept, Watched};
use crate::world::{Issue, Place, Repo, Token, User, World, take};

/// A simulated tracker.
#[derive(Debug)]
pub struct Sim {
    pub(crate) config: Config,
    pub(crate) faults: Faults,
    pub(crate) dice: Dice,
    pub(crate) world: Watched<World>,
    pub(crate) kept: Kept,
    pub(crate) history: History,
    pub(crate) queue: BTreeMap<(i64, u64), Delivery>,
    pub(crate) queued: u64,
}

/// The circumstances of one request.
#[derive(Debug, Clone)]
pub(crate) struct Cx {
    pub(crate) now_ms: i64,
    /// The server's clock, in whole seconds.
    pub(crate) sec: i64,
    pub(crate) user: Option<u64>,
    pub(crate) scopes: Vec<String>,
    pub(crate) request: u64,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) target: String,
}

impl Cx {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The acting user; requests that change something always have one.
    pub(crate) fn actor(&self) -> u64 {
        self.user.unwrap_or(0)
    }
}

enum Fate {
    Fine,
    LoseRequest,
    LoseAnswer,
    Outage,
    ErrorBefore,
    ErrorAfter,
    RateLimit,
}

impl Sim {
    /// A tracker with the accounts and repositories of `config`, made at time zero.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut sim = Self {
            faults: config.faults.clone(),
            dice: Dice::new(config.seed),
            world: Watched::default(),
            kept: Kept::default(),
            history: History::default(),
            queue: BTreeMap::new(),
            queued: 0,
            config,
        };
        for user in sim.config.users.clone() {
            sim.add_user(&user);
        }
        for repo in sim.config.repos.clone() {
            sim.add_repo(0, &repo);
        }
        sim
    }

    /// Answers one request at `now_ms` of the caller's clock.
    pub fn handle(&mut self, now_ms: i64, request: &Request) -> Response {
        if request.path.starts_with("/_sim/") {
            return self.control(now_ms, request);
        }
        let query: Vec<(String, String)> = url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let who = gitea::auth::identify(self, request, &query);
        let user = who.as_ref().ok().and_then(|found| found.as_ref()).map(|token| token.user);
        let login = user.map(|id| self.world.login(id).to_owned());
        let struck = self.faults.only_user.as_ref().is_none_or(|only| login.as_ref() == Some(only));
        let fate = if struck { self.draw() } else { Fate::Fine };
        let seq = self.history.open(now_ms, login, request);
        let sec = (now_ms + self.faults.clock_skew_ms).div_euclid(1000);
        let mut lost = None;
        let mut response = match fate {
            Fate::LoseRequest => {
                self.history.close(None, Some("request"));
                return Response { status: 0, headers: Vec::new(), body: Vec::new(), lost: true };
            }
            Fate::Outage => gitea::answer::proxy_page(502),
            Fate::RateLimit => gitea::answer::too_many(self.faults.retry_after_s),
            Fate::ErrorBefore => self.server_error(),
            Fate::Fine | Fate::LoseAnswer | Fate::ErrorAfter => {
                let target = [request.path.as_str(), request.query.as_str()].join(if request.query.is_empty() {
                    ""
                } else {
                    "?"
                });
                let answer = who.and_then(|token| {
                    let scopes = token.map(|token| token.scopes).unwrap_or_default();
                    let cx = Cx { now_ms, sec, user, scopes, request: seq, query, target };
                    gitea::route::route(self, &cx, request)
                });
                answer.unwrap_or_else(|refusal| refusal)
            }
        };
        let is_list = request.method == "GET" && ["/issues", "/comments"].iter().any(|end| request.path.ends_with(end));
        if struck && is_list && self.faults.stale_list_ms > 0 {
            self.history.stale();
        }
        if matches!(fate, Fate::ErrorAfter) {
            response = self.server_error();
        }
        if matches!(fate, Fate::LoseAnswer) {
            response.lost = true;
            lost = Some("answer");
        }
        self.history.close(Some(response.status), lost);
        response.headers.push(("Date".to_owned(), crate::time::http_date(sec)));
        response
    }

    /// Takes the webhooks that are due at `now_ms`, oldest first. They are the receiver's now: nothing is sent twice.
    pub fn due(&mut self, now_ms: i64) -> Vec<Delivery> {
        if self.next_due_ms().is_none_or(|due_ms| due_ms > now_ms) {
            return Vec::new();
        }
        let later = self.queue.split_off(&(now_ms + 1, 0));
        std::mem::replace(&mut self.queue, later).into_values().collect()
    }

    /// Notes what became of a webhook that [`Sim::due`] handed over: one that nobody took counts as dropped.
    pub fn delivered(&mut self, id: &str, taken: bool) {
        self.history.delivered(id, taken);
    }

    /// When the next webhook falls due.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<i64> {
        self.queue.keys().next().map(|(due, _)| *due)
    }

    /// Changes the faults from now on. A change of the clock skew is a step of the server's clock.
    pub fn set_faults(&mut self, faults: Faults) {
        self.kept = Kept::default();
        self.faults = faults;
    }

    /// The faults as they are.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Who last changed a field of an issue; none when nobody did since it was made.
    #[must_use]
    pub fn last_editor(&self, repo_id: u64, number: u64, field: &str) -> Option<&str> {
        self.history.last_editor(repo_id, number, field)
    }

    /// How many API requests were received.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.history.requests()
    }

    /// The address written into URLs.
    #[must_use]
    pub fn root_url(&self) -> &str {
        &self.config.root_url
    }

    /// Writes another address into URLs from now on.
    pub fn set_root_url(&mut self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.config.root_url);
        for user in self.world.users.values_mut() {
            user.written = gitea::wire::written(&self.config, user.id, &user.login, user.created);
        }
    }

    /// Everything that happened.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Everything that happened as JSON: `requests`, `edits`, `objects`, `deliveries`.
    #[must_use]
    pub fn history_json(&self) -> Value {
        self.history.json()
    }

    /// Adds an account and returns its id; an account of that login is kept and given the token.
    pub fn add_user(&mut self, spec: &UserSpec) -> u64 {
        let key = spec.login.to_lowercase();
        let id = self.world.logins.get(&key).copied().unwrap_or_else(|| take(&mut self.world.next.user));
        self.world.logins.insert(key, id);
        let (login, written) = (spec.login.clone(), gitea::wire::written(&self.config, id, &spec.login, 0));
        self.world.users.insert(id, User { id, login, admin: spec.admin, created: 0, written });
        if let Some(token) = &spec.token {
            self.world.tokens.insert(token.clone(), Token { user: id, scopes: spec.scopes.clone() });
        }
        id
    }

    /// Makes a token worthless.
    pub fn revoke_token(&mut self, token: &str) {
        self.world.tokens.remove(token);
    }

    /// Adds a repository and returns its id. A path that another repository was renamed away from is taken over.
    pub fn add_repo(&mut self, now_ms: i64, spec: &RepoSpec) -> u64 {
        let bare = |login: &str| UserSpec { login: login.to_owned(), token: None, admin: false, scopes: Vec::new() };
        let owner = match self.world.user_of(&spec.owner) {
            Some(user) => user.id,
            None => self.add_user(&bare(&spec.owner)),
        };
        let id = take(&mut self.world.next.repo);
        let sec = now_ms.div_euclid(1000);
        let mut access: BTreeMap<u64, Access> = BTreeMap::new();
        for (login, level) in &spec.collaborators {
            let user = self.world.user_of(login).map(|user| user.id);
            access.insert(user.unwrap_or_else(|| self.add_user(&bare(login))), *level);
        }
        let mut repo = Repo::new(id, owner, &spec.name, sec);
        repo.private = spec.private;
        repo.access = access;
        for name in &spec.labels {
            let label = take(&mut self.world.next.label);
            repo.labels.insert(label, gitea::labels::definition(label, name));
        }
        for title in &spec.milestones {
            let milestone = take(&mut self.world.next.milestone);
            repo.milestones.insert(milestone, gitea::milestones::definition(milestone, title, sec));
        }
        let path = self.world.path(&repo).to_lowercase();
        self.world.paths.insert(path, Place::Repo(id));
        self.world.repos.insert(id, repo);
        id
    }

    /// Moves an issue's `updated_at` without changing anything, as a mention elsewhere does.
    pub fn touch(&mut self, now_ms: i64, repo_id: u64, number: u64) {
        let sec = (now_ms + self.faults.clock_skew_ms).div_euclid(1000);
        let keep = self.faults.needs_past();
        if let Some(row) = self.world.repos.get_mut(&repo_id).and_then(|repo| repo.issues.get_mut(&number)) {
            row.edit(now_ms, keep).updated = sec;
        }
    }

    /// Changes one issue and notes which fields that changed. `bump` moves `updated_at` when it did.
    pub(crate) fn edit_issue(
        &mut self,
        cx: &Cx,
        repo_id: u64,
        number: u64,
        bump: bool,
        change: impl FnOnce(&mut Issue),
    ) -> bool {
        let keep = self.faults.needs_past();
        let Some(repo) = self.world.repos.get_mut(&repo_id) else { return false };
        let Some(mut row) = repo.issues.remove(&number) else { return false };
        let before = row.get().clone();
        let issue = row.edit(cx.now_ms, keep);
        change(issue);
        let changes = history::changes(repo, &before, issue);
        let changed = !changes.is_empty();
        if changed && bump {
            issue.updated = cx.sec;
        }
        repo.issues.insert(number, row);
        let login = self.world.login(cx.actor()).to_owned();
        let spot = Spot {
            at_ms: cx.now_ms,
            request: cx.request,
            user: (cx.actor(), &login),
            repo_id,
            number,
            comment_id: None,
        };
        for (field, old, new) in changes {
            self.history.edit(&spot, field, old, new);
        }
        changed
    }

    pub(crate) fn note_object(
        &mut self,
        cx: &Cx,
        at: (u64, u64, Option<u64>),
        action: &'static str,
        kind: &'static str,
        value: Value,
    ) {
        let login = self.world.login(cx.actor()).to_owned();
        let spot = Spot {
            at_ms: cx.now_ms,
            request: cx.request,
            user: (cx.actor(), &login),
            repo_id: at.0,
            number: at.1,
            comment_id: at.2,
        };
        self.history.object(&spot, action, kind, value);
    }

    fn draw(&mut self) -> Fate {
        let faults = &self.faults;
        if faults.outage {
            return Fate::Outage;
        }
        let dice = &mut self.dice;
        if dice.hit(faults.lose_request_pm) {
            Fate::LoseRequest
        } else if dice.hit(faults.rate_limit_pm) {
            Fate::RateLimit
        } else if dice.hit(faults.error_before_pm) {
            Fate::ErrorBefore
        } else if dice.hit(faults.lose_answer_pm) {
            Fate::LoseAnswer
        } else if dice.hit(faults.error_after_pm) {
            Fate::ErrorAfter
        } else {
            Fate::Fine
        }
    }

    fn server_error(&mut self) -> Response {
        if self.dice.hit(self.faults.error_html_pm) {
            gitea::answer::proxy_page(502)
        } else {
            gitea::answer::error(self, 500, "")
        }
    }
}

impl Repo {
    fn new(id: u64, owner: u64, name: &str, sec: i64) -> Self {
        Self {
            id,
            owner,
            name: name.to_owned(),
            private: false,
            has_issues: true,
            archived: false,
            created: sec,
            updated: sec,
            access: BTreeMap::new(),
            labels: BTreeMap::new(),
            milestones: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            by_issue: BTreeMap::new(),
            timeline: BTreeMap::new(),
            hooks: BTreeMap::new(),
            last_number: 0,
            gone: Vec::new(),
        }
    }
}

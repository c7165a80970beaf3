//! Reading issues: the list in its order, and one by number.

use crate::gitea::answer::{self, Reply};
use crate::gitea::{page, wire};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::{Issue, Repo};

/// The number of an issue that exists.
pub(crate) fn find(sim: &Sim, repo_id: u64, number: &str) -> Result<u64, Response> {
    let known = |number: &u64| sim.world.repos.get(&repo_id).is_some_and(|repo| repo.issues.contains_key(number));
    number.parse().ok().filter(known).ok_or_else(|| answer::not_found(sim))
}

/// `GET /issues/{n}`; a stale replica may answer.
pub(crate) fn get(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64) -> Reply {
    if sim.struck(cx) {
        if sim.dice.hit(sim.faults.bump_pm) {
            sim.touch(cx.now_ms, repo_id, number);
        }
        if sim.dice.hit(sim.faults.stale_get_pm) {
            sim.history.stale();
            let at = cx.now_ms - sim.faults.stale_get_ms;
            let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
            let old = repo.issues.get(&number).and_then(|row| row.as_of(at));
            let old = old.ok_or_else(|| answer::not_found(sim))?;
            return Ok(answer::json(200, &wire::issue(sim, repo, old)));
        }
    }
    show(sim, repo_id, number, 200)
}

/// The issue as it is, as an answer.
pub(crate) fn show(sim: &Sim, repo_id: u64, number: u64, status: u16) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let row = repo.issues.get(&number).ok_or_else(|| answer::not_found(sim))?;
    Ok(answer::json(status, &wire::issue(sim, repo, row.get())))
}

/// `GET /issues`: newest creation first, whatever `sort` says.
pub(crate) fn list(sim: &Sim, cx: &Cx, repo_id: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let filter = Filter::read(sim, cx, repo)?;
    let mut found: Vec<&Issue> = Vec::new();
    if sim.faults.stale_list_ms > 0 && sim.struck(cx) {
        let at = cx.now_ms - sim.faults.stale_list_ms;
        found.extend(repo.gone.iter().filter(|(end, _)| *end > at).filter_map(|(_, row)| row.as_of(at)));
        found.extend(repo.issues.values().filter_map(|row| row.as_of(at)));
    } else {
        found.extend(repo.issues.values().rev().map(crate::world::Dated::get));
    }
    found.retain(|issue| filter.takes(issue));
    found.sort_by(|a, b| b.created.cmp(&a.created).then(b.id.cmp(&a.id)));
    let shown = page::cut(&found, page::of(cx));
    let body: Vec<_> = shown.iter().map(|issue| wire::issue(sim, repo, issue)).collect();
    let mut response = answer::total(answer::json(200, &body), found.len());
    if let Some(link) = page::link(sim, cx, found.len()) {
        response.headers.push(("Link".to_owned(), link));
    }
    Ok(response)
}

struct Filter {
    closed: Option<bool>,
    pulls: Option<bool>,
    since: i64,
    before: i64,
    /// Per named label, the definitions that bear the name.
    labels: Vec<Vec<u64>>,
    milestones: Vec<u64>,
    author: Option<u64>,
    assignee: Option<u64>,
    text: Option<String>,
}

impl Filter {
    fn read(sim: &Sim, cx: &Cx, repo: &Repo) -> Result<Self, Response> {
        let (since, before) = page::window(sim, cx)?;
        let closed = match cx.param("state") {
            Some("all") => None,
            Some("closed") => Some(true),
            _ => Some(false),
        };
        let pulls = match cx.param("type") {
            Some("issues") => Some(false),
            Some("pulls") => Some(true),
            _ => None,
        };
        let names = |name| cx.param(name).unwrap_or_default().split(',').filter(|name| !name.is_empty());
        let labels = names("labels").map(|name| {
            repo.labels.values().filter(|label| label.name == name).map(|label| label.id).collect::<Vec<u64>>()
        });
        let mut labels: Vec<Vec<u64>> = labels.collect();
        // None of the names known: the tracker forgets the filter instead of finding nothing.
        if labels.iter().all(Vec::is_empty) {
            labels.clear();
        }
        let of_name = |name: &str| {
            let same = |row: &&crate::world::Milestone| row.title == name || row.id.to_string() == name;
            repo.milestones.values().find(same).map(|row| row.id)
        };
        let login = |name: &str| match cx.param(name) {
            None => Ok(None),
            Some(login) => sim.world.user_of(login).map(|user| Some(user.id)).ok_or_else(|| answer::not_found(sim)),
        };
        Ok(Self {
            closed,
            pulls,
            since,
            before,
            labels,
            milestones: names("milestones").filter_map(of_name).collect(),
            author: login("created_by")?,
            assignee: login("assigned_by")?,
            text: cx.param("q").map(str::to_lowercase),
        })
    }

    fn takes(&self, issue: &Issue) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        self.closed.is_none_or(|closed| issue.closed_at.is_some() == closed)
            && self.pulls.is_none_or(|pulls| issue.pull == pulls)
            && issue.updated >= self.since
            && issue.updated <= self.before
            && self.labels.iter().all(|ids| ids.iter().any(|id| issue.labels.contains(id)))
            && (self.milestones.is_empty() || issue.milestone.is_some_and(|id| self.milestones.contains(&id)))
            && self.author.is_none_or(|id| issue.author == id)
            && self.assignee.is_none_or(|id| issue.assignees.contains(&id))
            && self.text.as_deref().is_none_or(|text| has(&issue.title, text) || has(&issue.body, text))
    }
}

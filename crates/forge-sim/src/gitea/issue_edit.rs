//! `PATCH /issues/{n}`: field by field, one delivery each, and not atomic on Gitea.
//!
//! Gitea applies and announces in one order and stops at the first error, so that earlier fields stay. Forgejo
//! 7.0.0 checks first, announces assignees and milestone with the new texts already in place, and title and state
//! at the end; body edits it does not announce.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::answer::{self, Reply};
use crate::gitea::emit::{self, Event};
use crate::gitea::route::Form;
use crate::gitea::wire::{self, Wrong};
use crate::gitea::{auth, issue_more, issue_read, timeline};
use crate::http::Response;
use crate::sim::{Cx, Sim};
use crate::world::Issue;

/// Edits one issue.
pub(crate) fn edit(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, form: &Form) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let row = repo.issues.get(&number).ok_or_else(|| answer::not_found(sim))?.get();
    let writer = auth::access(sim, cx, repo) >= Access::Write;
    if !writer && row.author != cx.actor() {
        return Err(answer::empty(403));
    }
    let stated = form.get("content_version").and_then(Value::as_u64);
    if sim.config.content_version && stated.is_some_and(|version| version != row.content_version) {
        return Err(answer::error(sim, 409, "content version mismatch"));
    }
    if sim.config.flavour == Flavour::Forgejo && writer {
        wanted_assignees(sim, repo_id, form)?;
        wanted_milestone(sim, repo_id, form)?;
    }
    let mut editor = Editor { sim, cx, at: (repo_id, number), held: Vec::new() };
    editor.texts(form);
    if writer {
        editor.due(form)?;
        editor.assignees(form)?;
        editor.milestone(form)?;
    }
    editor.state(form)?;
    editor.finish();
    issue_read::show(sim, repo_id, number, 201)
}

/// The assignees that the form asks for; an unknown login is a server error on this route.
fn wanted_assignees(sim: &Sim, repo_id: u64, form: &Form) -> Result<Option<Vec<u64>>, Response> {
    let list = form.get("assignees").and_then(Value::as_array);
    let single = form.get("assignee").and_then(Value::as_str);
    if list.is_none() && single.is_none() {
        return Ok(None);
    }
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let logins = list.into_iter().flatten().filter_map(Value::as_str).chain(single.filter(|login| !login.is_empty()));
    let mut ids = Vec::new();
    for login in logins {
        let id = sim.assignable(repo, login).ok_or_else(|| answer::error(sim, 500, ""))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(Some(ids))
}

/// The milestone that the form asks for; `Some(None)` clears it.
fn wanted_milestone(sim: &Sim, repo_id: u64, form: &Form) -> Result<Option<Option<u64>>, Response> {
    let Some(id) = form.get("milestone").and_then(Value::as_u64) else { return Ok(None) };
    let known = sim.world.repos.get(&repo_id).is_some_and(|repo| repo.milestones.contains_key(&id));
    match id {
        0 => Ok(Some(None)),
        _ if known => Ok(Some(Some(id))),
        _ => Err(answer::error(sim, 500, "")),
    }
}

struct Editor<'a> {
    sim: &'a mut Sim,
    cx: &'a Cx,
    at: (u64, u64),
    /// What Forgejo announces at the end.
    held: Vec<Event>,
}

impl Editor<'_> {
    fn texts(&mut self, form: &Form) {
        let Some(row) = self.row() else { return };
        let title = form.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
        // Compared before it is cut: an over-long title sent again is an edit again.
        if let Some(title) = title.filter(|title| *title != row.title && !self.sim.refuses(self.cx, "title")) {
            let stored = self.sim.cut_title(&self.sim.rewritten(self.cx, "title", title));
            let sec = self.cx.sec;
            self.change(|issue| {
                issue.title.clone_from(&stored);
                issue.updated = sec;
            });
            self.note("change_title", json!({ "old_title": row.title, "new_title": stored }));
            self.announce(Event::Title { from: row.title });
        }
        let body = form.get("body").and_then(Value::as_str);
        if let Some(body) = body.filter(|_| !self.sim.refuses(self.cx, "body")) {
            let stored = self.sim.rewritten(self.cx, "body", body);
            let sec = self.cx.sec;
            self.change(|issue| {
                issue.body = stored;
                issue.content_version += 1;
                issue.updated = sec;
            });
            if self.sim.config.flavour == Flavour::Gitea {
                self.announce(Event::Body { from: row.body });
            }
        }
        if let Some(reference) = form.get("ref").and_then(Value::as_str) {
            let sec = self.cx.sec;
            self.change(|issue| {
                reference.clone_into(&mut issue.reference);
                issue.updated = sec;
            });
        }
    }

    fn due(&mut self, form: &Form) -> Result<(), Response> {
        let date = form.get("due_date").and_then(Value::as_str);
        let unset = form.get("unset_due_date").and_then(Value::as_bool);
        if unset == Some(false) && date.is_none() {
            return Err(answer::error(self.sim, 400, "due_date is required"));
        }
        if self.sim.refuses(self.cx, "due_date") {
            return Ok(());
        }
        if unset == Some(true) {
            issue_more::set_due(self.sim, self.cx, self.at, None);
        } else if let Some(date) = date {
            let wrong = || answer::error(self.sim, 422, &format!("parsing time \"{date}\": cannot parse"));
            let due = crate::time::end_of_day_there(date).ok_or_else(wrong)?;
            issue_more::set_due(self.sim, self.cx, self.at, Some(due));
        }
        Ok(())
    }

    fn assignees(&mut self, form: &Form) -> Result<(), Response> {
        let Some(wanted) = wanted_assignees(self.sim, self.at.0, form)? else { return Ok(()) };
        let Some(row) = self.row() else { return Ok(()) };
        if self.sim.refuses(self.cx, "assignees") {
            return Ok(());
        }
        for id in row.assignees.iter().filter(|id| !wanted.contains(id)) {
            self.change(|issue| issue.assignees.retain(|known| known != id));
            self.note_assignee(*id, true);
            self.announce(Event::Unassigned);
        }
        for id in wanted.iter().filter(|id| !row.assignees.contains(id)) {
            self.change(|issue| issue.assignees.push(*id));
            self.note_assignee(*id, false);
            self.announce(Event::Assigned);
        }
        Ok(())
    }

    fn milestone(&mut self, form: &Form) -> Result<(), Response> {
        let Some(wanted) = wanted_milestone(self.sim, self.at.0, form)? else { return Ok(()) };
        let Some(row) = self.row().filter(|row| row.milestone != wanted) else { return Ok(()) };
        if self.sim.refuses(self.cx, "milestone") {
            return Ok(());
        }
        let shown = |id: Option<u64>| self.milestone_value(id);
        let (old, new) = (shown(row.milestone), shown(wanted));
        self.change(|issue| issue.milestone = wanted);
        self.note("milestone", json!({ "old_milestone": old, "milestone": new }));
        let forgejo = self.sim.config.flavour == Flavour::Forgejo;
        match wanted {
            Some(_) => self.announce(Event::Milestoned),
            None if forgejo => {
                let wrong = Wrong { milestone: Some(old), ..Wrong::default() };
                emit::issue(self.sim, self.cx, self.at, &Event::Demilestoned, &wrong);
            }
            None => self.announce(Event::Demilestoned),
        }
        Ok(())
    }

    fn state(&mut self, form: &Form) -> Result<(), Response> {
        let Some(state) = form.get("state").and_then(Value::as_str) else { return Ok(()) };
        let close = match (state, self.sim.config.flavour) {
            ("closed", _) => true,
            ("open", _) | (_, Flavour::Forgejo) => false,
            (_, Flavour::Gitea) => return Err(answer::error(self.sim, 412, &format!("unknown state: {state}"))),
        };
        let Some(row) = self.row() else { return Ok(()) };
        if row.closed_at.is_some() == close || self.sim.refuses(self.cx, "state") {
            return Ok(());
        }
        let at = close.then_some(self.cx.sec);
        self.change(|issue| issue.closed_at = at);
        self.note(if close { "close" } else { "reopen" }, json!({}));
        self.announce(if close { Event::Closed } else { Event::Reopened });
        Ok(())
    }

    fn finish(&mut self) {
        for event in std::mem::take(&mut self.held) {
            emit::issue(self.sim, self.cx, self.at, &event, &Wrong::default());
        }
    }

    fn announce(&mut self, event: Event) {
        let late = matches!(event, Event::Title { .. } | Event::Closed | Event::Reopened);
        if late && self.sim.config.flavour == Flavour::Forgejo {
            self.held.push(event);
        } else {
            emit::issue(self.sim, self.cx, self.at, &event, &Wrong::default());
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Issue)) {
        self.sim.edit_issue(self.cx, self.at.0, self.at.1, true, change);
    }

    fn note(&mut self, kind: &'static str, more: Value) {
        timeline::note(self.sim, self.cx, self.at.0, self.at.1, kind, more);
    }

    fn note_assignee(&mut self, id: u64, removed: bool) {
        let more = json!({ "assignee": wire::user(self.sim, id), "removed_assignee": removed });
        self.note("assignees", more);
    }

    fn milestone_value(&self, id: Option<u64>) -> Value {
        let repo = self.sim.world.repos.get(&self.at.0);
        let found = repo.and_then(|repo| repo.milestones.get(&id?).map(|row| wire::kept(&wire::milestone(repo, row))));
        found.unwrap_or(Value::Null)
    }

    fn row(&self) -> Option<Issue> {
        self.sim.world.repos.get(&self.at.0)?.issues.get(&self.at.1).map(|row| row.get().clone())
    }
}

//! The dated history of an issue: titles, labels, milestones, assignees, state; never bodies.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::gitea::answer::{self, Reply};
use crate::gitea::object::object;
use crate::gitea::{page, wire};
use crate::sim::{Cx, Sim};
use crate::time::Second;
use crate::world::{Comment, Entry, take};

/// Adds a line. Lines and comments share one sequence of ids, as in the tracker's one table.
pub(crate) fn note(sim: &mut Sim, cx: &Cx, repo_id: u64, number: u64, kind: &'static str, more: Value) {
    let id = take(&mut sim.world.next.comment);
    let more = if let Value::Object(more) = more { more } else { Map::new() };
    let entry = Entry { id, kind, user: cx.actor(), at: cx.sec, more };
    if let Some(repo) = sim.world.repos.get_mut(&repo_id) {
        repo.timeline.entry(number).or_default().push(entry);
    }
}

/// Adds the line of a changed due date.
pub(crate) fn note_due(sim: &mut Sim, cx: &Cx, (repo_id, number): (u64, u64), old: Option<i64>, new: Option<i64>) {
    let day = |second: Option<i64>| second.map(crate::time::day).unwrap_or_default();
    let (kind, body) = match (old, new) {
        (None, Some(_)) => ("added_deadline", day(new)),
        (Some(_), None) => ("removed_deadline", day(old)),
        (old, new) if old != new => ("modified_deadline", format!("{}|{}", day(new), day(old))),
        _ => return,
    };
    note(sim, cx, repo_id, number, kind, json!({ "body": body }));
}

/// `GET /issues/{n}/timeline`: lines and comments, oldest first.
pub(crate) fn list(sim: &Sim, cx: &Cx, repo_id: u64, number: u64) -> Reply {
    let repo = sim.world.repos.get(&repo_id).ok_or_else(|| answer::not_found(sim))?;
    let (since, before) = page::window(sim, cx)?;
    let page_url = format!("{}/{}/issues/{number}", sim.config.root_url, sim.world.path(repo));
    let entries = repo.timeline.get(&number).into_iter().flatten().map(What::Entry);
    let ids = repo.by_issue.get(&number).into_iter().flatten();
    let comments = ids.filter_map(|id| repo.comments.get(id)).map(|row| What::Comment(row.get()));
    let lines = entries.chain(comments).map(|what| Line { sim, page_url: &page_url, what });
    let mut lines: Vec<Line<'_>> = lines.filter(|line| (since..=before).contains(&line.times().1)).collect();
    lines.sort_by_key(Line::id);
    let shown = page::cut(&lines, page::of(cx));
    Ok(answer::total(answer::json(200, shown), lines.len()))
}

/// One line as it is shown.
struct Line<'a> {
    sim: &'a Sim,
    page_url: &'a str,
    what: What<'a>,
}

enum What<'a> {
    Entry(&'a Entry),
    Comment(&'a Comment),
}

impl Line<'_> {
    fn id(&self) -> u64 {
        match self.what {
            What::Entry(entry) => entry.id,
            What::Comment(comment) => comment.id,
        }
    }

    /// When it was made and when it last changed.
    fn times(&self) -> (i64, i64) {
        match self.what {
            What::Entry(entry) => (entry.at, entry.at),
            What::Comment(comment) => (comment.created, comment.updated),
        }
    }

    fn text<'a>(&'a self, key: &str) -> &'a str {
        match self.what {
            What::Entry(entry) => entry.more.get(key).and_then(Value::as_str).unwrap_or_default(),
            What::Comment(comment) if key == "body" => &comment.body,
            What::Comment(_) => "",
        }
    }

    fn part(&self, key: &str) -> Option<&Value> {
        match self.what {
            What::Entry(entry) => entry.more.get(key),
            What::Comment(_) => None,
        }
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, author) = match self.what {
            What::Entry(entry) => (entry.kind, entry.user),
            What::Comment(comment) => ("comment", comment.author),
        };
        let (created, updated) = self.times();
        object!(serializer, {
            "assignee": self.part("assignee"),
            "assignee_team": (),
            "body": self.text("body"),
            "created_at": Second(created),
            "dependent_issue": (),
            "html_url": format_args!("{}#issuecomment-{}", self.page_url, self.id()),
            "id": self.id(),
            "issue_url": self.page_url,
            "label": self.part("label"),
            "milestone": self.part("milestone"),
            "new_ref": "",
            "new_title": self.text("new_title"),
            "old_milestone": self.part("old_milestone"),
            "old_project_id": 0,
            "old_ref": "",
            "old_title": self.text("old_title"),
            "project_id": 0,
            "pull_request_url": "",
            "ref_action": "none",
            "ref_comment": (),
            "ref_commit_sha": "",
            "ref_issue": (),
            "removed_assignee": self.part("removed_assignee").and_then(Value::as_bool).unwrap_or_default(),
            "resolve_doer": (),
            "review_id": 0,
            "tracked_time": (),
            "type": kind,
            "updated_at": Second(updated),
            "user": wire::user(self.sim, author),
        })
    }
}

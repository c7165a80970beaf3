//! Rows as the tracker writes them: users, labels, milestones, issues, comments.

use serde_json::{Value, json};

use crate::config::Flavour;
use crate::sim::Sim;
use crate::time::rfc3339;
use crate::world::{Comment, Issue, Label, Milestone, Repo};

/// An account; one that is gone is the Ghost.
pub(crate) fn user(sim: &Sim, id: u64) -> Value {
    let root = &sim.config.root_url;
    let known = sim.world.users.get(&id);
    let login = known.map_or("Ghost", |user| user.login.as_str());
    let created = known.map_or(0, |user| user.created);
    let number = known.map_or(json!(-1), |user| json!(user.id));
    let mut value = json!({
        "id": number, "login": login, "login_name": "", "source_id": 0, "full_name": "",
        "email": format!("{}@noreply.example.org", login.to_lowercase()),
        "avatar_url": format!("{root}/avatars/{id:032x}"), "html_url": format!("{root}/{login}"),
        "language": "", "is_admin": false, "last_login": "0001-01-01T00:00:00Z", "created": rfc3339(created),
        "restricted": false, "active": false, "prohibit_login": false, "location": "", "website": "",
        "description": "", "visibility": "public", "followers_count": 0, "following_count": 0,
        "starred_repos_count": 0, "username": login
    });
    if sim.config.flavour == Flavour::Forgejo {
        value["pronouns"] = json!("");
        if let Some(keys) = value.as_object_mut() {
            keys.remove("html_url");
            keys.remove("source_id");
        }
    }
    value
}

/// A label definition.
pub(crate) fn label(sim: &Sim, repo: &Repo, label: &Label) -> Value {
    json!({ "id": label.id, "name": label.name, "exclusive": label.exclusive, "is_archived": label.archived,
        "color": label.color, "description": label.description,
        "url": format!("{}/labels/{}", api(sim, repo), label.id) })
}

/// A milestone with its counts.
pub(crate) fn milestone(repo: &Repo, milestone: &Milestone) -> Value {
    let of = |closed: bool| {
        let mine = |issue: &Issue| issue.milestone == Some(milestone.id) && issue.closed_at.is_some() == closed;
        repo.issues.values().filter(|row| mine(row.get())).count()
    };
    milestone_with(milestone, of(false), of(true))
}

fn milestone_with(milestone: &Milestone, open: usize, closed: usize) -> Value {
    json!({ "id": milestone.id, "title": milestone.title, "description": milestone.description,
        "state": if milestone.closed_at.is_some() { "closed" } else { "open" },
        "open_issues": open, "closed_issues": closed,
        "created_at": rfc3339(milestone.created), "updated_at": rfc3339(milestone.updated),
        "closed_at": milestone.closed_at.map(rfc3339), "due_on": milestone.due.map(rfc3339) })
}

/// The labels of an issue, by name.
pub(crate) fn labels_of(sim: &Sim, repo: &Repo, issue: &Issue) -> Vec<Value> {
    let mut rows: Vec<&Label> = issue.labels.iter().filter_map(|id| repo.labels.get(id)).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    rows.into_iter().map(|row| label(sim, repo, row)).collect()
}

/// An issue, or a pull request in the issue's shape.
pub(crate) fn issue(sim: &Sim, repo: &Repo, issue: &Issue) -> Value {
    let assignees: Vec<Value> = issue.assignees.iter().map(|id| user(sim, *id)).collect();
    let path = sim.world.path(repo);
    let kind = if issue.pull { "pulls" } else { "issues" };
    let html_url = format!("{}/{path}/{kind}/{}", sim.config.root_url, issue.number);
    let pull = issue.pull.then(|| json!({"merged": false, "merged_at": null, "draft": false, "html_url": html_url}));
    // Milestone counts inside an issue come from a cached row and may lag; they are written as the cache has them: 0.
    let milestone = issue.milestone.and_then(|id| repo.milestones.get(&id)).map(|row| milestone_with(row, 0, 0));
    let mut value = json!({
        "id": issue.id, "url": format!("{}/issues/{}", api(sim, repo), issue.number), "html_url": html_url,
        "number": issue.number, "user": user(sim, issue.author), "original_author": "", "original_author_id": 0,
        "title": issue.title, "body": issue.body, "ref": issue.reference, "assets": [],
        "labels": labels_of(sim, repo, issue), "milestone": milestone,
        "assignee": assignees.first().cloned(), "assignees": null,
        "state": if issue.closed_at.is_some() { "closed" } else { "open" },
        "is_locked": issue.locked, "comments": issue.comments,
        "created_at": rfc3339(issue.created), "updated_at": rfc3339(issue.updated),
        "closed_at": issue.closed_at.map(rfc3339), "due_date": issue.due.map(rfc3339),
        "pull_request": pull, "pin_order": 0,
        "repository": { "id": repo.id, "name": repo.name, "owner": sim.world.login(repo.owner), "full_name": path }
    });
    if !assignees.is_empty() {
        value["assignees"] = Value::Array(assignees);
    }
    if sim.config.content_version {
        value["content_version"] = json!(issue.content_version);
    }
    value
}

/// A comment. It names its issue by a page for people, not by number.
pub(crate) fn comment(sim: &Sim, repo: &Repo, comment: &Comment) -> Value {
    let pull = repo.issues.get(&comment.number).is_some_and(|row| row.get().pull);
    let kind = if pull { "pulls" } else { "issues" };
    let page = format!("{}/{}/{kind}/{}", sim.config.root_url, sim.world.path(repo), comment.number);
    json!({ "id": comment.id, "html_url": format!("{page}#issuecomment-{}", comment.id),
        "pull_request_url": if pull { page.as_str() } else { "" }, "issue_url": if pull { "" } else { page.as_str() },
        "user": user(sim, comment.author), "original_author": "", "original_author_id": 0, "body": comment.body,
        "assets": [], "created_at": rfc3339(comment.created), "updated_at": rfc3339(comment.updated) })
}

/// The API address of a repository.
pub(crate) fn api(sim: &Sim, repo: &Repo) -> String {
    format!("{}/api/v1/repos/{}", sim.config.root_url, sim.world.path(repo))
}

//! The tracker's document for the judge: what the simulated tracker recorded, in the judge's own rows.

use crate::transport::lock;
use crate::world::{BOT, World};
use issuesync_forge_sim::{History, IssueTruth, RepoTruth, Sim};
use issuesync_judge::input::{
    self, DeliveryRow, EditRow, Forge, Milestone, ObjectRow, RemoteComment, RemoteIssue, Repo, RequestRow, User,
};

/// Everything that the tracker knows to be true.
#[must_use]
pub fn document(world: &World) -> Forge {
    let sim = lock(&world.sim);
    Forge { state: state(&sim), history: history(sim.history()), own: BOT.into() }
}

fn state(sim: &Sim) -> input::State {
    let users = sim.users().map(|(id, login)| User { id, login: login.to_owned() });
    input::State { users: users.collect(), repos: sim.repos().into_iter().map(repo).collect() }
}

fn repo(repo: RepoTruth) -> Repo {
    let milestones = repo.milestones.into_iter().map(|(id, title)| Milestone { id, title });
    Repo {
        id: repo.id,
        path: repo.path,
        issues: repo.issues.into_iter().map(issue).collect(),
        milestones: milestones.collect(),
    }
}

fn issue(issue: IssueTruth) -> RemoteIssue {
    let comments = issue.comments.into_iter().map(|(id, body)| RemoteComment { id, body });
    RemoteIssue {
        number: issue.number,
        pull: issue.pull,
        comments: comments.collect(),
        fields: issue.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

fn history(history: &History) -> input::History {
    let requests = history.requests.iter().map(|row| RequestRow {
        seq: row.seq,
        at_ms: row.at_ms,
        user: row.user.clone(),
        method: row.method.clone(),
        path: row.path.clone(),
        status: row.status,
        lost: row.lost.map(str::to_owned),
        stale: row.stale,
        repo_id: row.repo_id,
    });
    let edits = history.edits.iter().map(|row| EditRow {
        seq: row.seq,
        at_ms: row.at_ms,
        request: row.request,
        user: row.user.clone(),
        repo_id: row.repo_id,
        number: row.number,
        comment_id: row.comment_id,
        field: row.field.to_owned(),
        before: row.before.clone(),
        after: row.after.clone(),
    });
    let objects = history.objects.iter().map(|row| ObjectRow {
        seq: row.seq,
        at_ms: row.at_ms,
        action: row.action.to_owned(),
        kind: row.kind.to_owned(),
        user: row.user.clone(),
        repo_id: row.repo_id,
        number: row.number,
        comment_id: row.comment_id,
        value: row.value.clone(),
    });
    let deliveries = history.deliveries.iter().map(|row| DeliveryRow {
        request: row.request,
        label: row.label.clone(),
        fate: row.fate.to_owned(),
    });
    input::History {
        requests: requests.collect(),
        edits: edits.collect(),
        objects: objects.collect(),
        deliveries: deliveries.collect(),
    }
}

//! Deletes, and repositories that go out of sight, move, or are not who they were.

use super::stage::{MINUTE_US, Stage};
use super::{Failure, Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use crate::transport::lock;
use crate::world::{ALICE, BOT, now};
use issuesync_forge_sim::{Access, Flavour, RepoSpec};
use issuesync_model::{DeletePolicy, Event, Field, Item, Lifecycle, LogKind, Settings};
use serde_json::{Value, json};

pub(super) const ALL: &[Story] = &[
    Story {
        row: 32,
        name: "remote delete against local edit",
        forces: "an issue is deleted there and edited here: the edit first, and the delete first; and again where edits win",
        must: "the delete wins, the edit lives in the tombstone, and somebody is told; where edits win it lives on in a new issue",
        run: deleted,
    },
    Story {
        row: 33,
        name: "404 by lost permission",
        forces: "the right to read is taken away; the issues are switched off; the repository is renamed and its path reused by another",
        must: "no tombstone, the connection is parked, nothing is written to the stranger; all is well when it is back",
        run: unseen,
    },
    Story {
        row: 34,
        name: "issue transferred",
        forces: "the repository moves to another name, with redirects, on Gitea and on Forgejo, while edits wait on both sides. (A single issue that is transferred needs a tracker that can do that; Gitea and Forgejo cannot.)",
        must: "the link follows: passes, webhooks and pushes go on at the new place, and the connection's log says so",
        run: moved,
    },
];

fn deleted() -> Told {
    for edit_first in [true, false] {
        let mut stage = Stage::with_issue()?.and_issue()?;
        let id = stage.row(1)?.id;
        if edit_first {
            stage.title_here(id, "Edited here")?;
            stage.there("DELETE", "issues/1", &Value::Null);
            struck(stage.item(id)?.lifecycle == Lifecycle::Linked, "the mirror knows of the delete already")?;
        } else {
            stage.there("DELETE", "issues/1", &Value::Null);
            // The first look found nothing; the edit comes before the second one.
            stage.alone(Actor::Poller(0, true));
            stage.alone(Actor::Checker);
            struck(stage.item(id)?.lifecycle == Lifecycle::Linked, "one look was enough")?;
            stage.title_here(id, "Edited here")?;
        }
        stage.settle()?;
        let row = stage.item(id)?;
        same("the life of the row", row.lifecycle, Lifecycle::Deleted)?;
        let kept = row.tombstone.map(|tombstone| tombstone.local.text(Field::Title).to_owned());
        same("the edit in the tombstone", kept, Some("Edited here".to_owned()))?;
        same("alarms", told(&stage, Event::DeleteMetEdit), 1)?;
        same("writes", stage.writes().into_iter().filter(|row| row["status"] != 404).count(), 0)?;
        let late = now(stage.world.engine().delete(&stage.world.cx(), id, None, "dora"));
        must(late.is_ok(), "deleting it here again is no success")?;
        must(stage.title_here(id, "Too late").is_err(), "an edit of a buried issue was taken")?;
        stage.lawful()?;
    }
    edits_win()
}

fn edits_win() -> Told {
    let settings = Settings { delete_vs_update: DeletePolicy::UpdateWins, ..Settings::default() };
    let mut stage = Stage::of(Setup { settings, ..Setup::new(32) })?.and_issue()?.and_issue()?;
    let id = stage.row(1)?.id;
    stage.title_here(id, "Edited here")?;
    stage.there("DELETE", "issues/1", &Value::Null);
    stage.settle()?;
    same("the life of the old row", stage.item(id)?.lifecycle, Lifecycle::Deleted)?;
    same("the new issue there", stage.shown(3)["title"].clone(), json!("Edited here"))?;
    let again = stage.row(3)?;
    must(again.id != id && again.lifecycle == Lifecycle::Linked, "the new issue is not a row of its own")?;
    stage.lawful()
}

fn told(stage: &Stage, event: Event) -> usize {
    let told = now(stage.world.store.notifications(100)).unwrap_or_default();
    told.iter().filter(|one| one.event == event).count()
}

fn unseen() -> Told {
    type Change = fn(&Stage);
    let ways: [(&str, Change, Change); 3] = [
        ("read revoked", |stage| access(stage, None), |stage| access(stage, Some(Access::Admin))),
        ("issues off", |stage| issues(stage, false), |stage| issues(stage, true)),
        ("path reused", reuse, give_back),
    ];
    for (way, takes, gives) in ways {
        let mut stage = Stage::with_issue()?.and_issue()?.and_issue()?;
        let id = stage.row(1)?.id;
        stage.there("POST", "issues/2/comments", &json!({ "body": "A remark." }));
        stage.settle()?;
        takes(&stage);
        stage.title_here(id, "Ours")?;
        let before = lock(&stage.world.sim).requests();
        stage.live(60 * MINUTE_US)?;
        let since: Vec<Value> =
            stage.history("requests").into_iter().skip(before).filter(|row| row["user"] == BOT).collect();
        let blind = since.iter().any(|row| row["status"] == 404 || row["repo_id"] != json!(stage.world.repos[0]));
        struck(blind || way == "issues off", format!("{way}: nothing was out of sight"))?;
        let connection = stage.world.connections().remove(0);
        must(connection.parked.is_some(), format!("{way}: the connection is not parked"))?;
        same(&format!("{way}: alarms"), told(&stage, Event::Parked), 1)?;
        must(all(&stage).iter().all(|row| row.lifecycle == Lifecycle::Linked), format!("{way}: something was buried"))?;
        let strayed = since
            .iter()
            .filter(|row| row["method"] != "GET" && row["status"].as_u64().is_some_and(|status| status < 300));
        same(&format!("{way}: writes"), strayed.count(), 0)?;
        gives(&stage);
        stage.live(20 * MINUTE_US)?;
        must(stage.world.connections()[0].parked.is_none(), format!("{way}: it is still parked"))?;
        same(&format!("{way}: the title there"), stage.shown(1)["title"].clone(), json!("Ours"))?;
        must(all(&stage).iter().all(|row| row.lifecycle == Lifecycle::Linked), format!("{way}: something was buried"))?;
        stage.lawful()?;
    }
    Ok(())
}

fn all(stage: &Stage) -> Vec<Item> {
    let issues = stage.world.issues();
    issues.iter().flat_map(|issue| stage.world.comments(issue)).chain(issues.iter().cloned()).collect()
}

fn access(stage: &Stage, access: Option<Access>) {
    let mut sim = lock(&stage.world.sim);
    sim.set_private(stage.world.repos[0], access.is_none());
    sim.set_access(stage.world.repos[0], BOT, access);
}

fn issues(stage: &Stage, on: bool) {
    stage.world.person(ALICE, "PATCH", &stage.world.path(0), &json!({ "has_issues": on }));
}

/// Our repository moves away, and another one with an issue of its own takes its path.
fn reuse(stage: &Stage) {
    lock(&stage.world.sim).rename(stage.world.repos[0], "elsewhere");
    let spec = RepoSpec {
        owner: "acme".to_owned(),
        name: "web".to_owned(),
        private: false,
        labels: vec!["bug".to_owned()],
        milestones: Vec::new(),
        collaborators: [BOT, "alice", "bob"].map(|login| (login.to_owned(), Access::Admin)).to_vec(),
    };
    lock(&stage.world.sim).add_repo(stage.world.clock.now_ms(), &spec);
    stage.world.person(ALICE, "POST", "acme/web/issues", &json!({ "title": "A stranger's" }));
}

fn give_back(stage: &Stage) {
    let stranger = lock(&stage.world.sim).repo_id("acme/web");
    if let Some(stranger) = stranger {
        lock(&stage.world.sim).rename(stranger, "stranger");
    }
    lock(&stage.world.sim).rename(stage.world.repos[0], "web");
}

fn moved() -> Told {
    for (flavour, redirect) in [(Flavour::Gitea, 301), (Flavour::Forgejo, 307)] {
        let mut stage = Stage::of(Setup { flavour, ..Setup::new(34) })?.and_issue()?;
        let id = stage.row(1)?.id;
        lock(&stage.world.sim).rename(stage.world.repos[0], "elsewhere");
        stage.title_here(id, "Ours")?;
        let made = stage.create_here("Made here")?.id;
        stage.there("POST", "issues/1/comments", &json!({ "body": "Written at the new place." }));
        stage.settle()?;
        let redirected = stage.history("requests").iter().any(|row| row["user"] == BOT && row["status"] == redirect);
        struck(redirected, format!("no request was answered with {redirect}"))?;
        let connection = stage.world.connections().remove(0);
        same("the path", connection.repo_path, "acme/elsewhere".to_owned())?;
        must(connection.parked.is_none(), "the connection is parked")?;
        let log = now(stage.world.store.connection_log(connection.id, 100)).unwrap_or_default();
        must(log.iter().any(|event| event.kind == "rename"), "the connection's log does not tell of it")?;
        same("the title there", stage.shown(1)["title"].clone(), json!("Ours"))?;
        same("comments", stage.world.comments(&stage.row(1)?).len(), 1)?;
        let number = stage.item(made)?.number.ok_or_else(|| Failure::Broken("nothing was made".to_owned()))?;
        same("the new issue there", stage.shown(number)["title"].clone(), json!("Made here"))?;
        same("rows given up", stage.logged(id, LogKind::Failed) + stage.logged(made, LogKind::Failed), 0)?;
        stage.lawful()?;
    }
    Ok(())
}

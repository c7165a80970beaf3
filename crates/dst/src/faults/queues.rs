//! The queue and the store: one delivery that poisons its worker, entries that vanish, a database that does not answer, rows of an older version.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::twists::{Breaking, Failing, Refusing};
use super::webhooks::{only, refused};
use super::{Failure, Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use crate::transport::lock;
use crate::world::now;
use issuesync_engine::IngestError;
use issuesync_forge_sim::Faults;
use issuesync_model::{ConnectionChange, Delivery, DeliveryKey, DeliveryState, Field, OutboxStatus};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) const ALL: &[Story] = &[
    Story {
        row: 26,
        name: "poison event",
        forces: "of fifty deliveries one breaks the adapter; and of fifty others one leads to a comment that the tracker refuses to show with 422",
        must: "the poison one is buried with its body (after five tries where it may pass), the other 49 are applied at once, the connection is dirty and its full pass brings the fiftieth",
        run: poison,
    },
    Story {
        row: 27,
        name: "queue flushed",
        forces: "the queue loses everything that it holds, and its reader notices. (How a gap is found, by trimmed ids or a new run id, belongs to a queue apart.)",
        must: "the connection is dirty, a full pass follows at once, nothing is lost",
        run: flushed,
    },
    Story {
        row: 28,
        name: "last second of the queue lost",
        forces: "of a burst of ten acknowledged deliveries those of the last second vanish. (The window of a queue that is not synced at each entry belongs to a queue apart.)",
        must: "as when it is flushed: the dirty mark, a full pass, no loss",
        run: unsynced,
    },
    Story {
        row: 29,
        name: "database down at ingest",
        forces: "the store refuses the append alone, then every call, while deliveries arrive",
        must: "no delivery is acknowledged; where the mark could still be made a full pass comes at once, otherwise the next poll recovers",
        run: down,
    },
    Story {
        row: 30,
        name: "disk full or database busy",
        forces: "each single call of the store fails in turn, over a story of a delivery, a push, a create and a pass",
        must: "a clean error, no half state, and everything is made up for",
        run: busy,
    },
    Story {
        row: 39,
        name: "upgrade with queues that are not empty",
        forces: "a process starts on a queue that holds rows as other releases of Gitea and Forgejo sent them: recorded headers and raw bodies",
        must: "each of them is read by what it points at: a look, and done; none is given up",
        run: upgraded,
    },
];

fn states(stage: &Stage, state: DeliveryState) -> Vec<Delivery> {
    now(stage.world.store.deliveries(None, Some(state), 10_000)).unwrap_or_default()
}

fn poison() -> Told {
    let breaking = Arc::new(Breaking::default());
    let mut stage = Stage::of(Setup { twist: Arc::clone(&breaking) as _, ..Setup::new(26) })?;
    for n in 1..=50 {
        stage.report(&format!("Issue {n}"), "");
    }
    stage.settle()?;
    for n in 1..=50 {
        stage.edit_there(n, &json!({ "title": format!("Edited {n}") }));
    }
    for delivery in stage.catch() {
        stage.deliver(&delivery).map_err(refused)?;
    }
    breaking.over(7);
    stage.alone(Actor::Worker(0));
    breaking.over(0);
    struck(breaking.broke() == 1, "the adapter did not break")?;
    buried(&stage, |stage| (1..=50).filter(|n| stage.title(*n) == format!("Edited {n}")).count())?;
    stage.settle()?;
    same("the fiftieth", stage.title(7), "Edited 7".to_owned())?;
    stage.lawful()?;
    unshown()
}

/// One comment of fifty that the tracker does not show.
fn unshown() -> Told {
    let twist = Arc::new(Refusing::every("/issues/comments/83"));
    let mut stage = Stage::of(Setup { twist: Arc::clone(&twist) as _, ..Setup::new(26) })?.and_issue()?;
    for n in 0..50 {
        stage.there("POST", "issues/1/comments", &json!({ "body": format!("Remark {n}") }));
    }
    for delivery in stage.catch() {
        stage.deliver(&delivery).map_err(refused)?;
    }
    let applied = |stage: &Stage| stage.row(1).map(|issue| stage.world.comments(&issue).len()).unwrap_or_default();
    for n in 1..=5 {
        stage.alone(Actor::Worker(0));
        same("remarks here", applied(&stage), 49)?;
        struck(twist.refused() == n, "the tracker showed the comment")?;
        stage.wait(2 * MINUTE_US);
    }
    buried(&stage, applied)?;
    stage.settle()?;
    same("remarks here after the full pass", applied(&stage), 50)?;
    stage.lawful()
}

/// One delivery is dead and kept, 49 are applied, and a full pass is owed.
fn buried(stage: &Stage, applied: impl Fn(&Stage) -> usize) -> Told {
    same("deliveries applied", applied(stage), 49)?;
    let dead = states(stage, DeliveryState::Dead);
    same("deliveries buried", dead.len(), 1)?;
    must(!dead[0].body.is_empty() && dead[0].error.is_some(), "its body or its error is not kept")?;
    same("deliveries that wait", states(stage, DeliveryState::Queued).len(), 0)?;
    must(stage.world.connections()[0].is_dirty(), "the connection is not dirty")
}

/// Takes entries out of the queue as if they had never been there; their reader finds the gap.
fn lose(stage: &Stage, entries: &[Delivery]) {
    for entry in entries {
        lock(&stage.world.sim).delivered(&entry.key.id, false);
    }
    drop(now(stage.world.store.finish_deliveries(entries.iter().map(|entry| entry.key.clone()).collect())));
    drop(now(stage.world.store.change_connection(
        stage.world.connections[0],
        vec![ConnectionChange::Dirty],
        Vec::new(),
    )));
}

fn flushed() -> Told {
    let mut stage = Stage::with_issue()?.and_issue()?;
    stage.edit_there(1, &json!({ "title": "Flushed" }));
    stage.there("POST", "issues/2/comments", &json!({ "body": "Flushed too." }));
    stage.report("Flushed as well", "");
    for delivery in stage.catch() {
        stage.deliver(&delivery).map_err(refused)?;
    }
    let held = states(&stage, DeliveryState::Queued);
    struck(held.len() == 3 && stage.title(1) == "One", format!("the queue held {} entries", held.len()))?;
    lose(&stage, &held);
    recovered(&mut stage)?;
    same("the title", stage.title(1), "Flushed".to_owned())?;
    same("the new issue", stage.title(3), "Flushed as well".to_owned())?;
    same("comments", stage.world.comments(&stage.row(2)?).len(), 1)?;
    stage.lawful()
}

fn unsynced() -> Told {
    let mut stage = Stage::with_issue()?;
    for n in 0..10 {
        stage.edit_there(1, &json!({ "title": format!("Burst {n}") }));
        let caught = only(stage.catch())?;
        stage.deliver(&caught).map_err(refused)?;
        if n == 5 {
            stage.alone(Actor::Worker(0));
        }
        stage.wait(300_000);
    }
    let now_us = stage.now_us();
    let last: Vec<Delivery> = states(&stage, DeliveryState::Queued)
        .into_iter()
        .filter(|entry| entry.received_us > now_us - SECOND_US)
        .collect();
    struck(last.len() == 3 && stage.title(1) == "Burst 5", format!("{} entries of the last second", last.len()))?;
    lose(&stage, &last);
    recovered(&mut stage)?;
    same("the title", stage.title(1), "Burst 9".to_owned())?;
    stage.lawful()
}

/// The dirty mark brings a full pass at once, and is gone then.
fn recovered(stage: &mut Stage) -> Told {
    let before = stage.world.connections().remove(0);
    must(before.is_dirty(), "the connection is not dirty")?;
    stage.round(None)?;
    let after = stage.world.connections().remove(0);
    must(after.last_full_us > before.last_full_us && !after.is_dirty(), "no full pass came at once")
}

fn down() -> Told {
    let failing = Arc::new(Failing::default());
    let mut stage = Stage::of(Setup { twist: Arc::clone(&failing) as _, ..Setup::new(29) })?.and_issue()?;
    stage.edit_there(1, &json!({ "title": "The append fails" }));
    let first = only(stage.catch())?;
    // The first call reads the connection, the second appends.
    failing.at(1);
    let answer = stage.deliver(&first);
    struck(failing.struck(), "no call of the store failed")?;
    must(matches!(answer, Err(IngestError::Unavailable(_))), format!("it was acknowledged: {answer:?}"))?;
    same("deliveries in the queue", states(&stage, DeliveryState::Queued).len(), 0)?;
    recovered(&mut stage)?;
    same("the title", stage.title(1), "The append fails".to_owned())?;
    stage.edit_there(1, &json!({ "title": "Everything fails" }));
    let second = only(stage.catch())?;
    stage.world.gate.fail_store(true);
    let answer = stage.deliver(&second);
    must(matches!(answer, Err(IngestError::Unavailable(_))), format!("it was acknowledged: {answer:?}"))?;
    stage.round(None)?;
    stage.world.gate.fail_store(false);
    struck(stage.title(1) == "The append fails", "the delivery was taken")?;
    stage.live(65 * SECOND_US)?;
    same("the title a poll later", stage.title(1), "Everything fails".to_owned())?;
    stage.lawful()
}

fn busy() -> Told {
    let mut k = 0;
    loop {
        let failing = Arc::new(Failing::default());
        let mut stage =
            Stage::of(Setup { twist: Arc::clone(&failing) as _, ..Setup::new(30) })?.and_issue()?.and_issue()?;
        let (id, made) = (stage.row(1)?.id, stage.create_here("Made here")?.id);
        stage.title_here(id, "Ours")?;
        stage.edit_there(2, &json!({ "title": "Alice's", "body": "And her text." }));
        stage.there("POST", "issues/2/comments", &json!({ "body": "A remark." }));
        failing.at(k);
        stage.world.pump();
        stage.run()?;
        for actor in
            [Actor::Worker(0), Actor::Pusher(0), Actor::Poller(0, false), Actor::Checker, Actor::Poller(0, true)]
        {
            stage.alone(actor);
        }
        if !failing.struck() {
            return struck(k > 60, format!("the story calls the store {k} times alone"));
        }
        stage.settle()?;
        let at = format!("with call {k} failed");
        same(&format!("#1 there {at}"), stage.shown(1)["title"].clone(), json!("Ours"))?;
        same(&format!("#2 here {at}"), stage.title(2), "Alice's".to_owned())?;
        same(&format!("comments {at}"), stage.world.comments(&stage.row(2)?).len(), 1)?;
        same(&format!("the new issue {at}"), stage.item(made)?.outbox.status, OutboxStatus::Completed)?;
        stage.lawful()?;
        k += 1;
    }
}

/// Deliveries as they were recorded from other releases.
const RECORDED: [&str; 6] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/gitea/gitea/delivery_issues_opened.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/gitea/gitea/delivery_issues_edited_title.json")),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/gitea/gitea/delivery_issue_comment_created.json"
    )),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/gitea/forgejo/delivery_issues_opened.json")),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/gitea/forgejo/delivery_issues_edited_title.json"
    )),
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/gitea/forgejo/delivery_issue_comment_created.json"
    )),
];

fn upgraded() -> Told {
    let mut stage = Stage::with_issue()?;
    stage.edit_there(1, &json!({ "title": "Told by an old row" }));
    drop(stage.catch());
    let connection = stage.world.connections[0];
    let mut rows = Vec::new();
    for (n, recorded) in RECORDED.iter().enumerate() {
        let told: Value = serde_json::from_str(recorded).map_err(|error| Failure::Stage(error.to_string()))?;
        let headers = told["delivery"]["headers"].as_object().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        rows.push(Delivery {
            key: DeliveryKey { connection, id: format!("old-{n}") },
            received_us: stage.now_us(),
            headers: headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: text(&told["delivery"]["body_text"]).into_bytes(),
            state: DeliveryState::Queued,
            tries: 0,
            lease_until_us: 0,
            error: None,
        });
    }
    drop(now(stage.world.store.append(rows)));
    stage.world.restart();
    let queued = states(&stage, DeliveryState::Queued).len();
    struck(queued == RECORDED.len() && stage.title(1) == "One", format!("{queued} old rows wait"))?;
    let before = lock(&stage.world.sim).requests();
    stage.alone(Actor::Worker(0));
    let looks = stage.history("requests").into_iter().skip(before).filter(|row| row["method"] == "GET");
    must(
        looks.filter(|row| row["path"].as_str().is_some_and(|path| path.contains("/issues/"))).count() >= 2,
        "they led to no look",
    )?;
    same("rows that wait", states(&stage, DeliveryState::Queued).len(), 0)?;
    same("rows given up", states(&stage, DeliveryState::Dead).len(), 0)?;
    let done = states(&stage, DeliveryState::Done).iter().filter(|row| row.key.id.starts_with("old-")).count();
    same("rows done", done, RECORDED.len())?;
    same("the title", stage.row(1)?.local.text(Field::Title).to_owned(), "Told by an old row".to_owned())?;
    stage.faults(Faults::default());
    stage.lawful()
}

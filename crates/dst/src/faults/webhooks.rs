//! Deliveries that are lost, doubled, late, out of order, or signed with yesterday's secret.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::{Failure, Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use issuesync_forge_sim::{Delivery, Faults};
use issuesync_model::{Field, Lifecycle, LogKind, Settings};
use serde_json::{Value, json};

pub(super) const ALL: &[Story] = &[
    Story {
        row: 1,
        name: "webhook lost",
        forces: "every webhook of twenty edits is lost",
        must: "each change is here within one poll (60 s) and the time of the pass",
        run: lost,
    },
    Story {
        row: 2,
        name: "webhook duplicated",
        forces: "one delivery arrives three times under one id, before and after it was worked off",
        must: "one effect: one pull in the log",
        run: duplicated,
    },
    Story {
        row: 3,
        name: "same change under a new delivery id",
        forces: "a delivery arrives again, byte for byte, under another id",
        must: "it is looked at, and nothing changes, not even the row's revision",
        run: renamed,
    },
    Story {
        row: 4,
        name: "webhooks reordered and late",
        forces: "the deliveries of four edits arrive 90 s late, in each of the 24 orders",
        must: "the newest state from the first look on; no older one ever returns",
        run: reordered,
    },
    Story {
        row: 35,
        name: "late webhook after a delete",
        forces: "the webhooks of an issue's whole life arrive a day after it was deleted and buried",
        must: "it stays buried: no row returns, no new one is made",
        run: after_delete,
    },
    Story {
        row: 38,
        name: "hook secret rotated mid-flight",
        forces: "the hook is replaced by one with another secret while deliveries of the old one are on their way",
        must: "no delivery is rejected; a secret that was never ours still is",
        run: rotated,
    },
    Story {
        row: 41,
        name: "comment edited and deleted without hooks",
        forces: "no webhook is registered; comments are edited and deleted",
        must: "the edit is here within one incremental pass, the delete within one full pass",
        run: unhooked,
    },
];

fn lost() -> Told {
    let mut stage = Stage::with_issue()?;
    stage.faults(Faults { hook_drop_pm: 1000, ..Faults::default() });
    for n in 0..20 {
        let title = format!("Unheard {n}");
        stage.edit_there(1, &json!({ "title": title }));
        stage.live(60 * SECOND_US + 5 * SECOND_US)?;
        same("the title a poll later", stage.title(1), title)?;
    }
    let dropped = stage.history("deliveries").iter().filter(|row| row["fate"] == "dropped").count();
    struck(dropped == 20, format!("{dropped} of 20 webhooks were lost"))?;
    stage.lawful()
}

fn duplicated() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    let (version, pulls) = (stage.row(1)?.version, stage.logged(id, LogKind::Pull));
    stage.edit_there(1, &json!({ "title": "Once" }));
    let caught = only(stage.catch())?;
    let before = crate::transport::lock(&stage.world.sim).requests();
    for _ in 0..2 {
        stage.deliver(&caught).map_err(refused)?;
    }
    stage.alone(Actor::Worker(0));
    stage.deliver(&caught).map_err(refused)?;
    stage.alone(Actor::Worker(0));
    let came = stage.history("deliveries").iter().filter(|row| row["id"] == json!(caught.id)).count();
    struck(came == 1, "there is no such delivery in the tracker's history")?;
    same("repeats that were recognised", stage.world.engine().counters().repeats, 2)?;
    let asked = stage
        .history("requests")
        .into_iter()
        .skip(before)
        .filter(|row| row["path"] == "/api/v1/repos/acme/web/issues/1");
    same("looks at the issue", asked.filter(|row| row["user"] == "bot").count(), 1)?;
    same("pulls in the log", stage.logged(id, LogKind::Pull) - pulls, 1)?;
    same("the version", stage.row(1)?.version, version + 1)?;
    same("the title", stage.title(1), "Once".to_owned())?;
    stage.lawful()
}

fn renamed() -> Told {
    let mut stage = Stage::with_issue()?;
    stage.edit_there(1, &json!({ "title": "Once" }));
    let caught = only(stage.catch())?;
    stage.deliver(&caught).map_err(refused)?;
    stage.alone(Actor::Worker(0));
    let (picture, before) = (stage.picture(), stage.world.engine().counters());
    for n in 0..5 {
        stage.wait(SECOND_US);
        stage.deliver(&under_id(&caught, &format!("again-{n}"))).map_err(refused)?;
        stage.alone(Actor::Worker(0));
    }
    let after = stage.world.engine().counters();
    struck(after.deliveries == before.deliveries + 5, "the copies were taken for repeats")?;
    struck(after.observations >= before.observations + 5, "the copies led to no look")?;
    must(stage.picture() == picture, "a row or its log changed")?;
    stage.lawful()
}

fn reordered() -> Told {
    for order in orders() {
        let mut stage = Stage::with_issue()?;
        let mut caught = Vec::new();
        for n in 0..4 {
            stage.edit_there(1, &json!({ "title": format!("Version {n}") }));
            caught.push((stage.now_us(), only(stage.catch())?));
            stage.wait(SECOND_US);
        }
        stage.wait(90 * SECOND_US);
        for &n in &order {
            let (sent_us, delivery) = &caught[n];
            struck(stage.now_us() - sent_us >= 90 * SECOND_US, "the deliveries were not late")?;
            stage.deliver(delivery).map_err(refused)?;
            stage.alone(Actor::Worker(0));
            same(&format!("the title after delivery {n} of {order:?}"), stage.title(1), "Version 3".to_owned())?;
        }
        stage.lawful()?;
    }
    Ok(())
}

fn orders() -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new()];
    for n in 0..4 {
        found = found
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, n);
                    longer
                })
            })
            .collect();
    }
    found
}

fn after_delete() -> Told {
    let mut stage = Stage::with_issue()?.and_issue()?;
    let mut late = Vec::new();
    for title in ["Two", "Three", "Four"] {
        stage.wait(SECOND_US);
        stage.edit_there(1, &json!({ "title": title, "state": "closed" }));
        late.extend(stage.catch());
    }
    stage.there("POST", "issues/1/comments", &json!({ "body": "Late." }));
    late.extend(stage.catch());
    stage.there("DELETE", "issues/1", &Value::Null);
    stage.settle()?;
    same("the life of #1", stage.row(1)?.lifecycle, Lifecycle::Deleted)?;
    let (picture, before) = (stage.picture(), stage.world.engine().counters().deliveries);
    stage.wait(24 * 60 * MINUTE_US);
    for delivery in &late {
        stage.deliver(delivery).map_err(refused)?;
    }
    stage.settle()?;
    let came = stage.world.engine().counters().deliveries - before;
    struck(came == late.len() as u64 && came >= 5, format!("{came} late deliveries were taken"))?;
    must(stage.picture() == picture, "a buried row, a new one or a log changed")?;
    stage.lawful()
}

fn rotated() -> Told {
    let mut stage = Stage::with_issue()?;
    stage.edit_there(1, &json!({ "title": "Signed with the old one" }));
    let old = only(stage.catch())?;
    // Somebody removes the hook by hand; the next full pass registers one with a secret of its own.
    let repo = stage.world.repos[0];
    for hook in stage.there("GET", "hooks", &Value::Null).as_array().into_iter().flatten() {
        stage.there("DELETE", &format!("hooks/{}", hook["id"]), &Value::Null);
    }
    let secret = |stage: &Stage| {
        stage.world.connections()[0].hook.as_ref().and_then(|hook| hook.secrets_sealed.first().cloned())
    };
    let before = secret(&stage);
    stage.alone(Actor::Poller(0, true));
    struck(secret(&stage).is_some() && secret(&stage) != before, format!("the secret of {repo} was not rotated"))?;
    stage.edit_there(1, &json!({ "title": "Signed with the new one" }));
    let new = only(stage.catch())?;
    struck(signature(&old) != signature(&new) && old.hook_id != new.hook_id, "both were signed by one hook")?;
    for (which, delivery) in [("new", &new), ("old", &old)] {
        must(stage.deliver(delivery).is_ok(), format!("the delivery signed with the {which} secret was rejected"))?;
    }
    let mut forged = new.clone();
    forged.headers.iter_mut().filter(|(name, _)| name.ends_with("-Signature")).for_each(|(_, value)| {
        *value = signature(&old);
    });
    must(stage.deliver(&forged).is_err(), "a delivery whose signature is of another body was taken")?;
    stage.alone(Actor::Worker(0));
    same("the title", stage.title(1), "Signed with the new one".to_owned())?;
    stage.lawful()
}

fn unhooked() -> Told {
    let settings = Settings { manage_hook: false, ..Settings::default() };
    let mut stage = Stage::of(Setup { settings, ..Setup::new(41) })?.and_issue()?;
    for body in ["First remark", "Second remark"] {
        stage.there("POST", "issues/1/comments", &json!({ "body": body }));
    }
    stage.alone(Actor::Poller(0, false));
    let issue = stage.row(1)?;
    let texts = |stage: &Stage| -> Vec<String> {
        let live = stage.world.comments(&issue).into_iter().filter(|row| row.lifecycle != Lifecycle::Deleted);
        live.map(|row| row.local.text(Field::Body).to_owned()).collect()
    };
    same("the comments", texts(&stage), vec!["First remark".to_owned(), "Second remark".to_owned()])?;
    let ids: Vec<i64> = stage.world.comments(&issue).iter().filter_map(|row| row.number).collect();
    stage.wait(10 * MINUTE_US);
    stage.there("PATCH", &format!("issues/comments/{}", ids[0]), &json!({ "body": "First, reworded" }));
    stage.alone(Actor::Poller(0, false));
    same("the comments an incremental pass later", texts(&stage)[0].clone(), "First, reworded".to_owned())?;
    stage.wait(10 * MINUTE_US);
    stage.there("DELETE", &format!("issues/comments/{}", ids[1]), &Value::Null);
    stage.alone(Actor::Poller(0, true));
    stage.alone(Actor::Checker);
    same("the comments a full pass later", texts(&stage), vec!["First, reworded".to_owned()])?;
    struck(stage.history("deliveries").is_empty(), "there was a webhook")?;
    stage.lawful()
}

/// The one delivery that was caught.
pub(super) fn only(mut caught: Vec<Delivery>) -> Result<Delivery, Failure> {
    match (caught.pop(), caught.len()) {
        (Some(one), 0) => Ok(one),
        (_, more) => Err(Failure::Stage(format!("one delivery was expected, {more} more came"))),
    }
}

/// The same delivery under another id.
pub(super) fn under_id(delivery: &Delivery, id: &str) -> Delivery {
    let mut copy = delivery.clone();
    id.clone_into(&mut copy.id);
    copy.headers.iter_mut().filter(|(name, _)| name.ends_with("-Delivery")).for_each(|(_, value)| id.clone_into(value));
    copy
}

/// A delivery that should have been taken was not.
#[expect(clippy::needless_pass_by_value, reason = "it is used with map_err")]
pub(super) fn refused(error: issuesync_engine::IngestError) -> Failure {
    Failure::Broken(format!("a delivery was not taken: {error}"))
}

fn signature(delivery: &Delivery) -> String {
    let found = delivery.headers.iter().find(|(name, _)| name == "X-Gitea-Signature");
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

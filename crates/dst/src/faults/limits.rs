//! Trackers that ask to wait, are ill for hours, or forget the token: nothing is burnt, nothing is lost, and nobody is told twice.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::{Story, Told, must, same, struck};
use crate::transport::lock;
use crate::world::{BOT, BOT_TOKEN, now};
use issuesync_forge_sim::{Faults, UserSpec};
use issuesync_model::{ConflictKind, Event, Field, ItemId, Lifecycle, LogKind, OutboxStatus};
use serde_json::json;

pub(super) const ALL: &[Story] = &[
    Story {
        row: 23,
        name: "429 storm",
        forces: "for half an hour every request is refused with 429, while six issues are edited and one is made",
        must: "no retry is used up, nothing fails, few requests are spent; all are sent once the storm is over",
        run: storm,
    },
    Story {
        row: 24,
        name: "three hours of outage",
        forces: "every request is answered by a proxy's 502 for three hours, while six issues are edited and one is made",
        must: "nothing fails; the breaker asks about the repository now and then and sends nothing else; all arrives afterwards",
        run: outage,
    },
    Story {
        row: 25,
        name: "token revoked",
        forces: "the token is worthless for an hour in which both sides are edited, then good again",
        must: "one alarm; the edits wait; the connection comes back dirty, reads before it writes, and nothing is lost",
        run: revoked,
    },
    Story {
        row: 37,
        name: "conflict open while both sides edit on",
        forces: "title and title are edited at the same moment; then both sides edit that title five times more, and the body too",
        must: "one record, which always holds both present values, told once; the title is not written; the body goes on",
        run: frozen,
    },
];

/// Six issues that the mirror knows, edited here, and one made here.
fn busy(stage: &mut Stage) -> Result<Vec<ItemId>, super::Failure> {
    for n in 0..6 {
        stage.report(&format!("Issue {n}"), "");
    }
    stage.settle()?;
    Ok(stage.world.issues().iter().map(|item| item.id).collect())
}

fn edit_all(stage: &Stage, ids: &mut Vec<ItemId>) -> Told {
    for id in ids.iter() {
        stage.title_here(*id, "Edited in hard times")?;
    }
    ids.push(stage.create_here("Edited in hard times")?.id);
    Ok(())
}

fn all_sent(stage: &Stage, ids: &[ItemId]) -> Told {
    for id in ids {
        let row = stage.item(*id)?;
        same("an outbox row", row.outbox.status, OutboxStatus::Completed)?;
        same("a life", row.lifecycle, Lifecycle::Linked)?;
        let there = stage.shown(row.number.unwrap_or(0))["title"].clone();
        same("a title there", there, json!("Edited in hard times"))?;
        same("failures in the log", stage.logged(*id, LogKind::Failed), 0)?;
    }
    Ok(())
}

/// How many requests of the mirror were answered with this status.
fn answered(stage: &Stage, status: u16) -> usize {
    stage.history("requests").iter().filter(|row| row["user"] == BOT && row["status"] == status).count()
}

fn storm() -> Told {
    let mut stage = Stage::new()?;
    let mut ids = busy(&mut stage)?;
    stage.faults(Faults { rate_limit_pm: 1000, retry_after_s: 60, ..Faults::default() });
    edit_all(&stage, &mut ids)?;
    stage.live(30 * MINUTE_US)?;
    let refused = answered(&stage, 429);
    struck(refused >= 20, format!("{refused} requests were refused with 429"))?;
    must(refused <= 150, format!("{refused} requests were spent in half an hour of 429"))?;
    for id in &ids {
        let outbox = stage.item(*id)?.outbox;
        same("a row in the storm", (outbox.status, outbox.retry_count), (OutboxStatus::Pending, 0))?;
    }
    stage.faults(Faults::default());
    stage.live(3 * MINUTE_US)?;
    all_sent(&stage, &ids)?;
    stage.lawful()
}

fn outage() -> Told {
    let mut stage = Stage::new()?;
    let mut ids = busy(&mut stage)?;
    stage.faults(Faults { outage: true, ..Faults::default() });
    edit_all(&stage, &mut ids)?;
    stage.live(180 * MINUTE_US)?;
    let ill = answered(&stage, 502);
    struck(ill >= 20, format!("{ill} requests were answered with 502"))?;
    must(ill <= 250, format!("{ill} requests were spent in three hours"))?;
    let blind = stage.writes().iter().filter(|row| row["status"] == 502).count();
    must(blind <= 7, format!("{blind} writes were sent into the outage"))?;
    stage.faults(Faults::default());
    stage.live(40 * MINUTE_US)?;
    all_sent(&stage, &ids)?;
    stage.lawful()
}

fn revoked() -> Told {
    let mut stage = Stage::with_issue()?.and_issue()?;
    let id = stage.row(1)?.id;
    lock(&stage.world.sim).revoke_token(BOT_TOKEN);
    stage.title_here(id, "Ours")?;
    stage.edit_there(2, &json!({ "title": "Alice's" }));
    stage.live(60 * MINUTE_US)?;
    let refused = stage.history("requests").iter().filter(|row| row["status"] == 401).count();
    struck(refused > 0, "no request was refused with 401")?;
    must(refused <= 40, format!("{refused} requests were spent on a worthless token"))?;
    let connection = stage.world.connections().remove(0);
    must(connection.parked.is_some(), "the connection is not parked")?;
    let told = now(stage.world.store.notifications(100)).unwrap_or_default();
    same("alarms", told.iter().filter(|one| one.event == Event::Parked).count(), 1)?;
    let waits = stage.item(id)?.outbox;
    same("the row that waits", (waits.status, waits.retry_count), (OutboxStatus::Pending, 0))?;
    lock(&stage.world.sim).add_user(&UserSpec::new(BOT, BOT_TOKEN));
    let (dirty_gen, before) = (connection.dirty_gen, lock(&stage.world.sim).requests());
    stage.live(6 * MINUTE_US)?;
    let connection = stage.world.connections().remove(0);
    must(connection.parked.is_none() && connection.dirty_gen > dirty_gen, "it did not come back dirty")?;
    let since = stage.history("requests").into_iter().skip(before).filter(|row| row["user"] == BOT);
    let since: Vec<_> = since.collect();
    let first = |what: &str| since.iter().position(|row| row["method"] == what).unwrap_or(usize::MAX);
    must(first("GET") < first("PATCH"), "it wrote before it read")?;
    same("the title there", stage.shown(1)["title"].clone(), json!("Ours"))?;
    same("the title here", stage.title(2), "Alice's".to_owned())?;
    stage.lawful()
}

fn frozen() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    stage.title_here(id, "Ours 0")?;
    stage.edit_there(1, &json!({ "title": "Alice's 0" }));
    stage.live(MINUTE_US)?;
    let clash = |stage: &Stage| -> Result<Vec<_>, super::Failure> {
        let open = stage.row(1)?.conflicts.into_iter().filter(|open| open.kind == ConflictKind::Clash);
        Ok(open.map(|open| (open.field, open.local.to_json(), open.remote.to_json())).collect())
    };
    struck(clash(&stage)?.len() == 1, "the two edits did not clash")?;
    let writes = stage.writes().len();
    for n in 1..=5 {
        stage.wait(30 * SECOND_US);
        stage.title_here(id, &format!("Ours {n}"))?;
        stage.edit_there(1, &json!({ "title": format!("Alice's {n}"), "body": format!("Text {n}.") }));
        stage.live(2 * MINUTE_US)?;
        let wanted = vec![(Field::Title, json!(format!("Ours {n}")), json!(format!("Alice's {n}")))];
        same("the open clash", clash(&stage)?, wanted)?;
        same("the body here", stage.row(1)?.local.text(Field::Body).to_owned(), format!("Text {n}."))?;
    }
    same("writes while it was open", stage.writes().len(), writes)?;
    same("conflicts opened", stage.logged(id, LogKind::ConflictOpen), 1)?;
    must(stage.logged(id, LogKind::ConflictRefresh) >= 5, "the record was not refreshed")?;
    let told = now(stage.world.store.notifications(100)).unwrap_or_default();
    same("alarms", told.iter().filter(|one| one.event == Event::ConflictOpened).count(), 1)?;
    stage.lawful()
}

//! What the tracker shows may be old, badly stamped, or stamped for nothing at all.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::webhooks::{only, refused, under_id};
use super::{Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use crate::transport::lock;
use issuesync_engine::Changes;
use issuesync_forge_sim::{Faults, Flavour};
use issuesync_model::{Field, LogKind};
use serde_json::{Value, json};

pub(super) const ALL: &[Story] = &[
    Story {
        row: 5,
        name: "two edits in one second",
        forces: "a second edit in the same second as one that was seen; its webhook is lost; with lists that are fresh and with lists that may lag",
        must: "the last edit ends up here, although both bear one stamp",
        run: one_second,
    },
    Story {
        row: 6,
        name: "stale read by a replica",
        forces: "a look is answered with the state of 5 s ago",
        must: "no rollback, no write; the second look ten minutes later does not take it for a stepped clock",
        run: stale_read,
    },
    Story {
        row: 7,
        name: "server clock steps back",
        forces: "the tracker's clock is set back by one hour, then somebody edits",
        must: "the edit is taken after two equal looks ten minutes apart, and the log says clock_regressed",
        run: clock_back,
    },
    Story {
        row: 8,
        name: "updated_at set by a client",
        forces: "on a Forgejo, edits whose stamps a client set an hour ahead and a day back, the latter without a webhook",
        must: "both are taken; the cursor never passes the server's own clock",
        run: client_stamps,
    },
    Story {
        row: 9,
        name: "updated_at moved for nothing",
        forces: "updated_at moves twenty times, and at every read, without any change, also while an edit made here waits",
        must: "no pull, no conflict, no write but the one of the edit",
        run: bumps,
    },
];

fn one_second() -> Told {
    for lagging in [false, true] {
        let mut stage = Stage::of(Setup { lagging, ..Setup::new(5) })?.and_issue()?;
        let to_next_second = SECOND_US - stage.now_us() % SECOND_US;
        stage.wait(to_next_second);
        stage.edit_there(1, &json!({ "title": "First of the second" }));
        let first = only(stage.catch())?;
        stage.deliver(&first).map_err(refused)?;
        stage.alone(Actor::Worker(0));
        let seen = (stage.title(1), stage.shown(1)["updated_at"].clone());
        stage.edit_there(1, &json!({ "title": "Last of the second" }));
        let lost = stage.catch().len();
        struck(seen.0 == "First of the second" && lost == 1, "the first edit was not seen before the second")?;
        struck(stage.shown(1)["updated_at"] == seen.1, "the two edits bear two stamps")?;
        stage.live(65 * SECOND_US)?;
        same("the title a poll later", stage.title(1), "Last of the second".to_owned())?;
        stage.lawful()?;
    }
    Ok(())
}

fn stale_read() -> Told {
    let mut stage = Stage::with_issue()?;
    // The tracker has to remember its past before a replica can show it.
    stage.faults(Faults { stale_list_ms: 1, ..Faults::default() });
    stage.edit_there(1, &json!({ "title": "Old" }));
    stage.settle()?;
    stage.wait(10 * SECOND_US);
    stage.edit_there(1, &json!({ "title": "New" }));
    let caught = only(stage.catch())?;
    stage.deliver(&caught).map_err(refused)?;
    stage.alone(Actor::Worker(0));
    same("the title before the stale look", stage.title(1), "New".to_owned())?;
    let (version, id) = (stage.row(1)?.version, stage.row(1)?.id);
    stage.faults(Faults { stale_get_pm: 1000, stale_get_ms: 5000, ..Faults::default() });
    stage.deliver(&under_id(&caught, "again")).map_err(refused)?;
    stage.alone(Actor::Worker(0));
    struck(stage.history("requests").iter().any(|row| row["stale"] == true), "no look was stale")?;
    same("the title after the stale look", stage.title(1), "New".to_owned())?;
    stage.faults(Faults::default());
    stage.live(15 * MINUTE_US)?;
    same("the version", stage.row(1)?.version, version)?;
    same("rows of the log that tell of a stepped clock", regressions(&stage), 0)?;
    same("writes", stage.writes(), Vec::new())?;
    same("pushes in the log", stage.logged(id, LogKind::Push), 0)?;
    stage.lawful()
}

fn clock_back() -> Told {
    let mut stage = Stage::with_issue()?;
    stage.edit_there(1, &json!({ "title": "Before" }));
    stage.settle()?;
    stage.faults(Faults { clock_skew_ms: -3_600_000, ..Faults::default() });
    stage.edit_there(1, &json!({ "title": "After" }));
    let known_us = stage.row(1)?.remote.map_or(0, |remote| remote.u_us);
    struck(stamp_us(&stage) < known_us, "the new stamp is not older than the one known")?;
    let began_us = stage.now_us();
    while stage.title(1) != "After" && stage.now_us() - began_us < 30 * MINUTE_US {
        stage.live(MINUTE_US)?;
    }
    let took_us = stage.now_us() - began_us;
    must(stage.title(1) == "After", "the edit under the stepped clock was never taken")?;
    must(took_us >= 10 * MINUTE_US, format!("it was believed after {} s already", took_us / SECOND_US))?;
    must(took_us <= 13 * MINUTE_US, format!("it took {} s", took_us / SECOND_US))?;
    must(regressions(&stage) >= 1, "the connection's log does not say clock_regressed")?;
    stage.lawful()
}

fn client_stamps() -> Told {
    let mut stage = Stage::of(Setup { flavour: Flavour::Forgejo, ..Setup::new(8) })?.and_issue()?;
    for (skew_ms, title, heard) in [(3_600_000, "An hour ahead", true), (-86_400_000, "A day back", false)] {
        let known_us = stage.row(1)?.remote.map_or(0, |remote| remote.u_us);
        // The stamp is the client's; the server's own clock, by which it dates its answers, stays right.
        stage.faults(Faults { clock_skew_ms: skew_ms, ..Faults::default() });
        stage.edit_there(1, &json!({ "title": title }));
        stage.faults(Faults::default());
        let ahead = stamp_us(&stage) - stage.now_us();
        struck((ahead > 0) == (skew_ms > 0) && ahead.abs() > 30 * MINUTE_US, "the client's stamp was not taken")?;
        struck(heard || stamp_us(&stage) < known_us, "the stamp is not older than the one known")?;
        if !heard {
            drop(stage.catch());
        }
        stage.live(30 * MINUTE_US)?;
        same("the title", stage.title(1), title.to_owned())?;
        let cursor_us = stage.world.connections()[0].cursor_us.unwrap_or(i64::MAX);
        must(cursor_us <= stage.now_us() + SECOND_US, "the cursor passed the server's clock")?;
    }
    same("writes", stage.writes(), Vec::new())?;
    stage.lawful()
}

fn bumps() -> Told {
    let mut stage = Stage::with_issue()?;
    let (repo, picture, stamp) = (stage.world.repos[0], stage.row(1)?.local, stamp_us(&stage));
    let (id, log) = (stage.row(1)?.id, stage.log(stage.row(1)?.id).len());
    stage.faults(Faults { bump_pm: 1000, ..Faults::default() });
    for _ in 0..20 {
        stage.wait(20 * SECOND_US);
        lock(&stage.world.sim).touch(stage.world.clock.now_ms(), repo, 1);
        stage.live(40 * SECOND_US)?;
    }
    struck(stamp_us(&stage) - stamp >= 15 * MINUTE_US, "updated_at did not move")?;
    same("the values", stage.row(1)?.local, picture)?;
    same("rows of the log", stage.log(id).len(), log)?;
    same("writes", stage.writes(), Vec::new())?;
    stage.edit_here(id, Changes { title: Some("Edited here".to_owned()), ..Changes::default() })?;
    lock(&stage.world.sim).touch(stage.world.clock.now_ms(), repo, 1);
    stage.live(5 * MINUTE_US)?;
    stage.faults(Faults::default());
    same("the title there", stage.shown(1)["title"].clone(), json!("Edited here"))?;
    same("writes after one edit", stage.writes().len(), 1)?;
    must(stage.row(1)?.conflicts.is_empty(), "a bump was taken for an edit")?;
    stage.lawful()
}

/// How often the connection's log says that the tracker's clock stepped back.
fn regressions(stage: &Stage) -> usize {
    let log = crate::world::now(stage.world.store.connection_log(stage.world.connections[0], 1000)).unwrap_or_default();
    log.iter().filter(|event| event.kind == "clock_regressed").count()
}

/// The stamp of #1 on the tracker, microseconds.
fn stamp_us(stage: &Stage) -> i64 {
    let shown = stage.shown(1);
    let stamp = shown.get("updated_at").and_then(Value::as_str).unwrap_or_default();
    stamp.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_microsecond)
}

/// The labels of a row here.
pub(super) fn labels(stage: &Stage, number: i64) -> Vec<String> {
    stage.row(number).map(|row| row.local.elements(Field::Labels).into_iter().collect()).unwrap_or_default()
}

//! One remote issue for one row here, whatever becomes of the POST; and markers that are not ours to follow.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::{Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use crate::transport::lock;
use issuesync_forge_sim::Faults;
use issuesync_model::{Field, ItemId, Lifecycle, LogKind};
use serde_json::{Value, json};

pub(super) const ALL: &[Story] = &[
    Story {
        row: 12,
        name: "POST applied, answer lost",
        forces: "the answer to a POST is lost after its effect; its webhook is heard, or lost too, or nobody but the pusher looks; of an issue, and of a comment",
        must: "what was made is adopted; there is no second one",
        run: answer_lost,
    },
    Story {
        row: 13,
        name: "webhook of our create before our commit",
        forces: "the webhook of our own POST is worked off while its answer is still on its way",
        must: "the row is adopted once; the answer then changes nothing that people see",
        run: hook_first,
    },
    Story {
        row: 14,
        name: "list stale for eight minutes",
        forces: "the answer to a POST and its webhook are lost, and lists show the state of eight minutes ago",
        must: "no duplicate: the number is probed before the list knows it",
        run: stale_list,
    },
    Story {
        row: 15,
        name: "crash after POST before commit",
        forces: "the process dies at every point of a create, one after the other",
        must: "one remote issue, adopted where it was made",
        run: killed,
    },
    Story {
        row: 42,
        name: "copied marker in a stranger's issue",
        forces: "somebody copies the marker of our issue into an issue and a comment of their own, also while our POST is unanswered",
        must: "they are imported as their own; ours stays what it is; nothing is closed, written or adopted",
        run: copied,
    },
];

/// How many issues or comments of our account the tracker made.
fn made(stage: &Stage, kind: &str) -> usize {
    let ours = |row: &&Value| row["action"] == "create" && row["kind"] == kind && row["user"] == "bot";
    stage.history("objects").iter().filter(ours).count()
}

fn lost() -> Faults {
    Faults { lose_answer_pm: 1000, ..Faults::default() }
}

fn answer_lost() -> Told {
    // Found by its webhook, by a pass, or by the pusher that looks for it before it would send another.
    for finder in ["webhook", "pass", "pusher"] {
        for kind in ["issue", "comment"] {
            let mut stage = Stage::with_issue()?;
            let (issue, id) = make(&stage, kind)?;
            let hit = stage.strike(Actor::Pusher(0), lost());
            struck(hit && stage.writes()[0]["lost"] == "answer", "no answer to a POST was lost")?;
            struck(made(&stage, kind) == 1, format!("no {kind} was made"))?;
            struck(stage.item(id)?.lifecycle == Lifecycle::Creating, "the mirror knows already")?;
            if finder != "webhook" {
                drop(stage.catch());
            }
            if finder == "pusher" {
                for _ in 0..5 {
                    stage.wait(3 * MINUTE_US);
                    stage.alone(Actor::Pusher(0));
                }
                same("the life of the row by the pusher", stage.item(id)?.lifecycle, Lifecycle::Linked)?;
            }
            stage.settle()?;
            same(&format!("remote {kind}s"), made(&stage, kind), 1)?;
            same("the life of the row", stage.item(id)?.lifecycle, Lifecycle::Linked)?;
            same("adoptions in the log", stage.logged(issue, LogKind::Adopt), 1)?;
            same("rows of the mirror", rows(&stage), 2)?;
            stage.lawful()?;
        }
    }
    Ok(())
}

/// Dora makes an issue or a comment; answers its issue and itself.
fn make(stage: &Stage, kind: &str) -> Result<(ItemId, ItemId), super::Failure> {
    if kind == "issue" {
        let id = stage.create_here("Made here")?.id;
        return Ok((id, id));
    }
    let issue = stage.row(1)?.id;
    let engine = stage.world.engine();
    let comment =
        crate::world::now(engine.create_comment(&stage.world.cx(), issue, "A remark.".to_owned(), None, "dora"));
    Ok((issue, comment.map_err(|error| super::Failure::Stage(error.to_string()))?.id))
}

fn rows(stage: &Stage) -> usize {
    let issues = stage.world.issues();
    issues.iter().map(|issue| 1 + stage.world.comments(issue).len()).sum()
}

fn hook_first() -> Told {
    let mut stage = Stage::new()?;
    let id = stage.create_here("Made here")?.id;
    stage.to_next_effect(Actor::Pusher(0));
    struck(stage.item(id)?.lifecycle == Lifecycle::Creating, "the answer was there first")?;
    for delivery in stage.catch() {
        stage.deliver(&delivery).map_err(super::webhooks::refused)?;
    }
    stage.alone(Actor::Worker(0));
    struck(stage.world.exec.is_busy(Actor::Pusher(0)), "the answer was no longer on its way")?;
    let adopted = stage.item(id)?;
    same("the life of the row by the webhook", adopted.lifecycle, Lifecycle::Linked)?;
    stage.alone(Actor::Pusher(0));
    let after = stage.item(id)?;
    same("the values after the answer", (after.local, after.version), (adopted.local, adopted.version))?;
    same("the number", after.number, Some(1))?;
    let kinds: Vec<LogKind> = stage.log(id).iter().map(|row| row.kind).filter(|kind| *kind != LogKind::Push).collect();
    same("the log", kinds, vec![LogKind::Create, LogKind::Adopt])?;
    same("remote issues", made(&stage, "issue"), 1)?;
    same("rows of the mirror", rows(&stage), 1)?;
    stage.lawful()
}

fn stale_list() -> Told {
    let mut stage = Stage::of(Setup { lagging: true, ..Setup::new(14) })?.and_issue()?;
    let stale = Faults { stale_list_ms: 480_000, hook_drop_pm: 1000, ..Faults::default() };
    stage.faults(stale.clone());
    stage.wait(20 * MINUTE_US);
    let id = stage.create_here("Made here")?.id;
    let hit = stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..stale });
    let made_us = stage.now_us();
    struck(hit && made(&stage, "issue") == 1, "no answer to a POST was lost")?;
    while stage.item(id)?.lifecycle == Lifecycle::Creating && stage.now_us() - made_us < 30 * MINUTE_US {
        stage.live(10 * SECOND_US)?;
    }
    let took_us = stage.now_us() - made_us;
    must(
        took_us < 480 * SECOND_US,
        format!("it was not found before the list showed it, after {} s", took_us / SECOND_US),
    )?;
    let probes = stage.history("requests").into_iter().filter(|row| row["user"] == "bot" && row["method"] == "GET");
    let probes = probes.filter(|row| row["path"].as_str().is_some_and(|path| path.ends_with("/issues/2")));
    must(probes.count() > 0, "number 2 was not probed")?;
    same("remote issues", made(&stage, "issue"), 1)?;
    same("adoptions in the log", stage.logged(id, LogKind::Adopt), 1)?;
    stage.faults(Faults::default());
    stage.lawful()
}

fn killed() -> Told {
    let mut between = 0;
    for k in 1.. {
        let mut stage = Stage::with_issue()?;
        let id = stage.create_here("Made here")?.id;
        stage.world.gate.crash_in(k);
        stage.alone(Actor::Pusher(0));
        if !stage.world.gate.crashed() {
            struck(k > 10, "a create passes no more than ten points")?;
            break;
        }
        between += u64::from(made(&stage, "issue") == 1 && stage.item(id)?.lifecycle == Lifecycle::Creating);
        stage.world.restart();
        stage.settle()?;
        same(&format!("remote issues after a death at point {k}"), made(&stage, "issue"), 1)?;
        same("the life of the row", stage.item(id)?.lifecycle, Lifecycle::Linked)?;
        same("rows of the mirror", rows(&stage), 2)?;
        stage.lawful()?;
    }
    struck(between > 0, "the process never died between the effect of a POST and the commit of its answer")
}

fn copied() -> Told {
    let mut stage = Stage::with_issue()?;
    let ours = stage.create_here("Made here")?;
    let marker = issuesync_model::marker::line(&ours.marker);
    // First while the outcome of our POST is not known.
    stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() });
    struck(stage.item(ours.id)?.lifecycle == Lifecycle::Creating, "the POST was answered")?;
    let early = stage.report("A stranger's", &format!("Copied.\n\n{marker}"));
    stage.settle()?;
    let number = stage.item(ours.id)?.number;
    must(number.is_some() && number != Some(early), format!("our row is #{number:?}"))?;
    let (picture, writes) = (stage.item(ours.id)?, stage.writes().len());
    let late = stage.report("Another stranger's", &format!("Copied again.\n\n{marker}"));
    stage.there("POST", "issues/1/comments", &json!({ "body": format!("Look:\n\n{marker}") }));
    stage.settle()?;
    struck(
        stage.shown(late)["body"].as_str().is_some_and(|body| body.contains(&ours.marker)),
        "the marker was not copied",
    )?;
    for number in [early, late] {
        let row = stage.row(number)?;
        must(row.id != ours.id && row.marker != ours.marker, format!("#{number} was taken for ours"))?;
        same("the state there", stage.shown(number)["state"].clone(), json!("open"))?;
        must(row.local.text(Field::Body).contains("Copied"), format!("#{number} is not what was written"))?;
    }
    same("our row", stage.item(ours.id)?, picture)?;
    same("writes since", stage.writes().len(), writes)?;
    same("remote issues of ours", made(&stage, "issue"), 1)?;
    lock(&stage.world.sim).set_faults(Faults::default());
    stage.lawful()
}

//! Writes whose answers are lost, whose requests are lost, that come half through, that meet somebody's edit, or a tracker with a will of its own.

use super::stage::{MINUTE_US, SECOND_US, Stage};
use super::twists::{Brief, Refusing};
use super::{Failure, Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::setup::Setup;
use crate::transport::lock;
use crate::world::now;
use issuesync_engine::Changes;
use issuesync_forge_sim::Faults;
use issuesync_model::{ConflictKind, Field, LogKind, OutboxStatus, State, WarningKind};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) const ALL: &[Story] = &[
    Story {
        row: 10,
        name: "PATCH applied, answer lost",
        forces: "the answer to a PATCH is lost after its effect; the echo is heard, or lost too; the field is edited again at once, or not",
        must: "the value is recognised as ours: no conflict, no pull, no second PATCH of it",
        run: answer_lost,
    },
    Story {
        row: 11,
        name: "PATCH lost",
        forces: "a PATCH is lost before its effect, and nobody knows",
        must: "it is sent again, once",
        run: request_lost,
    },
    Story {
        row: 19,
        name: "foreign edit in the read-write gap",
        forces: "somebody edits the title between our read and our PATCH: with the echo heard, with the echo lost; and a body on a tracker that compares content_version",
        must: "a lost_update keeps the value that was overwritten; where the tracker compares, nothing is overwritten at all",
        run: gap,
    },
    Story {
        row: 20,
        name: "multi-call update half done",
        forces: "an edit that takes several requests fails at the k-th, for each k, lost before its effect or answered by an internal error",
        must: "the rest is sent later, and nothing twice",
        run: half_done,
    },
    Story {
        row: 21,
        name: "tracker rewrites or refuses what is sent",
        forces: "the tracker appends to every title, and ignores every body without a word; neither is known to the canon",
        must: "no loop, no conflict, no more writes than edits, the asked values in the log",
        run: rewritten,
    },
    Story {
        row: 22,
        name: "bot sets our value back each time",
        forces: "a script on the tracker sets a body back after each of our writes, whose answers are lost; a person asks to send it again and again",
        must: "ten writes within ten minutes and not one more: the field is a loop, for a person to decide",
        run: ping_pong,
    },
    Story {
        row: 40,
        name: "one bad field in a push, a comment on a locked issue",
        forces: "for each field of a push in turn the tracker refuses every request that names it; and the account may not comment on a locked issue",
        must: "the other fields go through; only the refused one is marked; only the comment fails",
        run: one_bad_field,
    },
];

fn answer_lost() -> Told {
    for (heard, again) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut stage = Stage::with_issue()?;
        let id = stage.row(1)?.id;
        stage.title_here(id, "Ours")?;
        let hit = stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() });
        struck(hit && stage.writes()[0]["lost"] == "answer", "no answer to a PATCH was lost")?;
        struck(stage.shown(1)["title"] == "Ours", "the PATCH had no effect")?;
        struck(stage.row(1)?.outbox.status == OutboxStatus::Pending, "the mirror believes that it was answered")?;
        if again {
            // Now what shows there is neither what is wanted here nor what both shared: without a memory it is a stranger's.
            stage.title_here(id, "Ours again")?;
        }
        let echo = stage.catch();
        if heard {
            echo.iter().for_each(|delivery| drop(stage.deliver(delivery)));
        }
        stage.live(10 * MINUTE_US)?;
        same("writes", stage.writes().len(), 1 + usize::from(again))?;
        same("the title there", stage.shown(1)["title"].clone(), json!(if again { "Ours again" } else { "Ours" }))?;
        same("conflicts in the log", stage.logged(id, LogKind::ConflictOpen), 0)?;
        same("values superseded in the log", stage.logged(id, LogKind::Superseded), 0)?;
        same("pulls in the log", stage.logged(id, LogKind::Pull), 0)?;
        same("the outbox", stage.row(1)?.outbox.status, OutboxStatus::Completed)?;
        stage.lawful()?;
    }
    Ok(())
}

fn request_lost() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    stage.title_here(id, "Ours")?;
    let hit = stage.strike(Actor::Pusher(0), Faults { lose_request_pm: 1000, ..Faults::default() });
    struck(hit && stage.writes()[0]["lost"] == "request", "no PATCH was lost")?;
    struck(stage.shown(1)["title"] == "One", "the PATCH had its effect")?;
    same("retries", stage.row(1)?.outbox.retry_count, 1)?;
    stage.live(5 * MINUTE_US)?;
    same("the title there", stage.shown(1)["title"].clone(), json!("Ours"))?;
    same("writes", stage.writes().len(), 2)?;
    must(stage.row(1)?.conflicts.is_empty(), "a conflict is open")?;
    stage.lawful()
}

fn gap() -> Told {
    for heard in [true, false] {
        let mut stage = Stage::with_issue()?;
        let id = stage.row(1)?.id;
        stage.title_here(id, "Ours")?;
        stage.to_next_write(Actor::Pusher(0));
        stage.edit_there(1, &json!({ "title": "Alice's" }));
        stage.alone(Actor::Pusher(0));
        let overwritten = stage.history("edits").iter().any(|row| row["before"] == "Alice's" && row["user"] == "bot");
        struck(overwritten, "our PATCH did not overwrite the edit in the gap")?;
        let echoes = stage.catch();
        if heard {
            echoes.iter().for_each(|delivery| drop(stage.deliver(delivery)));
            stage.alone(Actor::Worker(0));
        } else {
            stage.live(3 * MINUTE_US)?;
        }
        let open = stage.row(1)?.conflicts;
        let lost = open.iter().find(|open| open.kind == ConflictKind::LostUpdate && open.field == Field::Title);
        let kept = lost.and_then(|open| open.lost.clone()).map(|value| value.to_json());
        same("the value that the lost_update keeps", kept, Some(json!("Alice's")))?;
        same("lost updates in the log", stage.logged(id, LogKind::LostUpdate), 1)?;
        stage.lawful()?;
    }
    compared()
}

/// The same on a tracker that compares `content_version`.
fn compared() -> Told {
    let mut stage = Stage::of(Setup { content_version: true, ..Setup::new(19) })?.and_issue()?;
    let id = stage.row(1)?.id;
    stage.edit_here(id, Changes { body: Some("Our text.".to_owned()), ..Changes::default() })?;
    stage.to_next_write(Actor::Pusher(0));
    stage.edit_there(1, &json!({ "body": "Alice's text." }));
    stage.alone(Actor::Pusher(0));
    struck(stage.writes().first().is_some_and(|row| row["status"] == 409), "the tracker did not compare")?;
    stage.settle()?;
    let overwritten = stage.history("edits").iter().any(|row| row["before"] == "Alice's text." && row["user"] == "bot");
    let told = [LogKind::Superseded, LogKind::ConflictOpen].map(|kind| stage.logged(id, kind)).iter().sum::<usize>();
    must(!overwritten || told > 0, "her text was overwritten without a word")?;
    must(told == 1, format!("the meeting of both edits is told {told} times"))?;
    same("lost updates in the log", stage.logged(id, LogKind::LostUpdate), 0)?;
    stage.lawful()
}

fn half_done() -> Told {
    let mut reached = 0;
    for error in
        [Faults { lose_request_pm: 1000, ..Faults::default() }, Faults { error_before_pm: 1000, ..Faults::default() }]
    {
        for k in 0.. {
            let mut stage = Stage::with_issue()?;
            let id = stage.row(1)?.id;
            stage.edit_here(id, several())?;
            for _ in 0..k {
                stage.to_next_effect(Actor::Pusher(0));
            }
            if !stage.strike(Actor::Pusher(0), error.clone()) {
                struck(k >= 4, format!("the edit took {k} requests alone"))?;
                break;
            }
            let failed = stage.writes().last().is_some_and(|row| row["lost"] == "request" || row["status"] == 500);
            struck(failed, format!("request {k} did not fail"))?;
            reached += k;
            stage.settle()?;
            let shown = stage.shown(1);
            must(
                shown["title"] == "Ours" && shown["body"] == "Our text." && shown["state"] == "closed",
                "a text or the state is missing",
            )?;
            must(
                shown["due_date"].is_string() && shown["labels"].as_array().is_some_and(|all| all.len() == 2),
                "the due date or a label is missing",
            )?;
            let edits = stage.history("edits").into_iter().filter(|row| row["user"] == "bot");
            let mut fields: Vec<String> = edits.map(|row| row["field"].to_string()).collect();
            fields.sort();
            let all = fields.len();
            fields.dedup();
            same("changes that were made twice", all - fields.len(), 0)?;
            stage.lawful()?;
        }
    }
    struck(reached > 0, "no request failed behind another one that succeeded")
}

fn several() -> Changes {
    Changes {
        title: Some("Ours".to_owned()),
        body: Some("Our text.".to_owned()),
        state: Some(State::Closed(issuesync_model::Reason::None)),
        add_labels: vec!["bug".to_owned(), "docs".to_owned()],
        due_date: Some(Some(jiff::civil::date(2027, 2, 3))),
        ..Changes::default()
    }
}

fn rewritten() -> Told {
    let mut stage = Stage::with_issue()?;
    let id = stage.row(1)?.id;
    stage.faults(Faults {
        rewrite: [("title".to_owned(), "suffix".to_owned())].into(),
        refuse: vec!["body".to_owned()],
        ..Faults::default()
    });
    for n in 0..3 {
        let (title, body) = (Some(format!("Ours {n}")), Some(format!("Our text {n}.")));
        stage.edit_here(id, Changes { title, body, ..Changes::default() })?;
        stage.live(20 * MINUTE_US)?;
    }
    struck(stage.shown(1)["title"] == "Ours 2 [bot]", "the title was not rewritten")?;
    struck(stage.shown(1)["body"] == "What happens.", "the body was not refused")?;
    let row = stage.row(1)?;
    must(row.conflicts.is_empty(), "a conflict is open")?;
    must(stage.writes().len() <= 3, format!("{} writes for 3 edits", stage.writes().len()))?;
    same("the title here", stage.title(1), "Ours 2 [bot]".to_owned())?;
    let asked = |kind, field, value: String| {
        let rows = stage.log(id).into_iter().filter(|row| row.kind == kind);
        rows.filter(|row| row.before.text(field) == value).count()
    };
    for n in 0..3 {
        same("the log of the asked title", asked(LogKind::Rewritten, Field::Title, format!("Ours {n}")), 1)?;
        same("the log of the asked body", asked(LogKind::Refused, Field::Body, format!("Our text {n}.")), 1)?;
    }
    stage.lawful()
}

fn ping_pong() -> Told {
    // Short delays: with the ordinary ones the retries of one row are over before ten writes fit into ten minutes.
    let mut stage = Stage::of(Setup { twist: Arc::new(Brief), ..Setup::new(22) })?.and_issue()?;
    let id = stage.row(1)?.id;
    stage.edit_here(id, Changes { body: Some("Our text.".to_owned()), ..Changes::default() })?;
    let loops =
        |stage: &Stage| stage.row(1).is_ok_and(|row| row.conflicts.iter().any(|open| open.kind == ConflictKind::Loop));
    let began_us = stage.now_us();
    for _ in 0..200 {
        if loops(&stage) {
            break;
        }
        if stage.strike(Actor::Pusher(0), Faults { lose_answer_pm: 1000, ..Faults::default() }) {
            stage.edit_there(1, &json!({ "body": "What happens." }));
        }
        drop(stage.catch());
        stage.wait(2 * SECOND_US);
        if stage.row(1)?.outbox.status == OutboxStatus::Failed {
            now(stage.world.engine().retry(&stage.world.cx(), id))
                .map_err(|error| Failure::Stage(error.to_string()))?;
        }
    }
    let writes = stage.writes().len();
    let set_back = stage.history("edits").iter().filter(|row| row["user"] == "alice" && row["field"] == "body").count();
    struck(set_back >= 9, format!("our value was set back {set_back} times alone"))?;
    struck(stage.now_us() - began_us < 10 * MINUTE_US, "it took longer than the window in which writes are counted")?;
    must(loops(&stage), format!("no loop is open after {writes} writes"))?;
    same("writes before it was seen", writes, 10)?;
    stage.live(60 * MINUTE_US)?;
    same("writes an hour later", stage.writes().len(), writes)?;
    stage.lawful()
}

fn one_bad_field() -> Told {
    for bad in ["title", "body", "milestone", "state"] {
        let twist = Arc::new(Refusing::every(bad));
        let mut stage = Stage::of(Setup { twist: Arc::clone(&twist) as _, ..Setup::new(40) })?.and_issue()?;
        let id = stage.row(1)?.id;
        let milestone = Some(Some("2.0".to_owned()));
        stage.edit_here(id, Changes { milestone, due_date: None, ..several() })?;
        stage.settle()?;
        struck(twist.refused() > 0, format!("no request named {bad}"))?;
        let shown = stage.shown(1);
        let through = [
            ("title", shown["title"] == "Ours"),
            ("body", shown["body"] == "Our text."),
            ("milestone", shown["milestone"]["title"] == "2.0"),
            ("state", shown["state"] == "closed"),
        ];
        for (field, arrived) in through {
            same(&format!("with {bad} refused, {field} arrived"), arrived, field != bad)?;
        }
        let row = stage.row(1)?;
        let refused: Vec<&str> =
            row.warnings.iter().filter(|one| one.kind == WarningKind::Refused).map(|one| one.field.name()).collect();
        same("the fields marked as refused", refused, vec![bad])?;
        same("the outbox", row.outbox.status, OutboxStatus::Completed)?;
        stage.lawful()?;
    }
    locked()
}

/// A comment that the account may not make, on an issue that it may edit because it made it.
fn locked() -> Told {
    let mut stage = Stage::with_issue()?;
    let made = stage.create_here("Made here")?.id;
    stage.settle()?;
    stage.there("PUT", "issues/2/lock", &json!({}));
    stage.settle()?;
    let repo = stage.world.repos[0];
    lock(&stage.world.sim).set_access(repo, crate::world::BOT, Some(issuesync_forge_sim::Access::Read));
    let comment =
        now(stage.world.engine().create_comment(&stage.world.cx(), made, "A remark.".to_owned(), None, "dora"));
    let comment = comment.map_err(|error| Failure::Stage(error.to_string()))?.id;
    stage.title_here(made, "Edited all the same")?;
    stage.live(5 * MINUTE_US)?;
    let denied =
        |row: &Value| row["status"] == 403 && row["path"].as_str().is_some_and(|path| path.ends_with("/2/comments"));
    struck(stage.writes().iter().any(denied), "the comment was not forbidden")?;
    same("the title there", stage.shown(2)["title"].clone(), json!("Edited all the same"))?;
    let row = stage.item(comment)?;
    same("the comment's outbox", row.outbox.status, OutboxStatus::Failed)?;
    must(row.outbox.last_error.as_deref().unwrap_or_default().contains("locked"), "the tracker's words are not kept")?;
    same("the issue's outbox", stage.item(made)?.outbox.status, OutboxStatus::Completed)?;
    must(stage.world.connections()[0].parked.is_none(), "the connection was parked for one operation")?;
    lock(&stage.world.sim).set_access(repo, crate::world::BOT, Some(issuesync_forge_sim::Access::Admin));
    stage.lawful()
}

//! People: those who edit on the tracker, and those who edit on the mirror.

use crate::dice::Dice;
use crate::transport::lock;
use crate::world::{ALICE, BOB, BOT, World, now};
use issuesync_engine::{Changes, Resolution};
use issuesync_model::{CheckKind, ConflictKind, Item, ItemId, Lifecycle, OutboxStatus, State};
use serde_json::{Value, json};

const WORDS: [&str; 8] = ["crash", "slow", "login", "typo", "theme", "export", "retry", "cache"];
const LABELS: [&str; 4] = ["bug", "feature", "docs", "wontfix"];
const PEOPLE: [&str; 3] = ["alice", "bob", "bot"];

fn text(dice: &Dice, side: &str, n: u64) -> String {
    format!("{} {side} {n}", dice.pick(&WORDS).copied().unwrap_or("word"))
}

/// Somebody edits on the tracker.
pub fn foreign(world: &World, dice: &Dice, n: u64, deletes_pm: u64) {
    let at = usize::try_from(dice.below(world.repos.len() as u64)).unwrap_or(0);
    let repo = world.path(at);
    let token = if dice.hit(500) { ALICE } else { BOB };
    let numbers = lock(&world.sim).issue_numbers(world.repos[at]);
    let Some(&number) = dice.pick(&numbers).filter(|_| !dice.hit(60)) else {
        let marker = copied(world, dice).filter(|_| dice.hit(300));
        let body = text(dice, "body there", n) + &marker.map_or_else(String::new, |marker| format!("\n\n{marker}"));
        let body = json!({ "title": text(dice, "there", n), "body": body });
        world.person(token, "POST", &format!("{repo}/issues"), &body);
        return;
    };
    let issue = format!("{repo}/issues/{number}");
    if dice.hit(deletes_pm) {
        world.person(ALICE, "DELETE", &issue, &Value::Null);
        return;
    }
    if dice.below(12) > 9 {
        foreign_comment(world, dice, n, token, (at, number), &repo);
        return;
    }
    let patch = |body: &Value| drop(world.person(token, "PATCH", &issue, body));
    match dice.below(10) {
        0..=2 => patch(&json!({ "title": text(dice, "there", n) })),
        3..=4 => {
            let shown = world.person(token, "GET", &issue, &Value::Null).json();
            patch(&json!({ "body": rewritten(&shown, &text(dice, "body there", n)) }));
        }
        5 => patch(&json!({ "state": if dice.hit(500) { "closed" } else { "open" } })),
        6 => {
            // The second repository defines the same four labels anew, with ids of its own.
            let label = 301 + 4 * at as u64 + dice.below(4);
            if dice.hit(600) {
                world.person(token, "POST", &format!("{issue}/labels"), &json!({ "labels": [label] }));
            } else {
                world.person(token, "DELETE", &format!("{issue}/labels/{label}"), &Value::Null);
            }
        }
        7 => {
            let who: Vec<&str> = PEOPLE.into_iter().filter(|_| dice.hit(400)).collect();
            patch(&json!({ "assignees": who }));
        }
        8 => patch(&json!({ "milestone": dice.pick(&[0, 501 + 2 * at as u64, 502 + 2 * at as u64]) })),
        _ => patch(&json!({ "due_date": format!("2027-01-{:02}T00:00:00Z", 1 + dice.below(28)) })),
    }
}

/// A marker of ours as somebody copies it out of a raw text.
fn copied(world: &World, dice: &Dice) -> Option<String> {
    world.rows(|rows| {
        let made: Vec<&Item> = rows.issues().into_iter().filter(|issue| issue.made_here).collect();
        dice.pick(&made).map(|issue| issuesync_model::marker::line(&issue.marker))
    })
}

fn foreign_comment(world: &World, dice: &Dice, n: u64, token: &str, (at, number): (usize, u64), repo: &str) {
    let ids = lock(&world.sim).comment_ids(world.repos[at], number);
    let body = json!({ "body": text(dice, "remark there", n) });
    match dice.pick(&ids) {
        Some(id) if dice.hit(300) => {
            let comment = format!("{repo}/issues/comments/{id}");
            let shown = world.person(token, "GET", &comment, &Value::Null).json();
            let body = rewritten(&shown, &text(dice, "remark there", n));
            world.person(token, "PATCH", &comment, &json!({ "body": body }));
        }
        Some(id) if dice.hit(200) => {
            drop(world.person(token, "DELETE", &format!("{repo}/issues/comments/{id}"), &Value::Null));
        }
        _ => drop(world.person(token, "POST", &format!("{repo}/issues/{number}/comments"), &body)),
    }
}

/// A script on the tracker sets a field to its own value whenever our account wrote it.
pub fn set_back(world: &World, field: Option<&str>) {
    let Some(field) = field else { return };
    for (at, id) in world.repos.iter().enumerate() {
        let numbers = lock(&world.sim).issue_numbers(*id);
        for number in numbers {
            if lock(&world.sim).last_editor(*id, number, field) == Some(BOT) {
                let path = format!("{}/issues/{number}", world.path(at));
                let shown = world.person(ALICE, "GET", &path, &Value::Null).json();
                let wanted = format!("As the script wants it, {number}");
                let value = if field == "body" { rewritten(&shown, &wanted) } else { wanted };
                world.person(ALICE, "PATCH", &path, &json!({ field: value }));
            }
        }
    }
}

/// Somebody looks at deletions that wait for a person, and lets them go.
pub fn accept_held(world: &mut World) {
    for id in world.connections.clone() {
        let held = now(world.store.checks(id, CheckKind::Gone))
            .is_ok_and(|checks| checks.iter().any(|check| check.evidence.held));
        if held {
            world.call(move |engine, cx| async move {
                engine.accept_deletes(&cx, id).await.map(drop).map_err(|error| error.to_string())
            });
        }
    }
}

/// A new text in the place of the old one. The edit form shows the whole body, and people leave alone the line that they did not write.
fn rewritten(shown: &Value, text: &str) -> String {
    let body = shown["body"].as_str().unwrap_or_default();
    let marker = body.lines().find(|line| line.to_lowercase().starts_with("<!-- issuesync:"));
    marker.map_or_else(|| text.to_owned(), |marker| format!("{text}\n\n{marker}"))
}

/// Somebody edits on the mirror.
pub fn local(world: &mut World, dice: &Dice, n: u64, deletes_pm: u64) {
    let picked = world.rows(|rows| {
        let live: Vec<&Item> =
            rows.issues().into_iter().filter(|issue| issue.lifecycle != Lifecycle::Deleted).collect();
        dice.pick(&live).filter(|_| !dice.hit(100)).map(|issue| (*issue).clone())
    });
    let Some(issue) = picked else {
        let (title, body) = (text(dice, "here", n), text(dice, "body here", n));
        let Some(connection) = dice.pick(&world.connections).copied() else { return };
        let changes = Changes { title: Some(title), body: Some(body), ..Changes::default() };
        world.call(|engine, cx| async move {
            engine
                .create_issue(&cx, connection, changes, None, "dora")
                .await
                .map(drop)
                .map_err(|error| error.to_string())
        });
        return;
    };
    let id = issue.id;
    if issue.outbox.status == OutboxStatus::Failed && dice.hit(400) {
        world.call(move |engine, cx| async move {
            engine.retry(&cx, id).await.map(drop).map_err(|error| error.to_string())
        });
        return;
    }
    if let Some(conflict) = issue.conflicts.first().filter(|_| dice.hit(300)) {
        let lost = conflict.kind == ConflictKind::LostUpdate;
        let how = match (lost, dice.hit(500)) {
            (true, true) => Resolution::Restore,
            (true, false) => Resolution::Dismiss,
            (false, true) => Resolution::KeepLocal,
            (false, false) => Resolution::KeepRemote,
        };
        let (field, rev) = (conflict.field, issue.rev);
        world.call(move |engine, cx| async move {
            engine.resolve(&cx, id, field, how, Some(rev), "dora").await.map(drop).map_err(|error| error.to_string())
        });
        return;
    }
    if dice.hit(deletes_pm) {
        let undoes = dice.hit(200);
        world.call(move |engine, cx| async move {
            let answer =
                if undoes { engine.undo(&cx, id, "dora").await } else { engine.delete(&cx, id, None, "dora").await };
            answer.map(drop).map_err(|error| error.to_string())
        });
        return;
    }
    if dice.hit(250) {
        local_comment(world, dice, n, &issue);
        return;
    }
    let changes = changes(dice, n);
    world.call(move |engine, cx| async move {
        engine.edit_issue(&cx, id, changes, None, "dora").await.map(drop).map_err(|error| error.to_string())
    });
}

fn changes(dice: &Dice, n: u64) -> Changes {
    let mut changes = Changes::default();
    match dice.below(10) {
        0..=2 => changes.title = Some(text(dice, "here", n)),
        3..=4 => changes.body = Some(text(dice, "body here", n)),
        5 => {
            changes.state =
                Some(if dice.hit(500) { State::Open } else { State::Closed(issuesync_model::Reason::None) });
        }
        6 => {
            let label = dice.pick(&LABELS).map(|label| (*label).to_owned()).into_iter().collect();
            if dice.hit(600) { changes.add_labels = label } else { changes.remove_labels = label }
        }
        7 => changes.assignees = Some(PEOPLE.into_iter().filter(|_| dice.hit(400)).map(str::to_owned).collect()),
        8 => changes.milestone = Some(dice.hit(700).then(|| if dice.hit(500) { "1.0" } else { "2.0" }.to_owned())),
        _ => {
            let day = i8::try_from(1 + dice.below(28)).unwrap_or(1);
            changes.due_date = Some(dice.hit(800).then(|| jiff::civil::date(2027, 2, day)));
        }
    }
    changes
}

fn local_comment(world: &mut World, dice: &Dice, n: u64, issue: &Item) {
    let comments: Vec<ItemId> = world.rows(|rows| {
        let live = rows.comments(issue.id).into_iter().filter(|comment| comment.lifecycle != Lifecycle::Deleted);
        live.map(|comment| comment.id).collect()
    });
    let (body, parent) = (text(dice, "remark here", n), issue.id);
    let (known, edits, deletes) = (dice.pick(&comments).copied(), dice.hit(400), dice.hit(150));
    world.call(move |engine, cx| async move {
        let answer = match known {
            Some(id) if deletes => engine.delete(&cx, id, None, "dora").await,
            Some(id) if edits => engine.edit_comment(&cx, id, body, None, "dora").await,
            _ => engine.create_comment(&cx, parent, body, None, "dora").await,
        };
        answer.map(drop).map_err(|error| error.to_string())
    });
}

//! People: those who edit on the tracker, and those who edit on the mirror.

use crate::dice::Dice;
use crate::world::{ALICE, BOB, World};
use issuesync_engine::{Changes, Resolution};
use issuesync_model::{ConflictKind, Item, ItemId, Lifecycle, State};
use serde_json::{Value, json};

const WORDS: [&str; 8] = ["crash", "slow", "login", "typo", "theme", "export", "retry", "cache"];
const LABELS: [&str; 4] = ["bug", "feature", "docs", "wontfix"];
const PEOPLE: [&str; 3] = ["alice", "bob", "bot"];

fn text(dice: &Dice, side: &str, n: u64) -> String {
    format!("{} {side} {n}", dice.pick(&WORDS).copied().unwrap_or("word"))
}

/// Somebody edits on the tracker.
pub fn foreign(world: &World, dice: &Dice, n: u64, deletes_pm: u64) {
    let connection = world.connection();
    let repo = connection.repo_path.as_str();
    let token = if dice.hit(500) { ALICE } else { BOB };
    let (_, list) =
        world.person(token, "GET", &format!("{repo}/issues?state=all&type=issues&page=1&limit=50"), &Value::Null);
    let numbers: Vec<u64> =
        list.as_array().into_iter().flatten().filter_map(|issue| issue["number"].as_u64()).collect();
    let Some(&number) = dice.pick(&numbers).filter(|_| !dice.hit(60)) else {
        let body = json!({ "title": text(dice, "there", n), "body": text(dice, "body there", n) });
        world.person(token, "POST", &format!("{repo}/issues"), &body);
        return;
    };
    let issue = format!("{repo}/issues/{number}");
    if dice.hit(deletes_pm) {
        // Only who may delete: the mirror's own account is shared with a script of its owner.
        world.person(crate::world::BOT_TOKEN, "GET", repo, &Value::Null);
        world.person(ALICE, "DELETE", &issue, &Value::Null);
        return;
    }
    match dice.below(12) {
        0..=2 => drop(world.person(token, "PATCH", &issue, &json!({ "title": text(dice, "there", n) }))),
        3..=4 => {
            let (_, shown) = world.person(token, "GET", &issue, &Value::Null);
            let body = rewritten(&shown, &text(dice, "body there", n));
            world.person(token, "PATCH", &issue, &json!({ "body": body }));
        }
        5 => drop(world.person(
            token,
            "PATCH",
            &issue,
            &json!({ "state": if dice.hit(500) { "closed" } else { "open" } }),
        )),
        6 => {
            let label = 1 + dice.below(4);
            if dice.hit(600) {
                world.person(token, "POST", &format!("{issue}/labels"), &json!({ "labels": [label] }));
            } else {
                world.person(token, "DELETE", &format!("{issue}/labels/{label}"), &Value::Null);
            }
        }
        7 => {
            let who: Vec<&str> = PEOPLE.into_iter().filter(|_| dice.hit(400)).collect();
            world.person(token, "PATCH", &issue, &json!({ "assignees": who }));
        }
        8 => drop(world.person(token, "PATCH", &issue, &json!({ "milestone": dice.below(3) }))),
        9 => drop(world.person(
            token,
            "PATCH",
            &issue,
            &json!({ "due_date": format!("2027-01-{:02}T00:00:00Z", 1 + dice.below(28)) }),
        )),
        _ => foreign_comment(world, dice, n, token, repo, &issue),
    }
}

fn foreign_comment(world: &World, dice: &Dice, n: u64, token: &str, repo: &str, issue: &str) {
    let (_, list) = world.person(token, "GET", &format!("{issue}/comments"), &Value::Null);
    let ids: Vec<u64> = list.as_array().into_iter().flatten().filter_map(|comment| comment["id"].as_u64()).collect();
    let body = json!({ "body": text(dice, "remark there", n) });
    match dice.pick(&ids) {
        Some(id) if dice.hit(300) => {
            let comment = format!("{repo}/issues/comments/{id}");
            let (_, shown) = world.person(token, "GET", &comment, &Value::Null);
            let body = rewritten(&shown, &text(dice, "remark there", n));
            world.person(token, "PATCH", &comment, &json!({ "body": body }));
        }
        Some(id) if dice.hit(200) => {
            drop(world.person(token, "DELETE", &format!("{repo}/issues/comments/{id}"), &Value::Null));
        }
        _ => drop(world.person(token, "POST", &format!("{issue}/comments"), &body)),
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
    let issues: Vec<Item> = world.issues().into_iter().filter(|issue| issue.lifecycle != Lifecycle::Deleted).collect();
    let Some(issue) = dice.pick(&issues).filter(|_| !dice.hit(100)) else {
        let (title, body, connection) = (text(dice, "here", n), text(dice, "body here", n), world.connection);
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
        local_comment(world, dice, n, issue);
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
    let comments: Vec<ItemId> = world
        .comments(issue)
        .into_iter()
        .filter(|comment| comment.lifecycle != Lifecycle::Deleted)
        .map(|comment| comment.id)
        .collect();
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

//! Lists that shift under the pass that reads them, and definitions that change under a thousand issues.

use super::reads::labels;
use super::stage::{SECOND_US, Stage};
use super::{Story, Told, must, same, struck};
use crate::exec::Actor;
use crate::transport::lock;
use issuesync_forge_sim::Faults;
use issuesync_model::{CheckKind, Field, Value as Field_};
use serde_json::{Value, json};

pub(super) const ALL: &[Story] = &[
    Story {
        row: 31,
        name: "pagination shift",
        forces: "while 120 unknown issues are listed by creation, one of the first page is deleted between two pages, so that another slips to a page that was read. (Trackers that list by change, oldest first, restart by key: no tracker of today's adapters does.)",
        must: "the pass starts again and skips none of the 119",
        run: shift,
    },
    Story {
        row: 44,
        name: "label or milestone definition renamed or deleted",
        forces: "under 1,000 issues a label is renamed, a milestone too, and another label is deleted; no stamp moves and no webhook tells",
        must: "every row follows within one full pass, in as many requests as there are pages and a dozen more",
        run: definitions,
    },
];

/// Issues on a page of the tracker's list.
const PAGE: usize = 50;

fn shift() -> Told {
    let mut stage = Stage::new()?;
    stage.faults(Faults { hook_drop_pm: 1000, ..Faults::default() });
    for n in 1..=120 {
        stage.report(&format!("Issue {n}"), "");
        stage.wait(SECOND_US);
    }
    let before = lock(&stage.world.sim).requests();
    stage.turn_until(Actor::Poller(0, false), |world| lock(&world.sim).requests() > before);
    stage.there("DELETE", "issues/120", &Value::Null);
    stage.alone(Actor::Poller(0, false));
    let pages: Vec<String> = stage
        .history("requests")
        .iter()
        .skip(before)
        .filter(|row| row["method"] == "GET" && row["path"].as_str().is_some_and(|path| path.ends_with("/issues")))
        .map(|row| page_of(row["query"].as_str().unwrap_or_default()))
        .collect();
    struck(pages.len() >= 2 && pages[1] == "2", format!("the list was read in one go: {pages:?}"))?;
    same("the pages read", pages.join(" "), "1 2 1 2 3".to_owned())?;
    let known = stage.world.issues().iter().filter_map(|item| item.number).filter(|number| *number < 120).count();
    same("issues known after this one pass", known, 119)?;
    stage.lawful()
}

fn page_of(query: &str) -> String {
    query.split('&').find_map(|pair| pair.strip_prefix("page=")).unwrap_or("1").to_owned()
}

fn definitions() -> Told {
    const ISSUES: usize = 1000;
    let mut stage = Stage::new()?;
    stage.faults(Faults { hook_drop_pm: 1000, ..Faults::default() });
    for n in 0..ISSUES {
        let body = json!({ "title": format!("Issue {n}"), "labels": [301, 303], "milestone": 501 });
        stage.there("POST", "issues", &body);
    }
    stage.alone(Actor::Poller(0, false));
    stage.alone(Actor::Poller(0, true));
    same("the labels at first", labels(&stage, 1000), vec!["bug".to_owned(), "docs".to_owned()])?;
    let stamp = stage.shown(7)["updated_at"].clone();
    stage.wait(600 * SECOND_US);
    stage.there("PATCH", "labels/301", &json!({ "name": "defect" }));
    stage.there("DELETE", "labels/303", &Value::Null);
    stage.there("PATCH", "milestones/501", &json!({ "title": "1.0 at last" }));
    struck(stage.shown(7)["updated_at"] == stamp, "the change of a definition moved the stamps of issues")?;
    struck(stage.shown(7)["labels"][0]["name"] == "defect", "the label was not renamed")?;
    let before = lock(&stage.world.sim).requests();
    stage.alone(Actor::Poller(0, true));
    let requests = lock(&stage.world.sim).requests() - before;
    must(requests <= ISSUES.div_ceil(PAGE) + 12, format!("the full pass took {requests} requests"))?;
    let rows = stage.world.issues();
    let followed = rows.iter().filter(|row| row.local.elements(Field::Labels).into_iter().eq(["defect".to_owned()]));
    same("rows that follow the label", followed.count(), ISSUES)?;
    let held = rows.iter().filter(|row| row.local.get(Field::Milestone) == Some(&Field_::Id(Some(501))));
    same("rows that keep the milestone", held.count(), ISSUES)?;
    let catalog = crate::world::now(stage.world.store.catalog(stage.world.connections[0])).unwrap_or_default();
    let titles: Vec<&str> = catalog.milestones.iter().map(|one| one.title.as_str()).collect();
    must(titles.contains(&"1.0 at last"), format!("the catalog shows {titles:?}"))?;
    let gone = crate::world::now(stage.world.store.checks(stage.world.connections[0], CheckKind::Gone));
    same("issues taken for gone", gone.unwrap_or_default().len(), 0)?;
    same("writes", stage.writes(), Vec::new())?;
    stage.lawful()
}

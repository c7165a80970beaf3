//! Deletes, strangers, outages, and repositories that move.

use crate::arrival::{BY_FULL, BY_POLL, until};
use crate::mirror::id_of;
use crate::world::World;
use anyhow::{Context, Result, ensure};
use issuesync_model::{CheckKind, Field, ItemId, Lifecycle, Value as FieldValue};
use serde_json::{Value, json};
use std::time::Duration;

/// The server's stop and start, retries and the breaker's rest.
const AFTER_OUTAGE: Duration = Duration::from_secs(60);
/// Issues that are edited around an outage, every seventh with a new one.
const OUTAGE: std::ops::Range<i64> = 70..112;
const MADE: usize = 6;
/// Writes that get through before the server is killed.
const SENT_BEFORE: u64 = 8;

pub(crate) async fn strangers_marker(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let made: ItemId = id_of(&world.mirror.create(&json!({"title": "Marked"})).await?)?.parse()?;
    let ours = async || store.items(vec![made]).await?.pop().context("what was made is there");
    let text = issuesync_model::marker::with("Copied", &ours().await?.marker);
    let copy = world.tell("bob", "POST", "/issues".to_owned(), json!({"title": "A copy", "body": text})).await?;
    let number = copy["number"].as_i64().unwrap_or_default();
    until("a stranger's copy of a marker is an issue of its own", BY_POLL, async || {
        Ok(world.local(number).await.is_ok_and(|issue| issue.id != made))
    })
    .await?;
    until("ours has a number of its own", BY_POLL, async || Ok(ours().await?.number.is_some_and(|ours| ours != number)))
        .await
}

pub(crate) async fn deletes(world: &World) -> Result<()> {
    world.order("DELETE", "/issues/14", Value::Null).await?;
    until("an issue deleted on the server", BY_FULL, || world.is_deleted(14)).await?;
    world.mirror.delete("issues", &world.local(15).await?.id.to_string()).await?;
    until("an issue deleted here", BY_POLL, async || {
        Ok(world.remote(15).await?.is_null() && world.is_deleted(15).await?)
    })
    .await
}

/// The server is killed while edits are on their way to it, more are made while it is away, and it comes back: nobody does anything, and nothing is
/// lost or doubled.
pub(crate) async fn outage(world: &mut World) -> Result<()> {
    let before = world.live_issues().await?;
    let engine = world.service.engine().clone();
    let pushed = engine.counters().pushes;
    let sent = || engine.counters().pushes - pushed;
    let mut issues = Vec::new();
    for number in OUTAGE {
        issues.push((number, world.local(number).await?.id.to_string()));
    }
    let mirror = world.mirror.clone();
    let edits = async {
        for (number, id) in issues {
            mirror.edit(&id, &json!({"title": format!("Edited in the dark {number}")})).await?;
            if number % 7 == 0 {
                mirror.create(&json!({"title": format!("Made in the dark {number}")})).await?;
            }
        }
        Ok(())
    };
    let crash = async {
        while sent() < SENT_BEFORE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.server.crash().await?;
        anyhow::Ok(sent())
    };
    let ((), sent) = tokio::try_join!(edits, crash)?;
    println!("the server was killed after {sent} of {} writes", OUTAGE.count() + MADE);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.server.restart().await?;
    let world = &*world;
    until("nothing is left after an outage, without a hand", AFTER_OUTAGE, async || {
        Ok(engine.store().outbox(None, 50).await?.is_empty())
    })
    .await?;
    for number in OUTAGE {
        ensure!(
            world.remote(number).await?["title"] == format!("Edited in the dark {number}"),
            "edit of {number} arrived"
        );
    }
    let made_in_all = i64::try_from(MADE)?;
    until("nothing is doubled", BY_FULL, async || Ok(world.live_issues().await? == before + made_in_all)).await?;
    let path = format!("/repos/{}/issues?state=all&type=issues&limit=50", world.repo);
    let found = world.server.admin().get(&path).await?;
    let titles = found.as_array().into_iter().flatten().filter_map(|issue| issue["title"].as_str());
    let made = titles.filter(|title| title.starts_with("Made in the dark")).count();
    ensure!(made == MADE, "made {made} of {MADE}");
    Ok(())
}

pub(crate) async fn rename_and_unit_off(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let admin = world.server.admin();
    admin.must("PATCH", &format!("/repos/{}", world.repo), json!({"name": "renamed"})).await?;
    world.edit(40, &json!({"title": "After the rename"})).await?;
    let owner = world.repo.split('/').next().unwrap_or_default();
    let renamed = format!("/repos/{owner}/renamed");
    until("a rename is followed", BY_FULL, async || {
        Ok(admin.get(&format!("{renamed}/issues/40")).await?["title"] == "After the rename")
    })
    .await?;
    let before = world.live_issues().await?;
    let parked =
        async || Ok(store.connection(world.connection.id).await?.is_some_and(|connection| connection.parked.is_some()));
    admin.must("PATCH", &renamed, json!({"has_issues": false})).await?;
    until("issues switched off park the connection", BY_FULL, parked).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(world.live_issues().await? == before, "nothing is deleted while issues are off");
    admin.must("PATCH", &renamed, json!({"has_issues": true})).await?;
    until("issues switched on unpark it", BY_FULL, async || Ok(!parked().await?)).await?;
    let full = async || anyhow::Ok(store.connection(world.connection.id).await?.and_then(|now| now.last_full_us));
    let last = full().await?;
    until("a full pass follows", BY_FULL, async || Ok(full().await? > last)).await?;
    ensure!(world.live_issues().await? == before, "nothing was deleted");
    ensure!(store.checks(world.connection.id, CheckKind::Gone).await?.is_empty(), "nothing is about to be");
    Ok(())
}

pub(crate) async fn path_taken_over(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let before = world.live_issues().await?;
    let owner = world.repo.split('/').next().unwrap_or_default();
    // No pass may follow the rename before the path has its new owner.
    world.hold_passes().await?;
    world.server.admin().must("PATCH", &format!("/repos/{owner}/renamed"), json!({"name": "elsewhere"})).await?;
    world.server.create_repo("renamed").await?;
    world.let_passes(&world.connection.settings).await?;
    let now = async || store.connection(world.connection.id).await;
    until("a path that another repository took over parks the connection", BY_FULL, async || {
        Ok(now().await?.is_some_and(|connection| connection.parked.is_some()))
    })
    .await?;
    let parked = now().await?.context("the connection is there")?;
    ensure!(
        parked.parked.as_deref().is_some_and(|reason| reason.ends_with("now belongs to another repository")),
        "{:?}",
        parked.parked
    );
    ensure!(parked.repo_id == world.connection.repo_id, "it still means the repository that was connected");
    ensure!(world.live_issues().await? == before, "nothing is deleted for it");
    Ok(())
}

/// Without its webhook everything still arrives: what moves the issue within one incremental pass, the rest within a full one.
pub(crate) async fn without_hook(world: &World) -> Result<()> {
    let (engine, admin) = (world.service.engine(), world.server.admin());
    let mut settings = world.connection.settings.clone();
    settings.manage_hook = false;
    engine.change_settings(world.connection.id, settings).await?;
    let hooks = admin.get(&format!("/repos/{}/hooks", world.repo)).await?;
    for hook in hooks.as_array().into_iter().flatten() {
        world.order("DELETE", &format!("/hooks/{}", hook["id"]), Value::Null).await?;
    }
    moves_a_stamp(world).await?;
    moves_none(world).await
}

/// What moves an `updated_at` comes with the next incremental pass.
async fn moves_a_stamp(world: &World) -> Result<()> {
    let set = |change: Value| world.tell("alice", "PATCH", "/issues/50".to_owned(), change);
    let text =
        |field: Field, wanted: &'static str| async move { Ok(world.local(50).await?.local.text(field) == wanted) };
    let filled = |field: Field| async move { Ok(world.local(50).await?.local.value(field) != field.empty()) };
    world.polled("title", set(json!({"title": "Without a hook"})), || text(Field::Title, "Without a hook")).await?;
    world.polled("body", set(json!({"body": "Quiet"})), || text(Field::Body, "Quiet")).await?;
    let closed = async || Ok(!world.local(50).await?.local.state().is_open());
    world.polled("state", set(json!({"state": "closed"})), closed).await?;
    let unassigned = async || Ok(world.local(50).await?.local.elements(Field::Assignees).len() == 2);
    world.polled("assignees", set(json!({"assignees": ["alice", "bob"]})), unassigned).await?;
    let unplanned = async || Ok(world.local(50).await?.local.value(Field::Milestone) == FieldValue::Id(None));
    world.polled("milestone", set(json!({"milestone": 0})), unplanned).await?;
    world.polled("due date", set(json!({"due_date": "2031-05-06T00:00:00Z"})), || filled(Field::DueDate)).await?;
    let label = world.tell("alice", "POST", "/labels".to_owned(), json!({"name": "quiet", "color": "#0000ff"})).await?;
    let labelled = world.tell("alice", "POST", "/issues/50/labels".to_owned(), json!({"labels": [label["id"]]}));
    let has = async || Ok(world.local(50).await?.local.elements(Field::Labels).contains("quiet"));
    world.polled("label", labelled, has).await?;
    let before = world.live_issues().await?;
    let opened = world.tell("bob", "POST", "/issues".to_owned(), json!({"title": "Opened quietly"}));
    world.polled("new issue", opened, async || Ok(world.live_issues().await? == before + 1)).await
}

/// What moves no stamp comes with the next full pass.
async fn moves_none(world: &World) -> Result<()> {
    let comment = world.tell("alice", "POST", "/issues/51/comments".to_owned(), json!({"body": "Quietly"})).await?;
    let id = comment["id"].as_i64().unwrap_or_default();
    until("a comment without a webhook", BY_POLL, async || Ok(world.local_comment(id).await?.is_some())).await?;
    let path = format!("/issues/comments/{id}");
    world.tell("alice", "PATCH", path.clone(), json!({"body": "More quietly"})).await?;
    until("a comment edited without a webhook", BY_POLL, async || {
        Ok(world.local_comment(id).await?.is_some_and(|comment| comment.local.text(Field::Body) == "More quietly"))
    })
    .await?;
    world.order("DELETE", &path, Value::Null).await?;
    until("a comment deleted without a webhook", BY_FULL, async || {
        Ok(world.local_comment(id).await?.is_some_and(|comment| comment.lifecycle == Lifecycle::Deleted))
    })
    .await?;
    world.order("DELETE", "/issues/52", Value::Null).await?;
    until("an issue deleted without a webhook", BY_FULL, || world.is_deleted(52)).await?;
    let named = async |path: &str, key: &str, name: &str| {
        let all = world.server.admin().get(&format!("/repos/{}{path}", world.repo)).await?;
        let found = all.as_array().into_iter().flatten().find(|one| one[key] == name).cloned();
        found.map(|one| format!("{path}/{}", one["id"])).with_context(|| format!("{name} is in {path}"))
    };
    let bug = named("/labels", "name", "bug").await?;
    let labels = async || anyhow::Ok(world.local(60).await?.local.elements(Field::Labels));
    world.order("PATCH", &bug, json!({"name": "defect"})).await?;
    until("a label renamed without a webhook", BY_FULL, async || Ok(labels().await?.contains("defect"))).await?;
    world.order("DELETE", &bug, Value::Null).await?;
    until("a label deleted without a webhook", BY_FULL, async || Ok(labels().await?.is_empty())).await?;
    let release = named("/milestones", "title", "1.0").await?;
    world.order("PATCH", &release, json!({"title": "1.0.1"})).await?;
    until("a milestone renamed without a webhook", BY_FULL, async || {
        let catalog = world.service.engine().store().catalog(world.connection.id).await?;
        Ok(catalog.milestones.iter().any(|milestone| milestone.title == "1.0.1"))
    })
    .await?;
    world.order("DELETE", &release, Value::Null).await?;
    until("a milestone deleted without a webhook", BY_FULL, async || {
        Ok(world.local(60).await?.local.value(Field::Milestone) == FieldValue::Id(None))
    })
    .await
}

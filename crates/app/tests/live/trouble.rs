//! Deletes, strangers, outages, and repositories that move.

use crate::world::{BY_FULL, BY_POLL, World, until};
use anyhow::{Result, ensure};
use issuesync_engine::Changes;
use issuesync_model::{Field, Lifecycle, OutboxStatus};
use serde_json::json;
use std::time::Duration;

/// The server's stop and start, retries and the breaker's rest.
const AFTER_OUTAGE: Duration = Duration::from_secs(60);

pub(crate) async fn strangers_marker(world: &World) -> Result<()> {
    let (engine, cx) = (world.service.engine(), world.service.cx());
    let changes = Changes { title: Some("Marked".to_owned()), ..Changes::default() };
    let made = engine.create_issue(cx, world.connection.id, changes, None, "live test").await?;
    let text = issuesync_model::marker::with("Copied", &made.marker);
    let copy = world.tell("bob", "POST", "/issues", json!({"title": "A copy", "body": text})).await?;
    let number = copy["number"].as_i64().unwrap_or_default();
    until("a stranger's copy of a marker is an issue of its own", BY_POLL, async || {
        Ok(world.local(number).await.is_ok_and(|issue| issue.id != made.id))
    })
    .await
}

pub(crate) async fn deletes(world: &World) -> Result<()> {
    let path = format!("/repos/{}/issues/14", world.repo);
    world.server.admin().api("DELETE", &path, None).await?;
    until("an issue deleted on the server", BY_FULL, || world.is_deleted(14)).await?;
    let id = world.local(15).await?.id;
    world.service.engine().delete(world.service.cx(), id, None, "live test").await?;
    until("an issue deleted here", BY_POLL, async || {
        Ok(world.remote(15).await?.is_null() && world.is_deleted(15).await?)
    })
    .await
}

pub(crate) async fn outage(world: &mut World) -> Result<()> {
    let before = world.live_issues().await?;
    world.server.stop().await?;
    let (engine, cx) = (world.service.engine(), world.service.cx());
    for number in 30..40 {
        let id = world.local(number).await?.id;
        let changes = Changes { title: Some(format!("Edited in the dark {number}")), ..Changes::default() };
        engine.edit_issue(cx, id, changes, None, "live test").await?;
    }
    let new = Changes { title: Some("Made in the dark".to_owned()), ..Changes::default() };
    engine.create_issue(cx, world.connection.id, new, None, "live test").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.server.restart().await?;
    let world = &*world;
    let store = world.service.engine().store();
    until("nothing is left after an outage", AFTER_OUTAGE, async || {
        for item in store.outbox(Some(OutboxStatus::Failed), 50).await? {
            world.service.engine().retry(world.service.cx(), item.id).await?;
        }
        Ok(store.outbox(None, 50).await?.is_empty())
    })
    .await?;
    for number in 30..40 {
        ensure!(
            world.remote(number).await?["title"] == format!("Edited in the dark {number}"),
            "edit of {number} arrived"
        );
    }
    until("nothing is doubled", BY_FULL, async || Ok(world.live_issues().await? == before + 1)).await?;
    let path = format!("/repos/{}/issues?state=all&type=issues&q=dark&limit=50", world.repo);
    let found = world.server.admin().get(&path).await?;
    let made = found.as_array().into_iter().flatten().filter(|issue| issue["title"] == "Made in the dark").count();
    ensure!(made == 1, "made {made} times");
    Ok(())
}

pub(crate) async fn rename_and_unit_off(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let admin = world.server.admin();
    admin.must("PATCH", &format!("/repos/{}", world.repo), json!({"name": "renamed"})).await?;
    let id = world.local(40).await?.id;
    let changes = Changes { title: Some("After the rename".to_owned()), ..Changes::default() };
    world.service.engine().edit_issue(world.service.cx(), id, changes, None, "live test").await?;
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
    ensure!(world.live_issues().await? == before, "nothing was deleted");
    Ok(())
}

pub(crate) async fn path_taken_over(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let before = world.live_issues().await?;
    let owner = world.repo.split('/').next().unwrap_or_default();
    world.server.admin().must("PATCH", &format!("/repos/{owner}/renamed"), json!({"name": "elsewhere"})).await?;
    world.server.create_repo("renamed").await?;
    until("a path that another repository took over parks the connection", BY_FULL, async || {
        Ok(store.connection(world.connection.id).await?.is_some_and(|connection| connection.parked.is_some()))
    })
    .await?;
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
        admin.api("DELETE", &format!("/repos/{}/hooks/{}", world.repo, hook["id"]), None).await?;
    }
    world.tell("alice", "PATCH", "/issues/50", json!({"title": "Without a hook"})).await?;
    until("an edit without a webhook", BY_POLL, async || {
        Ok(world.local(50).await?.local.text(Field::Title) == "Without a hook")
    })
    .await?;
    let comment = world.tell("alice", "POST", "/issues/51/comments", json!({"body": "Quietly"})).await?;
    let id = comment["id"].as_i64().unwrap_or_default();
    until("a comment without a webhook", BY_POLL, async || Ok(world.local_comment(id).await?.is_some())).await?;
    admin.api("DELETE", &format!("/repos/{}/issues/comments/{id}", world.repo), None).await?;
    until("a deleted comment without a webhook", BY_FULL, async || {
        Ok(world.local_comment(id).await?.is_some_and(|comment| comment.lifecycle == Lifecycle::Deleted))
    })
    .await?;
    admin.api("DELETE", &format!("/repos/{}/issues/52", world.repo), None).await?;
    until("a deleted issue without a webhook", BY_FULL, || world.is_deleted(52)).await?;
    let labels = admin.get(&format!("/repos/{}/labels", world.repo)).await?;
    let bug = labels.as_array().into_iter().flatten().find(|label| label["name"] == "bug").cloned().unwrap_or_default();
    admin.must("PATCH", &format!("/repos/{}/labels/{}", world.repo, bug["id"]), json!({"name": "defect"})).await?;
    until("a label renamed without a webhook", BY_FULL, async || {
        Ok(world.local(60).await?.local.elements(Field::Labels).contains("defect"))
    })
    .await
}

//! What happens on the server reaches the mirror.

use crate::world::{BY_FULL, BY_HOOK, BY_POLL, ISSUES, World, until};
use anyhow::{Result, ensure};
use issuesync_model::{Field, Lifecycle, Value as FieldValue};
use serde_json::json;

pub(crate) async fn import(world: &World) -> Result<()> {
    until("import of 120 issues", BY_FULL, async || Ok(world.live_issues().await? == ISSUES)).await?;
    let issue = world.local(20).await?;
    ensure!(issue.local.elements(Field::Labels).contains("bug"), "labels are imported");
    ensure!(issue.local.value(Field::Milestone) != FieldValue::Id(None), "milestones are imported");
    ensure!(issue.local.elements(Field::Assignees).len() == 1, "assignees are imported");
    let store = world.service.engine().store();
    until("import of comments", BY_FULL, async || Ok(store.counts(world.connection.id).await?.comments == ISSUES / 20))
        .await
}

pub(crate) async fn edits(world: &World) -> Result<()> {
    let title =
        |number, text: &'static str| async move { Ok(world.local(number).await?.local.text(Field::Title) == text) };
    world.tell("alice", "PATCH", "/issues/1", json!({"title": "Edited by alice"})).await?;
    until("a title edited on the server", BY_HOOK, || title(1, "Edited by alice")).await?;
    world.tell("alice", "PATCH", "/issues/2", json!({"state": "closed"})).await?;
    until("an issue closed on the server", BY_HOOK, async || Ok(!world.local(2).await?.local.state().is_open()))
        .await?;
    world.tell("alice", "PATCH", "/issues/3", json!({"body": "Another body"})).await?;
    // Forgejo 7 tells nobody of a body that is edited by API: the next pass finds it.
    until("a body edited on the server", BY_POLL, async || {
        Ok(world.local(3).await?.local.text(Field::Body) == "Another body")
    })
    .await?;
    let labels = world.tell("alice", "POST", "/labels", json!({"name": "urgent", "color": "#00ff00"})).await?;
    world.tell("alice", "POST", "/issues/4/labels", json!({"labels": [labels["id"]]})).await?;
    until("a label added on the server", BY_HOOK, async || {
        Ok(world.local(4).await?.local.elements(Field::Labels).contains("urgent"))
    })
    .await?;
    world.tell("alice", "PATCH", "/issues/5", json!({"assignees": ["bob"]})).await?;
    until("an assignee set on the server", BY_HOOK, async || {
        Ok(!world.local(5).await?.local.elements(Field::Assignees).is_empty())
    })
    .await?;
    world.tell("alice", "PATCH", "/issues/10", json!({"milestone": 0})).await?;
    until("a milestone cleared on the server", BY_HOOK, async || {
        Ok(world.local(10).await?.local.value(Field::Milestone) == FieldValue::Id(None))
    })
    .await?;
    world.tell("alice", "PATCH", "/issues/6", json!({"due_date": "2031-05-06T00:00:00Z"})).await?;
    until("a due date, which no webhook tells", BY_POLL, async || {
        Ok(world.local(6).await?.local.value(Field::DueDate) == FieldValue::Date(Some("2031-05-06".parse()?)))
    })
    .await?;
    if world.connection.capabilities.lock {
        world.server.admin().api("PUT", &format!("/repos/{}/issues/7/lock", world.repo), Some(json!({}))).await?;
        until("a lock, which no webhook tells", BY_POLL, async || {
            Ok(world.local(7).await?.local.value(Field::Locked) == FieldValue::Flag(true))
        })
        .await?;
    }
    world.tell("bob", "POST", "/issues", json!({"title": "Opened on the server"})).await?;
    until("an issue opened on the server", BY_HOOK, async || Ok(world.live_issues().await? == ISSUES + 1)).await
}

pub(crate) async fn comments(world: &World) -> Result<()> {
    let comment = world.tell("alice", "POST", "/issues/8/comments", json!({"body": "First"})).await?;
    let id = comment["id"].as_i64().unwrap_or_default();
    until("a comment written on the server", BY_HOOK, async || Ok(world.local_comment(id).await?.is_some())).await?;
    world.tell("alice", "PATCH", &format!("/issues/comments/{id}"), json!({"body": "Second"})).await?;
    until("a comment edited on the server", BY_HOOK, async || {
        Ok(world.local_comment(id).await?.is_some_and(|comment| comment.local.text(Field::Body) == "Second"))
    })
    .await?;
    let path = format!("/repos/{}/issues/comments/{id}", world.repo);
    world.server.person("alice").api("DELETE", &path, None).await?;
    until("a comment deleted on the server", BY_FULL, async || {
        Ok(world.local_comment(id).await?.is_some_and(|comment| comment.lifecycle == Lifecycle::Deleted))
    })
    .await
}

/// From the arrival of a delivery to its effect on the mirror: half a second at most, by the product's own records.
pub(crate) async fn lag(world: &World) -> Result<()> {
    let store = world.service.engine().store();
    let deliveries = store.deliveries(Some(world.connection.id), None, 10_000).await?;
    let mut lags_ms: Vec<i64> = Vec::new();
    for (_, row) in store.log_after(0, 100_000).await? {
        let Some(id) = row.cause.as_deref().and_then(|cause| cause.strip_prefix("delivery ")) else { continue };
        if let Some(delivery) = deliveries.iter().find(|delivery| delivery.key.id == id) {
            lags_ms.push((row.time_us - delivery.received_us) / 1000);
        }
    }
    lags_ms.sort_unstable();
    let (middle, most) = (lags_ms.get(lags_ms.len() / 2), lags_ms.last());
    println!(
        "from a delivery's arrival to the mirror, {} effects: median {middle:?} ms, most {most:?} ms",
        lags_ms.len()
    );
    ensure!(lags_ms.len() >= 5, "deliveries had effects");
    ensure!(most <= Some(&500), "within 500 ms of its arrival");
    Ok(())
}

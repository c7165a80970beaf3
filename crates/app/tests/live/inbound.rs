//! What happens on the server reaches the mirror: by its deliveries while no pass can stand in for them, and by the next pass where it sends none.

use crate::arrival::{BY_FULL, until};
use crate::world::{ISSUES, World};
use anyhow::{Result, ensure};
use issuesync_model::{Field, Lifecycle, Value as FieldValue};
use serde_json::{Value, json};

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

/// With passes an hour apart, so that only a delivery can have brought a change.
pub(crate) async fn by_delivery(world: &World) -> Result<()> {
    let passes = world.hold_passes().await?;
    let bodies = world.connection.capabilities.flavour == "gitea";
    texts_and_state(world, bodies).await?;
    sets_and_milestone(world).await?;
    comments(world).await?;
    ensure!(world.passes() == passes, "a pass ran among the deliveries");
    world.let_passes(&world.connection.settings).await
}

async fn texts_and_state(world: &World, bodies: bool) -> Result<()> {
    let set = |number: i64, change: Value| world.tell("alice", "PATCH", format!("/issues/{number}"), change);
    let text = |number: i64, field: Field, wanted: &'static str| async move {
        Ok(world.local(number).await?.local.text(field) == wanted)
    };
    let open =
        |number: i64, wanted: bool| async move { Ok(world.local(number).await?.local.state().is_open() == wanted) };
    world
        .brought("title", set(1, json!({"title": "Edited by alice"})), || text(1, Field::Title, "Edited by alice"))
        .await?;
    // Forgejo 7 tells nobody of a body that is edited by API: there the next pass finds it.
    if bodies {
        world.brought("body", set(3, json!({"body": "Another body"})), || text(3, Field::Body, "Another body")).await?;
    }
    world.brought("state closed", set(2, json!({"state": "closed"})), || open(2, false)).await?;
    world.brought("state reopened", set(2, json!({"state": "open"})), || open(2, true)).await
}

async fn sets_and_milestone(world: &World) -> Result<()> {
    let label =
        world.tell("alice", "POST", "/labels".to_owned(), json!({"name": "urgent", "color": "#00ff00"})).await?;
    let milestones = world.server.admin().get(&format!("/repos/{}/milestones", world.repo)).await?;
    let has = |field: Field, wanted: bool| async move {
        Ok(world.local(4).await?.local.elements(field).is_empty() != wanted)
    };
    let planned = |wanted: bool| async move {
        Ok((world.local(4).await?.local.value(Field::Milestone) != FieldValue::Id(None)) == wanted)
    };
    let set = |change: Value| world.tell("alice", "PATCH", "/issues/4".to_owned(), change);
    let add = world.tell("alice", "POST", "/issues/4/labels".to_owned(), json!({"labels": [label["id"]]}));
    world.brought("label added", add, || has(Field::Labels, true)).await?;
    let remove = world.tell("alice", "DELETE", format!("/issues/4/labels/{}", label["id"]), Value::Null);
    world.brought("label removed", remove, || has(Field::Labels, false)).await?;
    world.brought("assignee set", set(json!({"assignees": ["bob"]})), || has(Field::Assignees, true)).await?;
    world.brought("assignees cleared", set(json!({"assignees": []})), || has(Field::Assignees, false)).await?;
    world.brought("milestone set", set(json!({"milestone": milestones[0]["id"]})), || planned(true)).await?;
    world.brought("milestone cleared", set(json!({"milestone": 0})), || planned(false)).await
}

async fn comments(world: &World) -> Result<()> {
    let opened = world.tell("bob", "POST", "/issues".to_owned(), json!({"title": "Opened on the server"}));
    world.brought("issue opened", opened, async || Ok(world.live_issues().await? == ISSUES + 1)).await?;
    let known = async || anyhow::Ok(world.service.engine().store().counts(world.connection.id).await?.comments);
    let before = known().await?;
    let written = world.tell("alice", "POST", "/issues/8/comments".to_owned(), json!({"body": "First"}));
    world.brought("comment created", written, async || Ok(known().await? == before + 1)).await?;
    let list = world.server.admin().get(&format!("/repos/{}/issues/8/comments", world.repo)).await?;
    let id = list[0]["id"].as_i64().unwrap_or_default();
    let path = format!("/issues/comments/{id}");
    let edited = world.tell("alice", "PATCH", path.clone(), json!({"body": "Second"}));
    world
        .brought("comment edited", edited, async || {
            Ok(world.local_comment(id).await?.is_some_and(|comment| comment.local.text(Field::Body) == "Second"))
        })
        .await?;
    let deleted = world.tell("alice", "DELETE", path, Value::Null);
    world
        .brought("comment deleted", deleted, async || {
            Ok(world.local_comment(id).await?.is_some_and(|comment| comment.lifecycle == Lifecycle::Deleted))
        })
        .await
}

/// What the servers send nothing for.
pub(crate) async fn by_pass(world: &World) -> Result<()> {
    let set = |number: i64, change: Value| world.tell("alice", "PATCH", format!("/issues/{number}"), change);
    let day = FieldValue::Date(Some("2031-05-06".parse()?));
    let due = async || Ok(world.local(6).await?.local.value(Field::DueDate) == day);
    world.polled("due date", set(6, json!({"due_date": "2031-05-06T00:00:00Z"})), due).await?;
    if world.connection.capabilities.flavour != "gitea" {
        let body = async || Ok(world.local(3).await?.local.text(Field::Body) == "Another body");
        world.polled("body", set(3, json!({"body": "Another body"})), body).await?;
    }
    if world.connection.capabilities.lock {
        let locked = |wanted: bool| async move {
            Ok((world.local(7).await?.local.value(Field::Locked) == FieldValue::Flag(true)) == wanted)
        };
        let lock = world.order("PUT", "/issues/7/lock", json!({}));
        world.polled("lock", lock, || locked(true)).await?;
        let unlock = world.order("DELETE", "/issues/7/lock", Value::Null);
        world.polled("unlock", unlock, || locked(false)).await?;
    }
    Ok(())
}

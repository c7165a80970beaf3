//! What is edited on the mirror reaches the server, and both sides at once.

use crate::world::{BY_FULL, BY_POLL, World, until};
use anyhow::{Result, ensure};
use issuesync_engine::{Changes, EditError, Resolution, Waited};
use issuesync_model::{Field, Item, Reason, State, SyncStatus};
use serde_json::json;

const PATIENCE_US: i64 = 20_000_000;

async fn edit(world: &World, number: i64, changes: Changes) -> Result<Item> {
    let id = world.local(number).await?.id;
    Ok(world.service.engine().edit_issue(world.service.cx(), id, changes, None, "live test").await?)
}

async fn arrived(world: &World, item: &Item) -> Result<Item> {
    match world.service.engine().wait(world.service.cx(), item.id, item.version, PATIENCE_US).await? {
        Waited::Reached(item) => Ok(item),
        other => anyhow::bail!("the edit did not arrive: {other:?}"),
    }
}

pub(crate) async fn edits(world: &World) -> Result<()> {
    let changes = Changes {
        title: Some("Edited here".to_owned()),
        body: Some("A body from here".to_owned()),
        state: Some(State::Closed(Reason::None)),
        add_labels: vec!["bug".to_owned(), "made here".to_owned()],
        add_assignees: vec!["alice".to_owned()],
        milestone: Some(Some("1.0".to_owned())),
        due_date: Some(Some("2030-02-03".parse()?)),
        locked: world.connection.capabilities.lock.then_some(true),
        ..Changes::default()
    };
    let item = edit(world, 11, changes).await?;
    arrived(world, &item).await?;
    let remote = world.remote(11).await?;
    ensure!(
        remote["title"] == "Edited here" && remote["body"] == "A body from here" && remote["state"] == "closed",
        "{remote}"
    );
    ensure!(remote["milestone"]["title"] == "1.0", "{remote}");
    ensure!(remote["due_date"].as_str().is_some_and(|day| day.starts_with("2030-02-03")), "{remote}");
    ensure!(remote["assignees"].as_array().is_some_and(|people| people.len() == 1), "{remote}");
    let labels: Vec<&str> =
        remote["labels"].as_array().into_iter().flatten().filter_map(|label| label["name"].as_str()).collect();
    ensure!(labels.contains(&"bug") && labels.contains(&"made here"), "{labels:?}");
    ensure!(!world.connection.capabilities.lock || remote["is_locked"] == true, "{remote}");
    let undone = Changes {
        state: Some(State::Open),
        remove_labels: vec!["bug".to_owned()],
        assignees: Some(Vec::new()),
        milestone: Some(None),
        due_date: Some(None),
        locked: world.connection.capabilities.lock.then_some(false),
        ..Changes::default()
    };
    let item = edit(world, 11, undone).await?;
    arrived(world, &item).await?;
    let remote = world.remote(11).await?;
    ensure!(remote["state"] == "open" && remote["milestone"].is_null() && remote["due_date"].is_null(), "{remote}");
    ensure!(remote["assignees"].as_array().is_none_or(Vec::is_empty), "{remote}");
    let labels = remote["labels"].as_array().cloned().unwrap_or_default();
    ensure!(labels.len() == 1 && labels[0]["name"] == "made here", "{remote}");
    ensure!(!world.connection.capabilities.lock || remote["is_locked"] == false, "{remote}");
    until("both sides of an edit are equal", BY_POLL, || world.equal(11)).await
}

pub(crate) async fn creates(world: &World) -> Result<()> {
    let (engine, cx) = (world.service.engine(), world.service.cx());
    let changes = Changes {
        title: Some("Made here".to_owned()),
        body: Some("Text".to_owned()),
        state: Some(State::Closed(Reason::None)),
        due_date: Some(Some("2030-02-03".parse()?)),
        ..Changes::default()
    };
    let made = engine.create_issue(cx, world.connection.id, changes, Some("live:1".to_owned()), "live test").await?;
    let made = arrived(world, &made).await?;
    let number = made.number.unwrap_or_default();
    until("an issue made here is equal", BY_POLL, || world.equal(number)).await?;
    let comment = engine.create_comment(cx, made.id, "A comment".to_owned(), None, "live test").await?;
    let comment = arrived(world, &comment).await?;
    let changed = engine.edit_comment(cx, comment.id, "A changed comment".to_owned(), None, "live test").await?;
    arrived(world, &changed).await?;
    let path = format!("/repos/{}/issues/comments/{}", world.repo, comment.number.unwrap_or_default());
    let remote = world.server.admin().get(&path).await?;
    ensure!(remote["body"].as_str().is_some_and(|body| body.starts_with("A changed comment")), "{remote}");
    engine.delete(cx, comment.id, None, "live test").await?;
    until("a comment deleted here", BY_POLL, async || Ok(world.server.admin().api("GET", &path, None).await?.0 == 404))
        .await
}

pub(crate) async fn both_sides(world: &World) -> Result<()> {
    let changes = |title: &str| Changes { title: Some(title.to_owned()), ..Changes::default() };
    edit(world, 12, changes("Title from here")).await?;
    world.tell("alice", "PATCH", "/issues/12".to_owned(), json!({"body": "Body from there"})).await?;
    until("disjoint edits merge", BY_FULL, async || {
        let local = world.local(12).await?;
        let both =
            local.local.text(Field::Title) == "Title from here" && local.local.text(Field::Body) == "Body from there";
        Ok(both && world.equal(12).await?)
    })
    .await?;
    world.tell("alice", "PATCH", "/issues/13".to_owned(), json!({"title": "Theirs"})).await?;
    edit(world, 13, changes("Ours")).await?;
    until("a clash becomes a conflict", BY_FULL, async || {
        Ok(world.local(13).await?.sync_status() == SyncStatus::Conflict)
    })
    .await?;
    let (engine, cx) = (world.service.engine(), world.service.cx());
    loop {
        let open = world.local(13).await?;
        ensure!(open.conflicts[0].local != open.conflicts[0].remote, "both values are kept: {:?}", open.conflicts);
        match engine.resolve(cx, open.id, Field::Title, Resolution::KeepLocal, Some(open.rev), "live test").await {
            // A delivery came between the look and the decision: a person would look again.
            Err(EditError::StaleRev { .. }) => {}
            other => break other.map(drop)?,
        }
    }
    until("a resolved conflict is pushed", BY_FULL, async || Ok(world.remote(13).await?["title"] == "Ours")).await
}

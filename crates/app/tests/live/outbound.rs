//! What is edited on the mirror, by its REST API, reaches the server, and both sides at once.

use crate::arrival::{BY_FULL, BY_POLL, until};
use crate::mirror::id_of;
use crate::world::World;
use anyhow::{Result, ensure};
use issuesync_model::{Field, SyncStatus};
use serde_json::{Value, json};

pub(crate) async fn edits(world: &World) -> Result<()> {
    let lock = world.connection.capabilities.lock;
    let mut changes = json!({
        "title": "Edited here", "body": "A body from here", "state": "closed",
        "add_labels": ["bug", "made here"], "add_assignees": ["alice", "bob"],
        "milestone": "1.0", "due_date": "2030-02-03",
    });
    let mut undone = json!({
        "state": "open", "remove_labels": ["bug"], "assignees": [], "milestone": null, "due_date": null,
    });
    if lock {
        changes["locked"] = json!(true);
        undone["locked"] = json!(false);
    }
    world.mirror.arrived(&world.edit(11, &changes).await?).await?;
    let remote = world.remote(11).await?;
    ensure!(
        remote["title"] == "Edited here" && remote["body"] == "A body from here" && remote["state"] == "closed",
        "{remote}"
    );
    ensure!(remote["milestone"]["title"] == "1.0", "{remote}");
    ensure!(remote["due_date"].as_str().is_some_and(|day| day.starts_with("2030-02-03")), "{remote}");
    ensure!(names(&remote["assignees"], "login") == ["alice", "bob"], "{remote}");
    ensure!(names(&remote["labels"], "name") == ["bug", "made here"], "{remote}");
    ensure!(!lock || remote["is_locked"] == true, "{remote}");

    world.mirror.arrived(&world.edit(11, &json!({"remove_assignees": ["alice"]})).await?).await?;
    ensure!(names(&world.remote(11).await?["assignees"], "login") == ["bob"], "one of two assignees is left");

    world.mirror.arrived(&world.edit(11, &undone).await?).await?;
    let remote = world.remote(11).await?;
    ensure!(remote["state"] == "open" && remote["milestone"].is_null() && remote["due_date"].is_null(), "{remote}");
    ensure!(names(&remote["assignees"], "login").is_empty(), "{remote}");
    ensure!(names(&remote["labels"], "name") == ["made here"], "{remote}");
    ensure!(!lock || remote["is_locked"] == false, "{remote}");

    world.mirror.arrived(&world.edit(11, &json!({"labels": ["bug"], "assignees": ["bob"]})).await?).await?;
    let remote = world.remote(11).await?;
    ensure!(names(&remote["labels"], "name") == ["bug"] && names(&remote["assignees"], "login") == ["bob"], "{remote}");
    until("both sides of an edit are equal", BY_POLL, || world.equal(11)).await
}

pub(crate) async fn creates(world: &World) -> Result<()> {
    let mirror = &world.mirror;
    let new = json!({
        "connection": world.connection.name, "title": "Made here", "body": "Text", "state": "closed",
        "labels": ["bug", "made with it"], "assignees": ["bob"], "milestone": "1.0", "due_date": "2030-02-03",
    });
    let made = mirror.arrived(&mirror.create_twice("/issues", "issue 1", &new).await?).await?;
    let number = made["external_number"].as_i64().unwrap_or_default();
    until("an issue made here is equal", BY_POLL, || world.equal(number)).await?;
    let remote = world.remote(number).await?;
    ensure!(remote["state"] == "closed" && remote["milestone"]["title"] == "1.0", "{remote}");
    ensure!(remote["due_date"].as_str().is_some_and(|day| day.starts_with("2030-02-03")), "{remote}");
    ensure!(names(&remote["labels"], "name") == ["bug", "made with it"], "{remote}");
    ensure!(names(&remote["assignees"], "login") == ["bob"], "{remote}");

    let path = format!("/issues/{}/comments", id_of(&made)?);
    let comment = mirror.create_twice(&path, "comment 1", &json!({"body": "A comment"})).await?;
    let comment = mirror.arrived(&comment).await?;
    let address = format!("/repos/{}/issues/comments/{}", world.repo, comment["external_id"]);
    let remote = async || world.server.admin().get(&address).await;
    let begins = |remote: &Value, text: &str| remote["body"].as_str().is_some_and(|body| body.starts_with(text));
    let there = remote().await?;
    ensure!(begins(&there, "A comment"), "{there}");
    mirror.arrived(&mirror.edit_comment(&comment, "A changed comment").await?).await?;
    let there = remote().await?;
    ensure!(begins(&there, "A changed comment"), "{there}");
    let comments = world.server.admin().get(&format!("/repos/{}/issues/{number}/comments", world.repo)).await?;
    ensure!(comments.as_array().is_some_and(|all| all.len() == 1), "made once: {comments}");
    mirror.delete("comments", id_of(&comment)?).await?;
    until("a comment deleted here", BY_POLL, async || {
        Ok(world.server.admin().api("GET", &address, None).await?.0 == 404)
    })
    .await
}

pub(crate) async fn both_sides(world: &World) -> Result<()> {
    world.edit(12, &json!({"title": "Title from here"})).await?;
    world.tell("alice", "PATCH", "/issues/12".to_owned(), json!({"body": "Body from there"})).await?;
    until("disjoint edits merge", BY_FULL, async || {
        let local = world.local(12).await?;
        let both =
            local.local.text(Field::Title) == "Title from here" && local.local.text(Field::Body) == "Body from there";
        Ok(both && world.equal(12).await?)
    })
    .await?;
    // With passes an hour apart, and deliveries switched off for a while, each side edits without knowing of the other.
    let passes = world.hold_passes().await?;
    clash(world, 13, json!({"keep": "local"}), "Ours").await?;
    clash(world, 16, json!({"keep": "remote"}), "Theirs").await?;
    clash(world, 17, json!({"edit": "Another"}), "Another").await?;
    world.tell("alice", "PATCH", "/issues/13".to_owned(), json!({"title": "Later"})).await?;
    until("title, deliveries switched on again", BY_FULL, async || {
        Ok(world.local(13).await?.local.text(Field::Title) == "Later")
    })
    .await?;
    ensure!(world.passes() == passes, "a pass ran among the clashes");
    world.let_passes(&world.connection.settings).await
}

/// Both sides give an issue another title, and a person decides.
async fn clash(world: &World, number: i64, decision: Value, wanted: &str) -> Result<()> {
    world.send_deliveries(false).await?;
    world.tell("alice", "PATCH", format!("/issues/{number}"), json!({"title": "Theirs"})).await?;
    world.edit(number, &json!({"title": "Ours"})).await?;
    until("a clash becomes a conflict", BY_POLL, async || {
        Ok(world.local(number).await?.sync_status() == SyncStatus::Conflict)
    })
    .await?;
    world.send_deliveries(true).await?;
    let id = world.local(number).await?.id.to_string();
    world.mirror.decide(&id, "title", decision.clone()).await?;
    until(&format!("a conflict decided by {decision}"), BY_POLL, async || {
        Ok(world.remote(number).await?["title"] == wanted && world.equal(number).await?)
    })
    .await
}

/// What the objects of a list have under a key, in order.
fn names<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let mut names: Vec<_> = list.as_array().into_iter().flatten().filter_map(|one| one[key].as_str()).collect();
    names.sort_unstable();
    names
}

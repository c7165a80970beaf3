//! What people do, and what the server sends for it.

use super::Tour;
use anyhow::Context;
use serde_json::{Value, json};

pub(super) async fn walk(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    one_by_one(tour).await?;
    labels(tour).await?;
    comments(tour).await?;
    many_at_once(tour).await?;
    silent(tour).await?;
    pull_request(tour).await
}

/// Issue 1, one field after the other.
async fn one_by_one(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let issue = json!({"title": "First", "body": "Body with <b>, & and\r\nCRLF"});
    tour.edit("issue_create_plain", "", ("POST", "/issues", issue), 1).await?;
    let body_events = usize::from(!tour.silent_body());
    let steps: [(&str, Value, usize); 10] = [
        ("issue_edit_title", json!({"title": "First, renamed"}), 1),
        ("issue_edit_body", json!({"body": "Another body"}), body_events),
        ("issue_edit_body_equal", json!({"body": "Another body"}), body_events),
        ("issue_edit_close", json!({"state": "closed"}), 1),
        ("issue_edit_reopen", json!({"state": "open"}), 1),
        // One at a time: Gitea adds several in random order.
        ("issue_edit_assign", json!({"assignees": ["alice"]}), 1),
        ("issue_edit_assign_second", json!({"assignees": ["alice", "bob"]}), 1),
        ("issue_edit_unassign", json!({"assignees": []}), 2),
        ("issue_edit_milestone", json!({"milestone": 1}), 1),
        ("issue_edit_milestone_move", json!({"milestone": 2}), 1),
    ];
    for (name, body, least) in steps {
        let tag = if name.ends_with("_equal") { "equal" } else { "" };
        let tag = if name.ends_with("_move") { "move" } else { tag };
        let tag = if name.ends_with("_second") { "second" } else { tag };
        tour.edit(name, tag, ("PATCH", "/issues/1", body), least).await?;
    }
    tour.edit("issue_edit_milestone_clear", "", ("PATCH", "/issues/1", json!({"milestone": 0})), 1).await?;
    Ok(())
}

async fn labels(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let path = "/issues/1/labels";
    tour.edit("issue_labels_add", "add", ("POST", path, json!({"labels": [1]})), 1).await?;
    tour.edit("issue_labels_add_again", "again", ("POST", path, json!({"labels": [1]})), 1).await?;
    tour.edit("issue_labels_put", "put", ("PUT", path, json!({"labels": [1, 2]})), 1).await?;
    tour.edit("issue_label_delete", "remove", ("DELETE", "/issues/1/labels/1", Value::Null), 1).await?;
    tour.ask("GET", path, None).await?;
    tour.edit("issue_labels_clear", "", ("DELETE", path, Value::Null), 1).await?;
    tour.recorder.tag("other");
    // The label exists and is not on the issue; then one that does not exist at all.
    tour.named("issue_label_delete_not_on_issue", "DELETE", "/issues/1/labels/1", None).await?;
    tour.named("issue_label_delete_unknown", "DELETE", "/issues/1/labels/999", None).await?;
    tour.named("issue_labels_add_by_name", "POST", path, Some(json!({"labels": ["docs"]}))).await?;
    tour.named("-", "PUT", path, Some(json!({"labels": [1]}))).await?;
    tour.settle("labels, odd requests", 1).await
}

async fn comments(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let made =
        tour.edit("issue_comment_create", "", ("POST", "/issues/1/comments", json!({"body": "A comment"})), 1).await?;
    let path = format!("/issues/comments/{}", made["id"].as_i64().context("a comment has an id")?);
    tour.edit("comment_edit", "", ("PATCH", &path, json!({"body": "A comment, edited"})), 1).await?;
    tour.named("comment_get", "GET", &path, None).await?;
    tour.edit("comment_delete", "", ("DELETE", &path, Value::Null), 1).await?;
    tour.named("comment_get_404", "GET", &path, None).await?;
    tour.named("comment_edit_404", "PATCH", &path, Some(json!({"body": "late"}))).await?;
    tour.named("comment_delete_404", "DELETE", &path, None).await?;
    for body in ["Second comment", "Third comment, @bob"] {
        tour.edit("-", "", ("POST", "/issues/1/comments", json!({"body": body})), 1).await?;
    }
    Ok(())
}

/// Issue 2 with everything at its creation, then with everything in one PATCH.
async fn many_at_once(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let issue = json!({ "title": "Second", "body": "Full", "labels": [1, 2], "milestone": 1, "assignees": ["alice", "bob"],
        "due_date": "2031-02-03T04:05:06Z", "closed": false });
    tour.edit("issue_create", "create", ("POST", "/issues", issue), 5).await?;
    let patch = json!({ "title": "Second, renamed", "body": "All anew", "assignees": ["bob"], "milestone": 2, "state": "closed",
        "due_date": "2031-05-06T00:00:00+09:00" });
    let least = if tour.silent_body() { 4 } else { 5 };
    tour.edit("issue_edit", "several", ("PATCH", "/issues/2", patch), least).await?;
    tour.recorder.tag("odd");
    tour.named(
        "issue_edit_unknown_assignee",
        "PATCH",
        "/issues/2",
        Some(json!({"title": "Half", "assignees": ["nobody-here"]})),
    )
    .await?;
    tour.named("issue_edit_unknown_milestone", "PATCH", "/issues/2", Some(json!({"milestone": 999}))).await?;
    tour.named("issue_edit_unknown_state", "PATCH", "/issues/2", Some(json!({"state": "sleeping"}))).await?;
    tour.named(
        "issue_create_unknown_assignee",
        "POST",
        "/issues",
        Some(json!({"title": "x", "assignees": ["nobody-here"]})),
    )
    .await?;
    let long = "long ".repeat(60);
    tour.named("issue_edit_long_title", "PATCH", "/issues/2", Some(json!({"title": long.trim_end()}))).await?;
    tour.settle("odd edits", 1).await
}

/// What no server announces.
async fn silent(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let due = json!({"due_date": "2031-12-24T00:00:00Z"});
    tour.named("issue_edit_due_date", "PATCH", "/issues/1", Some(due.clone())).await?;
    tour.named("issue_edit_unset_due_date", "PATCH", "/issues/1", Some(json!({"unset_due_date": true}))).await?;
    tour.named("issue_deadline_set", "POST", "/issues/1/deadline", Some(due)).await?;
    tour.named("issue_deadline_null", "POST", "/issues/1/deadline", Some(json!({"due_date": null}))).await?;
    tour.named("issue_lock_put", "PUT", "/issues/1/lock", Some(json!({"lock_reason": "Resolved"}))).await?;
    tour.named("issue_get_locked", "GET", "/issues/1", None).await?;
    tour.named("issue_lock_delete", "DELETE", "/issues/1/lock", None).await?;
    let labels = tour.repo.clone() + "/labels";
    let (_, made) =
        tour.bot.named("-", "POST", &labels, Some(json!({"name": "short-lived", "color": "#000000"}))).await?;
    tour.named("label_edit", "PATCH", &format!("/labels/{}", made["id"]), Some(json!({"name": "short"}))).await?;
    tour.named("label_delete", "DELETE", &format!("/labels/{}", made["id"]), None).await?;
    tour.settle("due date, deadline, lock, label definitions", 0).await
}

/// A pull request, which shares numbers, lists and comment events with issues.
async fn pull_request(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let file = json!({"content": "dGV4dA==", "message": "Add a text", "new_branch": "topic"});
    tour.named("-", "POST", "/contents/text.txt", Some(file)).await?;
    let pull = json!({"title": "A pull request", "body": "", "head": "topic", "base": "main"});
    let made = tour.edit("-", "", ("POST", "/pulls", pull), 1).await?;
    let number = made["number"].as_i64().context("a pull request has a number")?;
    tour.named("issue_get_pull", "GET", &format!("/issues/{number}"), None).await?;
    let path = format!("/issues/{number}/comments");
    tour.edit("-", "", ("POST", &path, json!({"body": "On a pull request"})), 1).await?;
    Ok(())
}

//! What the product asks, and the answers to what is gone, moved or forbidden.

use super::Tour;
use anyhow::Context;
use serde_json::json;

pub(super) async fn walk(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    about_the_server(tour).await?;
    lists(tour).await?;
    refused(tour).await?;
    deleted(tour).await?;
    issues_off(tour).await?;
    renamed(tour).await
}

async fn about_the_server(tour: &Tour<'_>) -> anyhow::Result<()> {
    for path in ["/version", "/settings/api", "/user", &tour.repo] {
        tour.bot.api("GET", path, None).await?;
    }
    let (_, repo) = tour.bot.named("-", "GET", &tour.repo, None).await?;
    tour.bot.api("GET", &format!("/repositories/{}", repo["id"]), None).await?;
    tour.bot.named("repository_get_404", "GET", "/repositories/99999", None).await?;
    // Above /api/v1: the probe that tells the two products apart.
    tour.bot.named("forgejo_version_get", "GET", "/../forgejo/v1/version", None).await?;
    // Issue 0 never exists: only whether the route does is asked.
    tour.named("issue_lock_probe", "PUT", "/issues/0/lock", Some(json!({}))).await?;
    // Labels of an organisation: the account's token may not ask, and who may learns that the owner is a person.
    let shared = "/orgs/issuesync/labels?page=1&limit=50";
    tour.bot.named("shared_labels_403", "GET", shared, None).await?;
    tour.direct.at(tour.recorder.url()).named("shared_labels_404", "GET", shared, None).await?;
    Ok(())
}

async fn lists(tour: &Tour<'_>) -> anyhow::Result<()> {
    let since = "since=2025-01-01T00%3A00%3A00Z";
    let reads = [
        ("assignees_list", "/assignees".to_owned()),
        ("labels_list", "/labels?page=1&limit=50".to_owned()),
        ("labels_list_page_2", "/labels?page=2&limit=50".to_owned()),
        ("labels_list_page_1_of_1", "/labels?page=1&limit=1".to_owned()),
        ("milestones_list", "/milestones?state=all&page=1&limit=50".to_owned()),
        ("milestones_list_page_2", "/milestones?state=all&page=2&limit=50".to_owned()),
        ("milestone_get", "/milestones/1".to_owned()),
        ("issues_list", format!("/issues?state=all&type=issues&{since}&page=1&limit=50")),
        ("issues_list_page_1_of_1", format!("/issues?state=all&type=issues&{since}&page=1&limit=1")),
        ("issues_list_past_the_end", format!("/issues?state=all&type=issues&{since}&page=9&limit=50")),
        ("issues_list_with_pulls", "/issues?state=all&page=1&limit=50".to_owned()),
        ("issues_list_leastupdate", "/issues?state=all&type=issues&sort=leastupdate&page=1&limit=50".to_owned()),
        ("issues_list_bad_since", "/issues?state=all&since=yesterday".to_owned()),
        ("issues_comments_list", format!("/issues/comments?{since}&page=1&limit=50")),
        ("issues_comments_list_page_1_of_1", format!("/issues/comments?{since}&page=1&limit=1")),
        ("issue_comments_list", "/issues/1/comments".to_owned()),
        ("issue_timeline_list", "/issues/1/timeline?page=1&limit=50".to_owned()),
        ("issue_get", "/issues/1".to_owned()),
        ("issue_get_closed", "/issues/2".to_owned()),
        ("issue_get_404", "/issues/999".to_owned()),
        ("issue_comments_list_missing_issue", "/issues/999/comments".to_owned()),
    ];
    for (name, path) in reads {
        tour.named(name, "GET", &path, None).await?;
    }
    // The whole timeline, and not the three entries a list is cut to: one file per type of entry.
    let (_, timeline) = tour.named("-", "GET", "/issues/1/timeline?page=1&limit=50", None).await?;
    let entries = timeline.as_array().context("a timeline is a list")?;
    tour.recorder.add_page("issue_timeline_kinds", entries);
    Ok(())
}

async fn refused(tour: &Tour<'_>) -> anyhow::Result<()> {
    let stranger = tour.bot.with_token("0000000000000000000000000000000000000000");
    stranger.named("issue_get_401", "GET", &format!("{}/issues/1", tour.repo), None).await?;
    let edit = json!({"title": "x"});
    tour.alice.named("repo_edit_403", "PATCH", &tour.repo, Some(edit)).await?;
    tour.alice.named("issue_delete_403", "DELETE", &format!("{}/issues/1", tour.repo), None).await?;
    tour.alice.named("hooks_list_403", "GET", &format!("{}/hooks", tour.repo), None).await?;
    tour.named("issue_create_422", "POST", "/issues", Some(json!({"body": "no title"}))).await?;
    tour.named("issue_comment_create_422", "POST", "/issues/1/comments", Some(json!({"body": ""}))).await?;
    Ok(())
}

async fn deleted(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    tour.named("issue_delete", "DELETE", "/issues/2", None).await?;
    tour.named("issue_get_deleted", "GET", "/issues/2", None).await?;
    tour.named("issue_edit_deleted", "PATCH", "/issues/2", Some(json!({"title": "late"}))).await?;
    tour.named("issue_delete_404", "DELETE", "/issues/2", None).await?;
    tour.settle("issue deleted", 0).await
}

async fn issues_off(tour: &Tour<'_>) -> anyhow::Result<()> {
    tour.direct.must("PATCH", &tour.repo, json!({"has_issues": false})).await?;
    tour.named("repo_get_issues_off", "GET", "", None).await?;
    tour.named("issue_get_issues_off", "GET", "/issues/1", None).await?;
    tour.named("issues_list_issues_off", "GET", "/issues?state=all&type=issues&page=1&limit=50", None).await?;
    tour.direct.must("PATCH", &tour.repo, json!({"has_issues": true})).await?;
    Ok(())
}

async fn renamed(tour: &mut Tour<'_>) -> anyhow::Result<()> {
    let (_, repo) = tour.named("-", "GET", "", None).await?;
    tour.direct.must("PATCH", &tour.repo, json!({"name": "renamed"})).await?;
    tour.named("repo_get_renamed", "GET", "", None).await?;
    tour.named("issue_get_renamed", "GET", "/issues/1", None).await?;
    tour.named("issue_edit_renamed", "PATCH", "/issues/1", Some(json!({"title": "Not written"}))).await?;
    tour.bot.named("repository_get_renamed", "GET", &format!("/repositories/{}", repo["id"]), None).await?;
    tour.repo = "/repos/issuesync/renamed".to_owned();
    tour.edit("-", "renamed", ("PATCH", "/issues/1", json!({"title": "After the rename"})), 1).await?;
    let (_, hooks) = tour.named("-", "GET", "/hooks", None).await?;
    tour.ask("DELETE", &format!("/hooks/{}", hooks[0]["id"]), None).await?;
    Ok(())
}

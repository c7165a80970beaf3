//! Answers as observations.

use super::history::history;
use super::page::{has_more, total};
use super::status::{self, unreadable};
use super::wire;
use crate::time::{day, instant};
use issuesync_model::{
    Author, Capabilities, Catalog, Field, Fields, Label, Milestone, Observation, Reason, Source, State, User, Value,
    marker,
};
use issuesync_provider::{Answer, Call, CallError, HookState, IssuePage, Repository, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What an answer means.
pub(super) fn answer(capabilities: &Capabilities, call: &Call, response: &Response) -> Result<Answer, CallError> {
    if let Some(done) = status::settled(call, response) {
        return done;
    }
    let source = if call.writes() { Source::Answer } else { Source::Get };
    match call {
        Call::Whoami => read::<wire::User<'_>>(response).map(|user| Answer::User(person(&user, false))),
        Call::Repository | Call::RepositoryById => {
            read::<wire::Repository<'_>>(response).map(|found| Answer::Repository(repository(&found)))
        }
        Call::Issue { .. } | Call::CreateIssue { .. } | Call::EditIssue { .. } => {
            let issue = read::<wire::Issue<'_>>(response)?;
            Ok(Answer::Item(Box::new(issue_seen(capabilities, &issue, source, response)?)))
        }
        Call::Comment { issue, .. } | Call::CreateComment { issue, .. } | Call::EditComment { issue, .. } => {
            let comment = read::<wire::Comment<'_>>(response)?;
            let issue = issue_of(&comment).unwrap_or(*issue);
            Ok(Answer::Item(Box::new(comment_seen(&comment, issue, source, response)?)))
        }
        Call::Issues { page, .. } => issues(capabilities, *page, response),
        Call::Comments { page, .. } => comments(capabilities, *page, response),
        Call::CommentsOf { issue, .. } => comments_of(*issue, response),
        Call::Labels { page } | Call::SharedLabels { page } => {
            let labels = read::<Vec<wire::Label<'_>>>(response)?;
            let more = has_more(capabilities, *page, labels.len(), response);
            Ok(Answer::Labels(labels.iter().map(label).collect(), more))
        }
        Call::Milestones { page } => {
            let milestones = read::<Vec<wire::Milestone<'_>>>(response)?;
            let more = has_more(capabilities, *page, milestones.len(), response);
            Ok(Answer::Milestones(milestones.iter().map(milestone).collect(), more))
        }
        Call::Assignables { .. } => {
            let users = read::<Vec<wire::User<'_>>>(response)?;
            Ok(Answer::Users(users.iter().map(|user| person(user, true)).collect(), false))
        }
        Call::History { .. } => history(response),
        Call::Hooks { page } => {
            let hooks = read::<Vec<wire::Hook>>(response)?;
            let more = has_more(capabilities, *page, hooks.len(), response);
            Ok(Answer::Hooks(hooks.iter().map(hook).collect(), more))
        }
        Call::CreateHook { .. } => read::<wire::Hook>(response).map(|made| Answer::Hooks(vec![hook(&made)], false)),
        // What is sent back here is empty or JSON; a page of something before the tracker is no success.
        _ if response.body.is_empty() => Ok(Answer::Done),
        _ => read::<IgnoredAny>(response).map(|_| Answer::Done),
    }
}

fn read<'a, T: Deserialize<'a>>(response: &'a Response) -> Result<T, CallError> {
    wire::read(&response.body).map_err(|why| unreadable(&why))
}

fn issues(capabilities: &Capabilities, page: i64, response: &Response) -> Result<Answer, CallError> {
    let found = read::<Vec<wire::Issue<'_>>>(response)?;
    let items = found
        .iter()
        .filter(|issue| issue.pull_request.is_none())
        .map(|issue| issue_seen(capabilities, issue, Source::List, response))
        .collect::<Result<_, _>>()?;
    let more = has_more(capabilities, page, found.len(), response);
    Ok(Answer::Page(page_of(items, found.len(), more, response)))
}

/// A page of the repository's comments. One that names no issue (the issue's row is gone) is nobody's and left out.
fn comments(capabilities: &Capabilities, page: i64, response: &Response) -> Result<Answer, CallError> {
    let found = read::<Option<Vec<wire::Comment<'_>>>>(response)?.unwrap_or_default();
    let items = found
        .iter()
        .filter_map(|comment| issue_of(comment).map(|issue| comment_seen(comment, issue, Source::List, response)))
        .collect::<Result<_, _>>()?;
    let more = has_more(capabilities, page, found.len(), response);
    Ok(Answer::Page(page_of(items, found.len(), more, response)))
}

/// Every comment of one issue: that list has no pages.
fn comments_of(issue: i64, response: &Response) -> Result<Answer, CallError> {
    let found = read::<Option<Vec<wire::Comment<'_>>>>(response)?.unwrap_or_default();
    let items = found
        .iter()
        .map(|comment| comment_seen(comment, issue_of(comment).unwrap_or(issue), Source::List, response))
        .collect::<Result<_, _>>()?;
    Ok(Answer::Page(page_of(items, found.len(), false, response)))
}

fn page_of(items: Vec<Observation>, entries: usize, more: bool, response: &Response) -> IssuePage {
    IssuePage { items, entries, total: total(response), more, date_us: response.date_us() }
}

fn required(text: &str, what: &str) -> Result<i64, CallError> {
    instant(text).ok_or_else(|| unreadable(&format!("{what} is no time: {text}")))
}

fn issue_seen(
    capabilities: &Capabilities,
    issue: &wire::Issue<'_>,
    source: Source,
    response: &Response,
) -> Result<Observation, CallError> {
    Ok(Observation {
        number: issue.number,
        issue_number: None,
        fields: issue_fields(capabilities, issue),
        u_us: required(&issue.updated_at, "updated_at")?,
        created_us: required(&issue.created_at, "created_at")?,
        author: issue.user.as_ref().map(author),
        url: issue.html_url.to_string(),
        repo_id: issue.repository.as_ref().map(|repository| repository.id),
        marker: marker::find(&issue.body),
        comment_count: issue.comments,
        content_version: issue.content_version,
        is_pull: issue.pull_request.is_some(),
        seen: Catalog {
            labels: issue.labels.iter().map(label).collect(),
            milestones: issue.milestone.iter().map(milestone).collect(),
            users: people(assigned(issue).chain(issue.user.as_ref())),
        },
        source,
        t_send_us: response.t_send_us,
        t_recv_us: response.t_recv_us,
    })
}

/// Gogs names one assignee alone, the others a list.
fn assigned<'a>(issue: &'a wire::Issue<'a>) -> impl Iterator<Item = &'a wire::User<'a>> {
    let list = issue.assignees.as_deref().unwrap_or_default();
    let alone = issue.assignee.as_ref().filter(|_| list.is_empty());
    list.iter().chain(alone)
}

fn issue_fields(capabilities: &Capabilities, issue: &wire::Issue<'_>) -> Fields {
    let state = if issue.state == "closed" { State::Closed(Reason::None) } else { State::Open };
    let ids = assigned(issue).filter(|user| user.id > 0).map(|user| user.id.to_string()).collect();
    let fields = Fields::new()
        .with(Field::Title, Value::Text(issue.title.to_string()))
        .with(Field::Body, Value::Text(issue.body.to_string()))
        .with(Field::State, Value::State(state))
        .with(Field::Labels, Value::Set(issue.labels.iter().map(|label| label.name.to_string()).collect()))
        .with(Field::Assignees, Value::Set(ids))
        .with(Field::Milestone, Value::Id(issue.milestone.as_ref().map(|milestone| milestone.id)))
        .with(Field::DueDate, Value::Date(issue.due_date.as_deref().and_then(day)));
    if capabilities.lock { fields.with(Field::Locked, Value::Flag(issue.is_locked)) } else { fields }
}

fn comment_seen(
    comment: &wire::Comment<'_>,
    issue: i64,
    source: Source,
    response: &Response,
) -> Result<Observation, CallError> {
    Ok(Observation {
        number: comment.id,
        issue_number: Some(issue),
        fields: Fields::new().with(Field::Body, Value::Text(comment.body.to_string())),
        u_us: required(&comment.updated_at, "updated_at")?,
        created_us: required(&comment.created_at, "created_at")?,
        author: comment.user.as_ref().map(author),
        url: comment.html_url.to_string(),
        repo_id: None,
        marker: marker::find(&comment.body),
        comment_count: None,
        content_version: None,
        is_pull: !comment.pull_request_url.is_empty(),
        seen: Catalog { users: people(comment.user.iter()), ..Catalog::default() },
        source,
        t_send_us: response.t_send_us,
        t_recv_us: response.t_recv_us,
    })
}

/// The number of the issue or pull request that a comment belongs to.
pub(super) fn issue_of(comment: &wire::Comment<'_>) -> Option<i64> {
    let urls = [&comment.issue_url, &comment.pull_request_url];
    urls.into_iter().find_map(|url| url.rsplit('/').next()?.parse().ok())
}

fn author(user: &wire::User<'_>) -> Author {
    Author { id: user.id, login: user.name().to_owned() }
}

/// Who was merely seen; ghosts and the server's own bots (ids of 0 and less) are nobody.
fn people<'a>(users: impl Iterator<Item = &'a wire::User<'a>>) -> Vec<User> {
    users.filter(|user| user.id > 0).map(|user| person(user, false)).collect()
}

fn person(user: &wire::User<'_>, assignable: bool) -> User {
    User { id: user.id, login: user.name().to_owned(), assignable }
}

fn label(label: &wire::Label<'_>) -> Label {
    Label {
        id: label.id,
        name: label.name.to_string(),
        colour: label.color.trim_start_matches('#').to_owned(),
        exclusive: label.exclusive,
    }
}

fn milestone(milestone: &wire::Milestone<'_>) -> Milestone {
    Milestone { id: milestone.id, title: milestone.title.to_string(), open: &*milestone.state != "closed" }
}

pub(super) fn repository(found: &wire::Repository<'_>) -> Repository {
    Repository {
        id: found.id,
        path: found.full_name.to_string(),
        has_issues: found.has_issues.unwrap_or(true),
        archived: found.archived,
        can_write: found.permissions.as_ref().is_some_and(|may| may.push || may.admin),
        is_admin: found.permissions.as_ref().is_some_and(|may| may.admin),
    }
}

fn hook(hook: &wire::Hook) -> HookState {
    let has = |event: &str| hook.events.iter().any(|known| known == event);
    // `issues` expands on creation; read back, each precise type stands alone.
    let complete = ["issues", "issue_assign", "issue_label", "issue_milestone", "issue_comment"].into_iter().all(has);
    HookState { id: hook.id, url: hook.config.get("url").cloned().unwrap_or_default(), active: hook.active, complete }
}

//! `issue`: the mirror's issues. What changes is sent to the tracker; `--wait` stays until it has arrived.

use super::issue_edit::{self, Assign, Create, Edit, Waiting};
use super::{find, issue_show, text_or_input, with_api};
use crate::api::{Api, Reach};
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::output::{items, shown};
use axum::http::Method;
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Issues, newest change first
    List(issue_show::List),
    /// One issue with its comments
    Show(Which),
    /// Make an issue
    Create(Create),
    /// Change an issue
    Edit(Edit),
    /// Close an issue
    Close {
        /// Why: completed, not_planned or duplicate, on trackers that know reasons
        #[arg(long)]
        reason: Option<String>,
        /// The issue
        #[command(flatten)]
        one: One,
    },
    /// Open an issue again
    Reopen(One),
    /// Write a comment, change one or delete one
    Comment(Comment),
    /// Delete an issue here and on the tracker
    Delete(One),
    /// Take a delete back that has not reached the tracker yet
    Undo(One),
    /// What happened to an issue, field by field
    History(Which),
}

/// An issue to look at.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Its id, its number, or CONNECTION#NUMBER
    pub(super) issue: String,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// An issue to change.
#[derive(Debug, clap::Args)]
pub struct One {
    /// Its id, its number, or CONNECTION#NUMBER
    issue: String,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    reach: Reach,
}

/// A comment.
#[derive(Debug, clap::Args)]
pub struct Comment {
    /// The issue: its id, its number, or CONNECTION#NUMBER
    issue: String,
    /// The text; - reads standard input
    #[arg(long, short, required_unless_present = "delete", conflicts_with = "delete")]
    body: Option<String>,
    /// Change this comment of the issue
    #[arg(long, value_name = "COMMENT", conflicts_with = "delete")]
    edit: Option<String>,
    /// Delete this comment of the issue
    #[arg(long, value_name = "COMMENT")]
    delete: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    reach: Reach,
}

/// Runs one.
///
/// # Errors
/// When the service refuses or does not answer.
pub async fn run(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List(list) => issue_show::list(list, context).await,
        Command::Show(which) => issue_show::show(which, context).await,
        Command::History(which) => issue_show::history(which, context).await,
        Command::Create(create) => issue_edit::create(create, context).await,
        Command::Edit(edit) => issue_edit::edit(edit, context).await,
        Command::Close { reason, one } => {
            let state = reason.map_or_else(|| "closed".to_owned(), |reason| format!("closed:{reason}"));
            change(one, context, Method::PATCH, "", Some(json!({ "state": state }))).await
        }
        Command::Reopen(one) => change(one, context, Method::PATCH, "", Some(json!({ "state": "open" }))).await,
        Command::Delete(one) => change(one, context, Method::DELETE, "", None).await,
        Command::Undo(one) => change(one, context, Method::POST, "/undo", Some(json!({}))).await,
        Command::Comment(comment) => run_comment(comment, context).await,
    }
}

async fn change(
    one: One,
    context: &Context,
    method: Method,
    action: &str,
    body: Option<Value>,
) -> Result<Exit, Failure> {
    with_api(&one.reach, context, one.waiting.waits(), async |api| {
        let id = find::issue(api, &one.issue).await?;
        let item = api.send(method, &format!("/issues/{id}{action}"), body, &[]).await?;
        issue_edit::tell(api, item, &one.waiting, context).await
    })
    .await
}

async fn run_comment(comment: Comment, context: &Context) -> Result<Exit, Failure> {
    let body = comment.body.map(text_or_input).transpose()?;
    with_api(&comment.reach, context, comment.waiting.waits(), async |api| {
        let issue = find::issue(api, &comment.issue).await?;
        let text = json!({ "body": body });
        let item = match (&comment.edit, &comment.delete) {
            (_, Some(id)) => api.send(Method::DELETE, &of_issue(api, &issue, id).await?, None, &[]).await?,
            (Some(id), None) => api.send(Method::PATCH, &of_issue(api, &issue, id).await?, Some(text), &[]).await?,
            (None, None) => api.post(&format!("/issues/{issue}/comments"), text).await?,
        };
        issue_edit::tell(api, item, &comment.waiting, context).await
    })
    .await
}

/// The path of a comment of an issue, by its id here or on the tracker.
async fn of_issue(api: &Api, issue: &str, text: &str) -> Result<String, Failure> {
    let comments = api.get(&format!("/issues/{issue}/comments"), &[]).await?;
    let same = |row: &&Value| row["id"] == text || shown(row, "external_id") == text;
    let found = items(&comments).iter().find(same);
    let found = found.ok_or_else(|| {
        Failure::no(format!("the issue has no comment {text}; `issuesync issue show {issue}` lists them"))
    })?;
    Ok(format!("/comments/{}", shown(found, "id")))
}

/// Splits `+a`, `-b` and `c` into what is added, removed and set.
pub(super) fn signed(texts: &[String], what: &str) -> Result<Assign, Failure> {
    let mut assign = Assign::default();
    for text in texts {
        match text.split_at_checked(1) {
            Some(("+", name)) if !name.is_empty() => assign.add.push(name.to_owned()),
            Some(("-", name)) if !name.is_empty() => assign.remove.push(name.to_owned()),
            Some(_) => assign.set.push(text.clone()),
            None => {}
        }
    }
    let mixed = !assign.set.is_empty() && (!assign.add.is_empty() || !assign.remove.is_empty());
    if mixed {
        return Err(Failure::wrong_use(format!(
            "write {what} either with + and - to add and remove, or all without to set them"
        )));
    }
    assign.given = !texts.is_empty();
    Ok(assign)
}

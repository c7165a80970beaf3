//! The whole state of a store as text, read through its ports alone: two stores that were told the same must say the same.
//!
//! Not in it: the claims of passes, which no port shows.

use crate::error::Result;
use crate::query::IssueQuery;
use crate::{Connections, Store};
use issuesync_model::CheckKind;
use std::fmt::{Debug, Write};

/// More rows than any store that is dumped whole has.
const ALL: usize = 1 << 30;

/// Every row that the ports show, one a line, in a fixed order.
///
/// # Errors
/// When the store does not answer.
pub async fn dump(store: &dyn Store) -> Result<String> {
    let mut text = String::new();
    lines(&mut text, "project", &store.projects().await?);
    lines(&mut text, "account", &by_id(store.accounts().await?, |account| account.id));
    items(store, &mut text).await?;
    of_connections(store, &mut text).await?;
    lines(&mut text, "delivery", &store.deliveries(None, None, ALL).await?);
    lines(&mut text, "log", &store.log_after(0, ALL).await?);
    lines(&mut text, "notification", &store.notifications(ALL).await?);
    lines(&mut text, "token", &store.tokens().await?);
    Ok(text)
}

async fn items(store: &dyn Store, text: &mut String) -> Result<()> {
    let every = IssueQuery { deleted: true, limit: ALL, ..IssueQuery::default() };
    let issues = by_id(store.list(every).await?.items, |item| item.id);
    for issue in issues {
        line(text, "issue", &issue);
        lines(text, "comment", &by_id(store.comments_of(issue.id, true).await?, |item| item.id));
    }
    Ok(())
}

async fn of_connections(store: &dyn Store, text: &mut String) -> Result<()> {
    for connection in Connections::connections(store).await? {
        let id = connection.id;
        line(text, "connection", &connection);
        line(text, "catalog", &store.catalog(id).await?);
        for kind in [CheckKind::Refetch, CheckKind::Gone, CheckKind::Regressed, CheckKind::Audit] {
            lines(text, "check", &store.checks(id, kind).await?);
        }
        lines(text, "event", &store.connection_log(id, ALL).await?);
    }
    Ok(())
}

fn by_id<T, K: Ord>(mut rows: Vec<T>, id: impl Fn(&T) -> K) -> Vec<T> {
    rows.sort_by_key(id);
    rows
}

fn lines<T: Debug>(text: &mut String, kind: &str, rows: &[T]) {
    rows.iter().for_each(|row| line(text, kind, row));
}

fn line(text: &mut String, kind: &str, row: &impl Debug) {
    writeln!(text, "{kind} {row:?}").expect("writing to a String cannot fail");
}

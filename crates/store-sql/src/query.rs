//! Lists and full-text search: the condition is put together from fixed parts, values are bound.

use crate::SqliteStore;
use crate::items::select;
use crate::row::Val;
use crate::tx::Tx;
use issuesync_model::BoxFuture;
use issuesync_store::{IssueQuery, Page, Result, Search};

/// A page of issues, newest change first; with `words` only those whose text has all of them.
pub(crate) async fn page(tx: &Tx<'_>, query: IssueQuery, words: Option<String>) -> Result<Page> {
    let mut parts = vec!["1 = 1".to_owned()];
    let mut values: Vec<Val> = Vec::new();
    let mut add = |part: &str, value: Val| {
        values.push(value);
        parts.push(part.replace('@', &format!("?{}", values.len())));
    };
    if let Some(project) = query.project {
        add("i.project_id = @", project.to_string().into());
    }
    if let Some(connection) = query.connection {
        add("i.connection_id = @", connection.to_string().into());
    }
    if let Some(open) = query.open {
        add("i.is_open = @", open.into());
    }
    if let Some(label) = query.label {
        add("EXISTS (SELECT 1 FROM json_each(i.local, '$.labels') WHERE value = @)", label.into());
    }
    if let Some(assignee) = query.assignee {
        add("EXISTS (SELECT 1 FROM json_each(i.local, '$.assignees') WHERE value = @)", assignee.into());
    }
    if let Some(status) = query.sync_status {
        add("i.sync_status = @", status.word().into());
    }
    if let Some(since_us) = query.updated_since_us {
        add("i.updated_us >= @", since_us.into());
    }
    if let Some(words) = words {
        add("i.rowid IN (SELECT rowid FROM issue_text WHERE issue_text MATCH @)", words.into());
    }
    if !query.deleted {
        parts.push("i.is_hidden = 0".to_owned());
    }
    if let Some((updated_us, id)) = query.after {
        values.push(updated_us.into());
        values.push(id.to_string().into());
        parts.push(format!("(i.updated_us, i.id) < (?{}, ?{})", values.len() - 1, values.len()));
    }
    values.push((query.limit as i64 + 1).into());
    let condition = format!("{} ORDER BY i.updated_us DESC, i.id DESC LIMIT ?{}", parts.join(" AND "), values.len());
    let mut items = select(tx, "issues", &condition, &values).await?;
    let more = items.len() > query.limit;
    items.truncate(query.limit);
    let next = items.last().filter(|_| more).map(|item| (item.updated_us, item.id));
    Ok(Page { items, next })
}

/// Every word of a text as a full-text query that means "all of these words".
fn all_words(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ")
}

impl Search for SqliteStore {
    fn search(&self, text: String, query: IssueQuery) -> BoxFuture<'_, Result<Page>> {
        let words = all_words(&text);
        let words = (!words.is_empty()).then_some(words);
        self.db.read(move |tx| Box::pin(page(tx, query, words)))
    }
}

//! Promises about lists, search and counts.

use super::fixture::*;
use crate::{Counts, IssueQuery, Store};
use issuesync_model::{
    Conflict, ConflictKind, Field, Item, Lifecycle, OutboxKind, OutboxStatus, Reason, State, SyncStatus, Tombstone,
    Value,
};
use std::sync::Arc;

fn query() -> IssueQuery {
    IssueQuery { limit: 50, ..IssueQuery::default() }
}

fn buried(mut item: Item, at_us: i64) -> Item {
    item.lifecycle = Lifecycle::Deleted;
    item.tombstone = Some(Tombstone {
        base: item.base.clone(),
        local: item.local.clone(),
        remote: None,
        reason: "gone".to_owned(),
        at_us,
    });
    item
}

async fn numbers(store: &Arc<dyn Store>, query: IssueQuery) -> Vec<i64> {
    store.list(query).await.expect("a list").items.into_iter().filter_map(|item| item.number).collect()
}

pub(super) async fn pages_meet_without_gap_or_overlap(store: Arc<dyn Store>) {
    connected(&store).await;
    let same_time = |n| Item { updated_us: T, ..issue(n) };
    put(&store, (1..=7).map(same_time).collect()).await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(IssueQuery { limit: 3, after, ..query() }).await.expect("a page");
        seen.extend(page.items.iter().filter_map(|item| item.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    let whole = store.list(IssueQuery { limit: 7, ..query() }).await.expect("a page");
    assert_eq!(whole.next, None, "a page that ends the list says so");
}

pub(super) async fn an_item_asked_for_twice_comes_once(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1)]).await;
    assert_eq!(store.items(vec![id(1), id(1)]).await, Ok(vec![issue(1)]));
}

pub(super) async fn every_filter_filters(store: Arc<dyn Store>) {
    connected(&store).await;
    store.insert_connection(connection(2)).await.expect("a connection");
    let mut closed = issue(2);
    closed.local.set(Field::State, Value::State(State::Closed(Reason::None)));
    let mut other = issue(3);
    other.connection = connection_id(2);
    other.local.set(Field::Labels, Value::Set(["a,b".to_owned(), "ü".to_owned()].into()));
    other.local.set(Field::Assignees, Value::Set(["12".to_owned()].into()));
    put(&store, vec![issue(1), closed, other, pending(issue(4), T)]).await;
    let with = |change: &dyn Fn(&mut IssueQuery)| {
        let mut query = query();
        change(&mut query);
        query
    };
    assert_eq!(numbers(&store, with(&|query| query.open = Some(false))).await, [2]);
    assert_eq!(numbers(&store, with(&|query| query.open = Some(true))).await, [4, 3, 1]);
    assert_eq!(numbers(&store, with(&|query| query.connection = Some(connection_id(2)))).await, [3]);
    assert_eq!(numbers(&store, with(&|query| query.label = Some("a,b".to_owned()))).await, [3]);
    assert_eq!(numbers(&store, with(&|query| query.label = Some("a".to_owned()))).await, [0_i64; 0]);
    assert_eq!(numbers(&store, with(&|query| query.assignee = Some("12".to_owned()))).await, [3]);
    assert_eq!(numbers(&store, with(&|query| query.sync_status = Some(SyncStatus::Pending))).await, [4]);
    assert_eq!(numbers(&store, with(&|query| query.updated_since_us = Some(T + 3))).await, [4, 3]);
    assert_eq!(numbers(&store, with(&|query| query.project = Some(project().id))).await, [4, 3, 2, 1]);
}

pub(super) async fn hidden_issues_show_only_when_asked_for(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut leaving = pending(issue(2), T);
    leaving.outbox.kind = OutboxKind::Delete;
    put(&store, vec![issue(1), leaving, buried(issue(3), T)]).await;
    assert_eq!(numbers(&store, query()).await, [1]);
    assert_eq!(numbers(&store, IssueQuery { deleted: true, ..query() }).await, [3, 2, 1]);
}

pub(super) async fn search_finds_issues_with_all_words(store: Arc<dyn Store>) {
    connected(&store).await;
    let text = |n, title: &str, body: &str| {
        let mut item = issue(n);
        item.local.set(Field::Title, Value::Text(title.to_owned()));
        item.local.set(Field::Body, Value::Text(body.to_owned()));
        item
    };
    put(
        &store,
        vec![
            text(1, "Login fails", "on the second try"),
            text(2, "Login works", "fails never"),
            text(3, "Über alles", "\"AND\" OR"),
        ],
    )
    .await;
    let found = |text: &str| {
        let (store, text) = (Arc::clone(&store), text.to_owned());
        async move {
            let page = store.search(text, query()).await.expect("a search");
            page.items.into_iter().filter_map(|item| item.number).collect::<Vec<_>>()
        }
    };
    assert_eq!(found("login").await, [2, 1]);
    assert_eq!(found("LOGIN fails").await, [2, 1]);
    assert_eq!(found("login second").await, [1]);
    assert_eq!(found("über").await, [3]);
    assert_eq!(found("\"and\" or").await, [3], "quotes and operators are words like any other");
    assert_eq!(found("nowhere").await, [0_i64; 0]);
    assert_eq!(found("").await, [3, 2, 1]);
}

pub(super) async fn search_follows_an_edit(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1)]).await;
    commit(&store, vec![logged(issue(1), "quite different", 1)]).await;
    let hits = |text: &str| {
        let (store, text) = (Arc::clone(&store), text.to_owned());
        async move { store.search(text, query()).await.expect("a search").items.len() }
    };
    assert_eq!((hits("different").await, hits("title").await, hits("body").await), (1, 0, 1));
}

pub(super) async fn counts_and_conflicts_are_told(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    let conflict = |opened_us| Conflict {
        field: Field::Title,
        kind: ConflictKind::Clash,
        base: Value::Text(String::new()),
        local: Value::Text("l".to_owned()),
        remote: Value::Text("r".to_owned()),
        lost: None,
        suggestion: None,
        at_us: T,
        change: None,
        opened_us,
    };
    let mut late = issue(1);
    late.conflicts.push(conflict(T + 9));
    let mut early = comment(5, 1);
    early.conflicts.push(conflict(T));
    let mut failed = issue(2);
    failed.outbox.status = OutboxStatus::Failed;
    let mut draft = pending(issue(3), T);
    draft.number = None;
    let mut never_there = buried(issue(6), T + 3);
    never_there.number = None;
    put(&store, vec![late, early, failed, draft, buried(issue(4), T + 3), never_there]).await;
    let counts = store.counts(connection).await.expect("counts");
    assert_eq!(counts, Counts { issues: 3, drafts: 1, comments: 1, pending: 1, failed: 1, conflicts: 2 });
    let open: Vec<_> =
        store.conflicted(Some(connection), 10).await.expect("conflicts").into_iter().map(|item| item.id).collect();
    assert_eq!(open, [id(5), id(1)], "longest open first");
    assert_eq!(store.conflicted(Some(connection_id(2)), 10).await, Ok(Vec::new()));
    assert_eq!(store.deleted_since(connection, T + 3).await, Ok(1));
    assert_eq!(store.deleted_since(connection, T + 4).await, Ok(0));
    let known: Vec<i64> =
        store.known_issues(connection).await.expect("issues").into_iter().map(|known| known.number).collect();
    assert_eq!(known, [1, 2], "drafts are on no tracker");
}

pub(super) async fn comments_come_in_order_and_are_counted(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1), issue(2), comment(5, 1), comment(3, 1), buried(comment(4, 1), T)]).await;
    let ids = |comments: Vec<Item>| comments.into_iter().map(|comment| comment.id).collect::<Vec<_>>();
    assert_eq!(ids(store.comments_of(id(1), false).await.expect("comments")), [id(3), id(5)]);
    assert_eq!(ids(store.comments_of(id(1), true).await.expect("comments")), [id(3), id(4), id(5)]);
    let counts = store.comment_counts(vec![id(1), id(2)]).await.expect("counts");
    assert_eq!((counts.get(&id(1)), counts.get(&id(2)).copied().unwrap_or(0)), (Some(&2), 0));
}

pub(super) async fn old_tombstones_are_swept_with_their_comments(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![buried(issue(1), T), buried(comment(2, 1), T), buried(issue(3), T + 10), issue(4)]).await;
    assert_eq!(store.sweep_tombstones(T + 5).await, Ok(2));
    let left = store.items((1..=4).map(id).collect()).await.expect("items");
    assert_eq!(left.len(), 2);
}

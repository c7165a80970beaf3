//! Promises about what arrives late: rows of something that is gone, keys that another kind holds, places that were taken over.

use super::fixture::*;
use crate::{Answer, ChangeSet, Inserted, Store, StoreError, Write};
use issuesync_model::{AccountId, Catalog, Check, CheckKey, CheckKind, Evidence, Item};
use std::sync::Arc;
use uuid::Uuid;

fn missing<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

pub(super) async fn a_row_without_its_connection_or_its_issue_is_stale(store: Arc<dyn Store>) {
    connected(&store).await;
    store.insert_connection(connection(2)).await.expect("a connection");
    put(&store, vec![issue(1)]).await;
    let nowhere = Item { connection: connection_id(9), ..issue(2) };
    let elsewhere = Item { connection: connection_id(2), ..comment(3, 1) };
    for item in [nowhere, comment(4, 77), elsewhere] {
        assert_eq!(commit(&store, vec![insert(item.clone())]).await, [Answer::Stale], "{:?}", item.id);
    }
    let mut moved = update(issue(1));
    moved.writes[0].item.connection = connection_id(9);
    assert_eq!(commit(&store, vec![moved]).await, [Answer::Stale]);
    assert_eq!(get(&store, 1).await, issue(1));
}

pub(super) async fn nothing_else_is_written_for_what_is_missing(store: Arc<dyn Store>) {
    connected(&store).await;
    let nowhere = connection_id(9);
    let key = CheckKey { connection: nowhere, number: 1, comment: None, kind: CheckKind::Refetch };
    let check = Check { key, due_us: T, evidence: Evidence::default(), tries: 0 };
    let mut late = delivery("a", T);
    late.key.connection = nowhere;
    assert!(missing(&store.append(vec![delivery("b", T), late]).await));
    assert_eq!(store.queued().await, Ok(0), "all of them or none");
    assert!(missing(&store.put_checks(vec![check.clone()]).await));
    assert!(missing(&store.replace_check(check).await));
    assert!(missing(&store.put_catalog(nowhere, Catalog::default()).await));
    assert_eq!(store.claim_pass(nowhere, T, T + 1).await, Ok(false));
    let mut stray = connection(2);
    stray.account = AccountId(Uuid::from_u128(99));
    assert!(missing(&store.insert_connection(stray).await));
    assert_eq!(store.connections().await.expect("connections").len(), 1);
}

pub(super) async fn markers_and_client_keys_are_unique_over_both_kinds(store: Arc<dyn Store>) {
    connected(&store).await;
    let keyed = |item: Item, key: &str| Item { client_key: Some(key.to_owned()), ..item };
    put(&store, vec![keyed(issue(1), "a"), keyed(comment(2, 1), "b")]).await;
    let marked = |item: Item, marker: String| Item { marker, ..item };
    for item in [
        keyed(comment(3, 1), "a"),
        keyed(issue(4), "b"),
        marked(comment(5, 1), issue(1).marker),
        marked(issue(6), comment(2, 1).marker),
    ] {
        assert_eq!(commit(&store, vec![insert(item.clone())]).await, [Answer::Stale], "{:?}", item.id);
    }
    put(&store, vec![comment(7, 1), issue(8)]).await;
    for item in [keyed(comment(7, 1), "a"), keyed(issue(8), "b")] {
        assert_eq!(commit(&store, vec![update(item.clone())]).await, [Answer::Stale], "{:?}", item.id);
    }
}

pub(super) async fn a_set_is_written_in_order(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1), issue(2)]).await;
    let (mut gives, mut takes) = (update(issue(1)), update(issue(2)));
    gives.writes[0].item.number = None;
    takes.writes[0].item.number = Some(1);
    let both = |first: &ChangeSet, second: &ChangeSet| ChangeSet {
        writes: [first.writes.clone(), second.writes.clone()].concat(),
        ..ChangeSet::default()
    };
    assert_eq!(commit(&store, vec![both(&takes, &gives)]).await, [Answer::Stale]);
    assert_eq!(get(&store, 1).await, issue(1));
    assert_eq!(commit(&store, vec![both(&gives, &takes)]).await, [Answer::Applied]);
    assert_eq!(get(&store, 2).await.number, Some(1));
    let twice = Write { item: Item { rev: 4, ..get(&store, 1).await }, expected: Some(3) };
    let set = ChangeSet { writes: vec![update(get(&store, 1).await).writes.remove(0), twice], ..ChangeSet::default() };
    assert_eq!(commit(&store, vec![set]).await, [Answer::Applied]);
    assert_eq!(get(&store, 1).await.rev, 4);
}

pub(super) async fn a_moved_row_is_claimed_where_it_is(store: Arc<dyn Store>) {
    connected(&store).await;
    store.insert_connection(connection(2)).await.expect("a connection");
    put(&store, vec![pending(issue(1), T)]).await;
    let mut moved = update(pending(issue(1), T));
    moved.writes[0].item.connection = connection_id(2);
    moved.writes[0].item.outbox.created_us = T + 5;
    let written = moved.writes[0].item.clone();
    assert_eq!(commit(&store, vec![moved]).await, [Answer::Applied]);
    assert_eq!(get(&store, 1).await, written);
    assert_eq!(store.claim(vec![connection_id(1)], T, 9, 9).await, Ok(Vec::new()));
    assert_eq!(store.counts(connection_id(2)).await.expect("counts").pending, 1);
    assert_eq!(store.claim(vec![connection_id(2)], T, 9, 9).await.expect("a claim").len(), 1);
}

pub(super) async fn a_position_of_the_log_is_given_once(store: Arc<dyn Store>) {
    connected(&store).await;
    store.insert_connection(connection(2)).await.expect("a connection");
    put(&store, vec![issue(1), Item { connection: connection_id(2), ..issue(2) }]).await;
    for n in 1..=2 {
        commit(&store, vec![logged(get(&store, n).await, "new", 10 + n)]).await;
    }
    let read_to = store.log_end().await.expect("an end");
    store.remove_connection(connection_id(1)).await.expect("removed");
    commit(&store, vec![logged(get(&store, 2).await, "newer", 13)]).await;
    let news = store.log_after(read_to, 9).await.expect("a log");
    assert_eq!(news.len(), 1, "a reader misses nothing after rows went");
    assert!(news[0].0 > read_to);
}

pub(super) async fn of_two_that_are_in_the_way_the_lower_id_is_told(store: Arc<dyn Store>) {
    connected(&store).await;
    store.insert_connection(connection(2)).await.expect("a connection");
    for (name, repo) in [(1, 2), (2, 1)] {
        let mut third = connection(3);
        third.name = connection(name).name;
        third.repo_id = connection(repo).repo_id;
        let answer = store.insert_connection(third).await;
        assert!(matches!(answer, Ok(Inserted::Taken(taken)) if taken.id == connection_id(1)), "{name} {repo}");
    }
}

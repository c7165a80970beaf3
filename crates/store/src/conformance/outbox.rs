//! Promises about claims, leases and fences.

use super::fixture::*;
use crate::Store;
use issuesync_model::{Item, Lifecycle};
use std::sync::Arc;

const LEASE: i64 = 100;

async fn claim(store: &Arc<dyn Store>, now_us: i64, limit: usize) -> Vec<Item> {
    store.claim(vec![connection_id(1)], now_us, LEASE, limit).await.expect("a claim")
}

pub(super) async fn a_due_row_is_claimed_once(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut failed = pending(issue(4), T);
    failed.outbox.status = issuesync_model::OutboxStatus::Failed;
    put(&store, vec![pending(issue(1), T + 2), pending(issue(2), T + 1), pending(issue(3), T + 50), failed, issue(5)])
        .await;
    let first = claim(&store, T + 10, 1).await;
    assert_eq!(first.iter().map(|item| item.id).collect::<Vec<_>>(), [id(2)], "longest due first");
    let rest = claim(&store, T + 10, 9).await;
    assert_eq!(rest.iter().map(|item| item.id).collect::<Vec<_>>(), [id(1)]);
    assert!(claim(&store, T + 11, 9).await.is_empty());
    assert_eq!(
        store.claim(vec![connection_id(2)], T + 99, LEASE, 9).await,
        Ok(Vec::new()),
        "only of the connections asked for"
    );
}

pub(super) async fn a_claim_moves_fence_and_rev(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![pending(issue(1), T)]).await;
    let claimed = claim(&store, T, 1).await.remove(0);
    assert_eq!((claimed.outbox.fence, claimed.rev, claimed.outbox.lease_until_us), (1, 2, T + LEASE));
    assert_eq!(get(&store, 1).await, claimed);
    assert_eq!(
        commit(&store, vec![update(pending(issue(1), T))]).await,
        [crate::Answer::Stale],
        "what was read before is stale"
    );
}

pub(super) async fn a_comment_waits_for_its_issue(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut parent = issue(1);
    (parent.number, parent.lifecycle) = (None, Lifecycle::Creating);
    put(&store, vec![parent.clone(), pending(comment(2, 1), T)]).await;
    assert!(claim(&store, T, 9).await.is_empty());
    assert_eq!(store.next_due(vec![connection_id(1)]).await, Ok(None));
    parent.number = Some(1);
    commit(&store, vec![update(parent)]).await;
    assert_eq!(claim(&store, T, 9).await.len(), 1);
}

pub(super) async fn a_lease_that_ended_is_claimed_again(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![pending(issue(1), T)]).await;
    claim(&store, T, 1).await;
    assert!(claim(&store, T + LEASE - 1, 1).await.is_empty());
    assert_eq!(claim(&store, T + LEASE, 1).await[0].outbox.fence, 2);
}

pub(super) async fn a_release_needs_the_fence(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![pending(issue(1), T)]).await;
    let claimed = claim(&store, T, 1).await.remove(0);
    assert_eq!(store.release(id(1), claimed.outbox.fence - 1, T).await, Ok(false));
    assert_eq!(get(&store, 1).await, claimed);
    assert_eq!(store.release(id(1), claimed.outbox.fence, T + 7).await, Ok(true));
    let released = get(&store, 1).await;
    assert_eq!(
        (released.outbox.lease_until_us, released.outbox.next_retry_us, released.rev),
        (0, T + 7, claimed.rev + 1)
    );
}

pub(super) async fn void_leases_frees_everything(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    put(&store, vec![pending(issue(1), T)]).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    claim(&store, T, 1).await;
    store.claim_deliveries(T, LEASE, 1).await.expect("a claim");
    store.claim_pass(connection, T, T + LEASE).await.expect("a claim");
    store.void_leases().await.expect("leases are voided");
    assert_eq!(claim(&store, T, 1).await[0].outbox.fence, 2, "the fence goes on growing");
    assert_eq!(store.claim_deliveries(T, LEASE, 1).await.expect("a claim").len(), 1);
    assert_eq!(store.claim_pass(connection, T, T + LEASE).await, Ok(true));
}

pub(super) async fn the_next_due_time_is_told(store: Arc<dyn Store>) {
    connected(&store).await;
    assert_eq!(store.next_due(vec![connection_id(1)]).await, Ok(None));
    put(&store, vec![pending(issue(1), T), pending(issue(2), T + 500)]).await;
    assert_eq!(store.next_due(vec![connection_id(1)]).await, Ok(Some(T)));
    claim(&store, T, 1).await;
    assert_eq!(store.next_due(vec![connection_id(1)]).await, Ok(Some(T + LEASE)));
    let waiting: Vec<_> = store.outbox(None, 9).await.expect("an outbox").into_iter().map(|item| item.id).collect();
    assert_eq!(waiting, [id(1), id(2)]);
    assert_eq!(store.outbox(Some(issuesync_model::OutboxStatus::Failed), 9).await, Ok(Vec::new()));
}

//! Promises about the queue of deliveries.

use super::fixture::*;
use crate::{Appended, Store};
use issuesync_model::DeliveryState;
use std::sync::Arc;

pub(super) async fn a_repeat_is_told_and_not_written(store: Arc<dyn Store>) {
    connected(&store).await;
    let answers = store.append(vec![delivery("a", T), delivery("b", T + 1), delivery("a", T + 2)]).await;
    assert_eq!(answers, Ok(vec![Appended::Queued, Appended::Queued, Appended::Repeat]));
    assert_eq!(store.queued().await, Ok(2));
    store.finish_deliveries(vec![delivery("a", T).key]).await.expect("finished");
    assert_eq!(
        store.append(vec![delivery("a", T + 3)]).await,
        Ok(vec![Appended::Repeat]),
        "a settled id is remembered"
    );
    assert_eq!(store.deliveries(Some(connection_id(1)), None, 1).await, Ok(vec![delivery("b", T + 1)]), "newest first");
}

pub(super) async fn a_dead_delivery_is_queued_again(store: Arc<dyn Store>) {
    connected(&store).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    store.bury(delivery("a", T).key, "unreadable".to_owned()).await.expect("buried");
    assert_eq!(store.append(vec![delivery("a", T + 1)]).await, Ok(vec![Appended::Again]));
    assert_eq!(store.queued().await, Ok(1));
}

pub(super) async fn claims_are_in_order_of_arrival_and_leased(store: Arc<dyn Store>) {
    connected(&store).await;
    store.append(vec![delivery("late", T + 2), delivery("early", T)]).await.expect("deliveries");
    let claim = |now_us| store.claim_deliveries(now_us, 100, 1);
    let first = claim(T + 5).await.expect("a claim");
    assert_eq!((first[0].key.id.as_str(), first[0].tries), ("early", 1));
    assert_eq!(claim(T + 5).await.expect("a claim")[0].key.id, "late");
    assert!(claim(T + 6).await.expect("a claim").is_empty());
    store.release_deliveries(vec![first[0].key.clone()], T + 20).await.expect("released");
    assert!(claim(T + 19).await.expect("a claim").is_empty());
    assert_eq!(claim(T + 20).await.expect("a claim")[0].tries, 2);
    assert_eq!(claim(T + 105).await.expect("a claim")[0].key.id, "late", "a worker that died leaves it to the next");
}

pub(super) async fn burying_marks_the_connection_dirty(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    store.bury(delivery("a", T).key, "unreadable".to_owned()).await.expect("buried");
    let dead = store.deliveries(None, Some(DeliveryState::Dead), 9).await.expect("deliveries");
    assert_eq!(dead[0].error.as_deref(), Some("unreadable"));
    assert!(store.connection(connection).await.expect("a connection").expect("it is there").is_dirty());
}

pub(super) async fn a_replay_starts_anew(store: Arc<dyn Store>) {
    connected(&store).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    store.claim_deliveries(T, 100, 1).await.expect("a claim");
    store.finish_deliveries(vec![delivery("a", T).key]).await.expect("finished");
    assert_eq!(store.replay(delivery("a", T).key).await, Ok(true));
    assert_eq!(store.replay(delivery("b", T).key).await, Ok(false));
    assert_eq!(store.claim_deliveries(T, 100, 9).await.expect("a claim")[0].tries, 1);
}

pub(super) async fn settled_deliveries_are_swept(store: Arc<dyn Store>) {
    connected(&store).await;
    store.append(vec![delivery("old", T), delivery("waiting", T), delivery("new", T + 9)]).await.expect("deliveries");
    store.finish_deliveries(vec![delivery("old", T).key, delivery("new", T).key]).await.expect("finished");
    assert_eq!(store.sweep_deliveries(T + 5).await, Ok(1));
    assert_eq!(store.deliveries(None, None, 9).await.expect("deliveries").len(), 2, "what waits is never swept");
}

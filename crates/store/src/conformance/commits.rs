//! Promises about commits and the log.

use super::fixture::*;
use crate::{Answer, Batch, ChangeSet, Store, Tail, Write};
use issuesync_model::log::hash_of;
use issuesync_model::{
    Attempt, AttemptField, AttemptId, Author, Check, CheckKey, CheckKind, Conflict, ConflictKind, ConnectionChange,
    DeliveryState, Edit, Evidence, Field, Fields, OutboxKind, Outcome, State, Tombstone, Value,
};
use std::sync::Arc;
use uuid::Uuid;

pub(super) async fn a_row_reads_back_as_written(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut item = pending(issue(1), T + 5);
    item.author = Some(Author { id: -1, login: "Ghost".to_owned() });
    item.local.set(Field::Title, Value::Text("edited".to_owned()));
    item.local.set(Field::State, Value::State(State::Closed(issuesync_model::Reason::Duplicate)));
    item.edits.insert(Field::Title, Edit { at_us: T, set_in: 1, returned: false });
    item.writes.insert(Field::Title, vec![T]);
    item.client_key = Some("token:key".to_owned());
    item.conflicts.push(Conflict {
        field: Field::Title,
        kind: ConflictKind::LostUpdate,
        base: Value::Text("a".to_owned()),
        local: Value::Text("b".to_owned()),
        remote: Value::Text("c".to_owned()),
        lost: Some(Value::Text("d".to_owned())),
        suggestion: None,
        at_us: T,
        change: None,
        opened_us: T,
    });
    item.attempts.push(Attempt {
        id: AttemptId(Uuid::from_u128(5)),
        fence: 3,
        kind: OutboxKind::Update,
        t_send_us: T,
        t_done_us: None,
        fields: vec![AttemptField {
            field: Field::Milestone,
            read: Some(Value::Id(None)),
            sent: Value::Id(Some(4)),
            became: Some(Value::Id(Some(5))),
            outpaced: Some(Value::Id(Some(5))),
            settled: false,
            audited: true,
        }],
        outcome: Outcome::InFlight,
        max_number_seen: 12,
    });
    item.tombstone = Some(Tombstone {
        base: Fields::new(),
        local: item.local.clone(),
        remote: None,
        reason: "because".to_owned(),
        at_us: T,
    });
    item.outbox.last_error = Some("it said no".to_owned());
    item.outbox.changes = Fields::new().with(Field::Locked, Value::Flag(true));
    put(&store, vec![item.clone(), comment(2, 1)]).await;
    assert_eq!(get(&store, 1).await, item);
    assert_eq!(get(&store, 2).await, comment(2, 1));
    assert_eq!(store.item_keyed("token:key".to_owned()).await, Ok(Some(item.clone())));
    assert_eq!(store.issues_numbered(connection_id(1), vec![1, 2, 9]).await, Ok(vec![item.clone()]));
    assert_eq!(store.comments_numbered(connection_id(1), vec![1, 2]).await, Ok(vec![comment(2, 1)]));
    assert_eq!(store.items_marked(connection_id(1), vec![item.marker.clone()]).await, Ok(vec![item]));
}

pub(super) async fn a_stale_set_changes_nothing_and_holds_up_nobody(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1), issue(2)]).await;
    let mut old = logged(issue(1), "mine", 1);
    old.writes[0].expected = Some(7);
    let answers = commit(&store, vec![old, logged(issue(2), "theirs", 2)]).await;
    assert_eq!(answers, [Answer::Stale, Answer::Applied]);
    assert_eq!(get(&store, 1).await, issue(1));
    assert_eq!(get(&store, 2).await.local.text(Field::Title), "theirs");
    assert_eq!(store.log_after(0, 10).await.expect("a log").len(), 1);
    assert_eq!(commit(&store, vec![update(issue(9))]).await, [Answer::Stale], "a row that is not there is stale");
}

pub(super) async fn a_set_is_all_or_nothing(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1)]).await;
    let mut set = insert(issue(2));
    set.writes.push(Write { item: issue(1), expected: Some(99) });
    assert_eq!(commit(&store, vec![set]).await, [Answer::Stale]);
    assert!(store.items(vec![id(2)]).await.expect("items").is_empty());
}

pub(super) async fn the_tail_waits_for_every_set(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    put(&store, vec![issue(1)]).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    let mut tail = Tail::changes(connection, vec![ConnectionChange::Cursor(T)]);
    tail.deliveries_done.push(delivery("a", T).key);
    let stale = ChangeSet { writes: vec![Write { item: issue(1), expected: Some(5) }], ..ChangeSet::default() };
    let batch = |sets| Batch { sets, tail: Some(tail.clone()) };
    assert_eq!(store.commit(batch(vec![update(issue(1)), stale])).await, Ok(vec![Answer::Applied, Answer::Stale]));
    let cursor = |found: Option<issuesync_model::Connection>| found.and_then(|connection| connection.cursor_us);
    assert_eq!(cursor(store.connection(connection).await.expect("a connection")), None);
    assert_eq!(store.queued().await, Ok(1));
    assert_eq!(store.commit(batch(Vec::new())).await, Ok(Vec::new()));
    assert_eq!(cursor(store.connection(connection).await.expect("a connection")), Some(T));
    assert_eq!(store.queued().await, Ok(0));
}

pub(super) async fn an_insert_never_breaks_a_unique_key(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut first = issue(1);
    first.client_key = Some("k".to_owned());
    put(&store, vec![first, comment(2, 1)]).await;
    let mut same_number = issue(3);
    same_number.number = Some(1);
    let mut same_marker = issue(4);
    same_marker.marker = issue(1).marker;
    let mut same_key = issue(5);
    same_key.client_key = Some("k".to_owned());
    let mut same_comment = comment(6, 1);
    same_comment.number = Some(2);
    for item in [issue(1), same_number, same_marker, same_key, same_comment] {
        assert_eq!(commit(&store, vec![insert(item.clone())]).await, [Answer::Stale], "{:?}", item.id);
    }
    let mut comment_with_an_issues_number = comment(7, 1);
    comment_with_an_issues_number.number = Some(1);
    put(&store, vec![comment_with_an_issues_number]).await;
}

pub(super) async fn unusual_values_read_back(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut item = issue(1);
    item.local.set(Field::Body, Value::Text(format!("{}\u{1F980}\u{FFFD}\r'\"\\%_", "x".repeat(1 << 20))));
    item.local.set(Field::Title, Value::Text("\u{202E}ω 'quoted' \"twice\"".to_owned()));
    (item.updated_us, item.rev, item.outbox.fence) = (i64::MAX, i64::MAX - 1, i64::MAX);
    item.outbox.next_retry_us = i64::MIN;
    put(&store, vec![item.clone()]).await;
    assert_eq!(get(&store, 1).await, item);
}

pub(super) async fn the_log_keeps_its_order_and_its_chain(store: Arc<dyn Store>) {
    connected(&store).await;
    put(&store, vec![issue(1), issue(2), comment(3, 1)]).await;
    for round in 0..3_u128 {
        for n in [1, 2, 3] {
            let item = get(&store, n).await;
            commit(&store, vec![logged(item, &format!("round {round}"), 1 + round * 10 + n)]).await;
        }
    }
    let all = store.log_after(0, 100).await.expect("a log");
    assert_eq!(all.len(), 9);
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "positions grow");
    assert_eq!(store.log_end().await, Ok(all[8].0));
    assert_eq!(store.log_after(all[4].0, 2).await.expect("a log"), all[5..7]);
    let history = store.history(id(1)).await.expect("a history");
    assert_eq!(history.len(), 6, "an issue's history holds its comments'");
    let mine: Vec<_> = history.iter().filter(|row| row.comment.is_none()).collect();
    assert!(mine.windows(2).all(|pair| pair[1].prev_hash == pair[0].hash && pair[1].seq == pair[0].seq + 1));
    assert!(all.iter().all(|(_, row)| hash_of(row) == row.hash), "a row reads back to the byte");
    let heads = store.heads(None, 10).await.expect("heads");
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [3, 3, 3]);
    assert_eq!(heads[0].hash, mine[2].hash);
    assert_eq!(store.heads(Some(heads[0].item), 1).await.expect("heads"), heads[1..2]);
}

pub(super) async fn deliveries_and_checks_settle_with_their_set(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    store.append(vec![delivery("a", T)]).await.expect("a delivery");
    let key = CheckKey { connection, number: 1, comment: None, kind: CheckKind::Refetch };
    let check = Check { key: key.clone(), due_us: T, evidence: Evidence::default(), tries: 0 };
    store.put_checks(vec![check.clone()]).await.expect("a check");
    let mut set = insert(issue(1));
    set.deliveries_done.push(delivery("a", T).key);
    set.checks_done.push(key);
    set.checks.push(Check { due_us: T + 9, ..check });
    assert_eq!(commit(&store, vec![set]).await, [Answer::Applied]);
    let done = store.deliveries(None, Some(DeliveryState::Done), 10).await.expect("deliveries");
    assert_eq!(done.len(), 1);
    let left = store.checks(connection, CheckKind::Refetch).await.expect("checks");
    assert_eq!(left.iter().map(|check| check.due_us).collect::<Vec<_>>(), [T + 9], "settled first, then put anew");
}

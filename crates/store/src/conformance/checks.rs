//! Promises about checks.

use super::fixture::*;
use crate::Store;
use issuesync_model::{Check, CheckKey, CheckKind, Evidence};
use std::sync::Arc;

fn check(kind: CheckKind, number: i64, due_us: i64) -> Check {
    let key = CheckKey { connection: connection_id(1), number, comment: None, kind };
    Check { key, due_us, evidence: Evidence { first_us: due_us, ..Evidence::default() }, tries: 0 }
}

pub(super) async fn each_kind_is_put_by_its_rule(store: Arc<dyn Store>) {
    let connection = connected(&store).await;
    for (kind, left) in [
        (CheckKind::Refetch, T + 1),
        (CheckKind::Gone, T + 5),
        (CheckKind::Regressed, T + 5),
        (CheckKind::Audit, T + 1),
    ] {
        store.put_checks(vec![Check { tries: 2, ..check(kind, 1, T + 5) }]).await.expect("a check");
        store.put_checks(vec![check(kind, 1, T + 1)]).await.expect("a check");
        let found = store.checks(connection, kind).await.expect("checks");
        let (due_us, tries): (Vec<i64>, Vec<u32>) = found.iter().map(|check| (check.due_us, check.tries)).unzip();
        assert_eq!((due_us, tries), (vec![left], vec![2]), "{kind:?}");
    }
    store.replace_check(check(CheckKind::Gone, 1, T + 9)).await.expect("a check");
    assert_eq!(store.checks(connection, CheckKind::Gone).await.expect("checks")[0], check(CheckKind::Gone, 1, T + 9));
    let mut of_comment = check(CheckKind::Gone, 1, T);
    of_comment.key.comment = Some(4);
    store.put_checks(vec![of_comment.clone()]).await.expect("a check");
    assert_eq!(
        store.checks(connection, CheckKind::Gone).await.expect("checks").len(),
        2,
        "a comment's check is its own"
    );
    store.settle_checks(vec![of_comment.key]).await.expect("settled");
    assert_eq!(store.checks(connection, CheckKind::Gone).await.expect("checks").len(), 1);
}

pub(super) async fn claims_are_in_due_order_and_leased(store: Arc<dyn Store>) {
    connected(&store).await;
    let put = [3_i64, 1, 2].map(|n| check(CheckKind::Refetch, n, T + n));
    store.put_checks(put.to_vec()).await.expect("checks");
    assert_eq!(store.next_check(vec![connection_id(1)]).await, Ok(Some(T + 1)));
    let claim = |now_us| store.claim_checks(vec![connection_id(1)], now_us, 100, 2);
    let first = claim(T + 10).await.expect("a claim");
    assert_eq!(first.iter().map(|check| check.key.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((first[0].tries, first[0].due_us), (1, T + 110));
    assert_eq!(claim(T + 11).await.expect("a claim").len(), 1);
    assert!(claim(T + 12).await.expect("a claim").is_empty());
    assert_eq!(claim(T + 110).await.expect("a claim")[0].tries, 2, "a claimer that died leaves the check to the next");
    assert_eq!(store.claim_checks(vec![connection_id(2)], T + 999, 1, 9).await, Ok(Vec::new()));
}

pub(super) async fn those_due_at_once_come_in_one_order(store: Arc<dyn Store>) {
    connected(&store).await;
    let kinds = [CheckKind::Refetch, CheckKind::Gone, CheckKind::Regressed, CheckKind::Audit];
    store.put_checks(kinds.map(|kind| check(kind, 1, T)).to_vec()).await.expect("checks");
    let claimed = store.claim_checks(vec![connection_id(1)], T, 9, 3).await.expect("a claim");
    let found: Vec<_> = claimed.iter().map(|check| check.key.kind.word()).collect();
    assert_eq!(found, ["audit", "gone", "refetch"]);
}

pub(super) async fn a_held_check_is_not_claimed(store: Arc<dyn Store>) {
    connected(&store).await;
    let mut held = check(CheckKind::Gone, 1, T);
    held.evidence.held = true;
    store.put_checks(vec![held.clone()]).await.expect("a check");
    assert_eq!(store.claim_checks(vec![connection_id(1)], T + 1, 1, 9).await, Ok(Vec::new()));
    assert_eq!(store.next_check(vec![connection_id(1)]).await, Ok(None));
    held.evidence.held = false;
    store.replace_check(held).await.expect("a check");
    assert_eq!(store.claim_checks(vec![connection_id(1)], T + 1, 1, 9).await.expect("a claim").len(), 1);
}

//! A store behind a gate: whoever holds the gate may delay a call, let it fail, or keep its answer. For simulations and tests.

use crate::{
    Answer, Appended, Batch, Checks, Connections, Counts, Deliveries, Head, Inserted, IssueQuery, Items, Known, Logs,
    Outboxes, Page, Result, Search, Store, Token, Tokens,
};
use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Check, CheckKey, CheckKind, Connection, ConnectionChange, ConnectionEvent,
    ConnectionId, Delivery, DeliveryKey, DeliveryState, Item, ItemId, LogRow, Notification, OutboxStatus, Project,
    TokenId,
};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};

/// What every call passes. `step` is the gate's own note of how far one pass is: 0 when it is asked first.
pub trait Gate: Send + Sync {
    /// Before the call; an error is its answer, and it has no effect.
    fn before(&self, cx: &mut Context<'_>, step: &mut u8) -> Poll<Result<()>>;

    /// After the call took effect, before its answer is seen.
    fn after(&self, cx: &mut Context<'_>, step: &mut u8) -> Poll<()>;
}

/// One pass of a gate, from its first step on.
pub fn pass<T>(mut gate: impl FnMut(&mut Context<'_>, &mut u8) -> Poll<T>) -> impl Future<Output = T> {
    let mut step = 0;
    poll_fn(move |cx| gate(cx, &mut step))
}

/// A store and the gate before it.
pub struct GatedStore {
    /// The store itself.
    pub inner: Arc<dyn Store>,
    /// The gate.
    pub gate: Arc<dyn Gate>,
}

/// Every method of a port, with the gate around it.
macro_rules! gated {
    ($port:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)* }) => {
        impl $port for GatedStore {
            $(fn $name(&self, $($arg: $kind),*) -> BoxFuture<'_, Result<$out>> {
                Box::pin(async move {
                    pass(|cx, step| self.gate.before(cx, step)).await?;
                    let answer = self.inner.$name($($arg),*).await;
                    pass(|cx, step| self.gate.after(cx, step)).await;
                    answer
                })
            })*
        }
    };
}

gated!(Connections {
    fn project(project: Project) -> Project;
    fn projects() -> Vec<Project>;
    fn put_account(account: Account) -> ();
    fn account(id: AccountId) -> Option<Account>;
    fn accounts() -> Vec<Account>;
    fn insert_connection(connection: Connection) -> Inserted;
    fn connection(id: ConnectionId) -> Option<Connection>;
    fn connections() -> Vec<Arc<Connection>>;
    fn change_connection(id: ConnectionId, changes: Vec<ConnectionChange>, events: Vec<ConnectionEvent>) -> Option<Connection>;
    fn remove_connection(id: ConnectionId) -> bool;
    fn claim_pass(id: ConnectionId, now_us: i64, until_us: i64) -> bool;
    fn release_pass(id: ConnectionId) -> ();
    fn catalog(id: ConnectionId) -> Catalog;
    fn put_catalog(id: ConnectionId, catalog: Catalog) -> ();
});

gated!(Items {
    fn items(ids: Vec<ItemId>) -> Vec<Item>;
    fn issues_numbered(connection: ConnectionId, numbers: Vec<i64>) -> Vec<Item>;
    fn comments_numbered(connection: ConnectionId, ids: Vec<i64>) -> Vec<Item>;
    fn comments_of(issue: ItemId, deleted: bool) -> Vec<Item>;
    fn comment_counts(issues: Vec<ItemId>) -> BTreeMap<ItemId, i64>;
    fn items_marked(connection: ConnectionId, markers: Vec<String>) -> Vec<Item>;
    fn item_keyed(client_key: String) -> Option<Item>;
    fn known_issues(connection: ConnectionId) -> Vec<Known>;
    fn list(query: IssueQuery) -> Page;
    fn conflicted(connection: Option<ConnectionId>, limit: usize) -> Vec<Item>;
    fn counts(connection: ConnectionId) -> Counts;
    fn deleted_since(connection: ConnectionId, since_us: i64) -> i64;
    fn commit(batch: Batch) -> Vec<Answer>;
    fn sweep_tombstones(before_us: i64) -> i64;
});

gated!(Outboxes {
    fn claim(connections: Vec<ConnectionId>, now_us: i64, lease_us: i64, limit: usize) -> Vec<Item>;
    fn release(item: ItemId, fence: i64, next_retry_us: i64) -> bool;
    fn void_leases() -> ();
    fn next_due(connections: Vec<ConnectionId>) -> Option<i64>;
    fn outbox(status: Option<OutboxStatus>, limit: usize) -> Vec<Item>;
});

gated!(Checks {
    fn put_checks(checks: Vec<Check>) -> ();
    fn claim_checks(connections: Vec<ConnectionId>, now_us: i64, lease_us: i64, limit: usize) -> Vec<Check>;
    fn replace_check(check: Check) -> ();
    fn settle_checks(keys: Vec<CheckKey>) -> ();
    fn checks(connection: ConnectionId, kind: CheckKind) -> Vec<Check>;
    fn next_check(connections: Vec<ConnectionId>) -> Option<i64>;
});

gated!(Deliveries {
    fn append(deliveries: Vec<Delivery>) -> Vec<Appended>;
    fn claim_deliveries(now_us: i64, lease_us: i64, limit: usize) -> Vec<Delivery>;
    fn finish_deliveries(keys: Vec<DeliveryKey>) -> ();
    fn release_deliveries(keys: Vec<DeliveryKey>, not_before_us: i64) -> ();
    fn bury(key: DeliveryKey, error: String) -> ();
    fn replay(key: DeliveryKey) -> bool;
    fn deliveries(connection: Option<ConnectionId>, state: Option<DeliveryState>, limit: usize) -> Vec<Delivery>;
    fn queued() -> i64;
    fn sweep_deliveries(before_us: i64) -> i64;
});

gated!(Logs {
    fn history(issue: ItemId) -> Vec<LogRow>;
    fn log_after(position: i64, limit: usize) -> Vec<(i64, LogRow)>;
    fn log_end() -> i64;
    fn heads(after: Option<ItemId>, limit: usize) -> Vec<Head>;
    fn connection_log(connection: ConnectionId, limit: usize) -> Vec<ConnectionEvent>;
    fn notifications(limit: usize) -> Vec<Notification>;
});

gated!(Search {
    fn search(text: String, query: IssueQuery) -> Page;
});

gated!(Tokens {
    fn put_token(token: Token) -> ();
    fn token_hashed(hash: String) -> Option<Token>;
    fn tokens() -> Vec<Token>;
    fn revoke_token(id: TokenId, now_us: i64) -> bool;
    fn touch_token(id: TokenId, now_us: i64) -> ();
});

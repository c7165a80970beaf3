//! A store that changes what is written to it, or what it answers: for mutants of what the engine commits.

use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Check, CheckKey, CheckKind, Connection, ConnectionChange, ConnectionEvent,
    ConnectionId, Delivery, DeliveryKey, DeliveryState, Item, ItemId, LogRow, Notification, OutboxStatus, Project,
    TokenId,
};
use issuesync_store::{
    Answer, Appended, Batch, Checks, Connections, Counts, Deliveries, Head, Inserted, IssueQuery, Items, Known, Logs,
    Outboxes, Page, Result, Search, Store, Token, Tokens, Write,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a warped store does otherwise. Every method leaves things as they are unless it says otherwise.
pub trait Warp: Send + Sync {
    /// Changes a row on its way in; `now` is the row as the store holds it.
    fn write(&self, _write: &mut Write, _now: Option<&Item>) {}

    /// Whether a change of a connection is made.
    fn keeps(&self, _change: &ConnectionChange) -> bool {
        true
    }

    /// Changes the list of issues that a full pass compares with.
    fn known(&self, _known: &mut Vec<Known>) {}
}

/// A store that is warped.
pub struct Warped<W> {
    /// The store itself.
    pub inner: Arc<dyn Store>,
    /// How it is warped.
    pub warp: W,
}

/// Every other method of a port, handed through.
macro_rules! through {
    ($port:ident { $($own:item)* } { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)* }) => {
        impl<W: Warp> $port for Warped<W> {
            $($own)*
            $(fn $name(&self, $($arg: $kind),*) -> BoxFuture<'_, Result<$out>> {
                self.inner.$name($($arg),*)
            })*
        }
    };
}

through!(Connections {
    fn change_connection(
        &self,
        id: ConnectionId,
        mut changes: Vec<ConnectionChange>,
        events: Vec<ConnectionEvent>,
    ) -> BoxFuture<'_, Result<Option<Connection>>> {
        changes.retain(|change| self.warp.keeps(change));
        self.inner.change_connection(id, changes, events)
    }
} {
    fn project(project: Project) -> Project;
    fn projects() -> Vec<Project>;
    fn put_account(account: Account) -> ();
    fn account(id: AccountId) -> Option<Account>;
    fn accounts() -> Vec<Account>;
    fn insert_connection(connection: Connection) -> Inserted;
    fn connection(id: ConnectionId) -> Option<Connection>;
    fn connections() -> Vec<Arc<Connection>>;
    fn remove_connection(id: ConnectionId) -> bool;
    fn claim_pass(id: ConnectionId, now_us: i64, until_us: i64) -> bool;
    fn release_pass(id: ConnectionId) -> ();
    fn catalog(id: ConnectionId) -> Catalog;
    fn put_catalog(id: ConnectionId, catalog: Catalog) -> ();
});

through!(Items {
    fn commit(&self, mut batch: Batch) -> BoxFuture<'_, Result<Vec<Answer>>> {
        Box::pin(async move {
            for write in batch.sets.iter_mut().flat_map(|set| &mut set.writes) {
                let now = self.inner.items(vec![write.item.id]).await?.pop();
                self.warp.write(write, now.as_ref());
            }
            if let Some(tail) = &mut batch.tail {
                tail.changes.retain(|change| self.warp.keeps(change));
            }
            self.inner.commit(batch).await
        })
    }

    fn known_issues(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Vec<Known>>> {
        Box::pin(async move {
            let mut known = self.inner.known_issues(connection).await?;
            self.warp.known(&mut known);
            Ok(known)
        })
    }
} {
    fn items(ids: Vec<ItemId>) -> Vec<Item>;
    fn issues_numbered(connection: ConnectionId, numbers: Vec<i64>) -> Vec<Item>;
    fn comments_numbered(connection: ConnectionId, ids: Vec<i64>) -> Vec<Item>;
    fn comments_of(issue: ItemId, deleted: bool) -> Vec<Item>;
    fn comment_counts(issues: Vec<ItemId>) -> BTreeMap<ItemId, i64>;
    fn items_marked(connection: ConnectionId, markers: Vec<String>) -> Vec<Item>;
    fn item_keyed(client_key: String) -> Option<Item>;
    fn list(query: IssueQuery) -> Page;
    fn conflicted(connection: Option<ConnectionId>, limit: usize) -> Vec<Item>;
    fn counts(connection: ConnectionId) -> Counts;
    fn deleted_since(connection: ConnectionId, since_us: i64) -> i64;
    fn sweep_tombstones(before_us: i64) -> i64;
});

through!(Outboxes {} {
    fn claim(connections: Vec<ConnectionId>, now_us: i64, lease_us: i64, limit: usize) -> Vec<Item>;
    fn release(item: ItemId, fence: i64, next_retry_us: i64) -> bool;
    fn void_leases() -> ();
    fn next_due(connections: Vec<ConnectionId>) -> Option<i64>;
    fn outbox(status: Option<OutboxStatus>, limit: usize) -> Vec<Item>;
});

through!(Checks {} {
    fn put_checks(checks: Vec<Check>) -> ();
    fn claim_checks(connections: Vec<ConnectionId>, now_us: i64, lease_us: i64, limit: usize) -> Vec<Check>;
    fn replace_check(check: Check) -> ();
    fn settle_checks(keys: Vec<CheckKey>) -> ();
    fn checks(connection: ConnectionId, kind: CheckKind) -> Vec<Check>;
    fn next_check(connections: Vec<ConnectionId>) -> Option<i64>;
});

through!(Deliveries {} {
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

through!(Logs {} {
    fn history(issue: ItemId) -> Vec<LogRow>;
    fn log_after(position: i64, limit: usize) -> Vec<(i64, LogRow)>;
    fn log_end() -> i64;
    fn heads(after: Option<ItemId>, limit: usize) -> Vec<Head>;
    fn connection_log(connection: ConnectionId, limit: usize) -> Vec<ConnectionEvent>;
    fn notifications(limit: usize) -> Vec<Notification>;
});

through!(Search {} {
    fn search(text: String, query: IssueQuery) -> Page;
});

through!(Tokens {} {
    fn put_token(token: Token) -> ();
    fn token_hashed(hash: String) -> Option<Token>;
    fn tokens() -> Vec<Token>;
    fn revoke_token(id: TokenId, now_us: i64) -> bool;
    fn touch_token(id: TokenId, now_us: i64) -> ();
});

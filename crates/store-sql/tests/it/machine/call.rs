//! One call of a port as a value, and its answer in a form that can be compared: what comes in no particular order is sorted.

use futures_util::FutureExt;
use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Check, CheckKey, CheckKind, Connection, ConnectionChange, ConnectionEvent,
    ConnectionId, Delivery, DeliveryKey, DeliveryState, Item, ItemId, LogRow, Notification, OutboxStatus, Project,
    TokenId,
};
use issuesync_store::{
    Answer, Appended, Batch, Connections, Counts, Head, Inserted, IssueQuery, Known, Page, Result, Store, Token,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A call of every method of the ports. Tuples stand in the order of the methods' arguments.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Project(Project),
    Projects,
    PutAccount(Account),
    Account(AccountId),
    Accounts,
    Insert(Box<Connection>),
    Connection(ConnectionId),
    Connections,
    Change(ConnectionId, Vec<ConnectionChange>, Vec<ConnectionEvent>),
    Remove(ConnectionId),
    ClaimPass(ConnectionId, i64, i64),
    ReleasePass(ConnectionId),
    Catalog(ConnectionId),
    PutCatalog(ConnectionId, Catalog),
    Items(Vec<ItemId>),
    IssuesNumbered(ConnectionId, Vec<i64>),
    CommentsNumbered(ConnectionId, Vec<i64>),
    CommentsOf(ItemId, bool),
    CommentCounts(Vec<ItemId>),
    Marked(ConnectionId, Vec<String>),
    Keyed(String),
    Known(ConnectionId),
    List(IssueQuery),
    Search(String, IssueQuery),
    Conflicted(Option<ConnectionId>, usize),
    Counts(ConnectionId),
    DeletedSince(ConnectionId, i64),
    Commit(Batch),
    SweepTombstones(i64),
    Claim(Vec<ConnectionId>, i64, i64, usize),
    Release(ItemId, i64, i64),
    VoidLeases,
    NextDue(Vec<ConnectionId>),
    Outbox(Option<OutboxStatus>, usize),
    PutChecks(Vec<Check>),
    ClaimChecks(Vec<ConnectionId>, i64, i64, usize),
    ReplaceCheck(Check),
    SettleChecks(Vec<CheckKey>),
    Checks(ConnectionId, CheckKind),
    NextCheck(Vec<ConnectionId>),
    Append(Vec<Delivery>),
    ClaimDeliveries(i64, i64, usize),
    Finish(Vec<DeliveryKey>),
    ReleaseDeliveries(Vec<DeliveryKey>, i64),
    Bury(DeliveryKey, String),
    Replay(DeliveryKey),
    Deliveries(Option<ConnectionId>, Option<DeliveryState>, usize),
    Queued,
    SweepDeliveries(i64),
    History(ItemId),
    LogAfter(i64, usize),
    LogEnd,
    Heads(Option<ItemId>, usize),
    ConnectionLog(ConnectionId, usize),
    Notifications(usize),
    PutToken(Token),
    TokenHashed(String),
    Tokens,
    RevokeToken(TokenId, i64),
    TouchToken(TokenId, i64),
}

/// What a call answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    Nothing,
    Flag(bool),
    Number(i64),
    Time(Option<i64>),
    Project(Project),
    Projects(Vec<Project>),
    Account(Option<Account>),
    Accounts(Vec<Account>),
    Inserted(Inserted),
    Connection(Option<Box<Connection>>),
    Connections(Vec<Connection>),
    Catalog(Catalog),
    Item(Option<Box<Item>>),
    Items(Vec<Item>),
    PerIssue(BTreeMap<ItemId, i64>),
    Known(Vec<Known>),
    Page(Page),
    Counts(Counts),
    Answers(Vec<Answer>),
    Checks(Vec<Check>),
    Appended(Vec<Appended>),
    Deliveries(Vec<Delivery>),
    Rows(Vec<LogRow>),
    Log(Vec<(i64, LogRow)>),
    Heads(Vec<Head>),
    Events(Vec<ConnectionEvent>),
    Notifications(Vec<Notification>),
    Token(Option<Token>),
    Tokens(Vec<Token>),
    /// An error; nothing of it took effect.
    Refused,
}

/// Makes the call. Both stores answer without waiting.
pub(super) fn run(store: &dyn Store, call: Call) -> Reply {
    let reply = async {
        use Reply as R;
        match call {
            Call::Project(project) => of(store.project(project), R::Project).await,
            Call::Projects => of(store.projects(), R::Projects).await,
            Call::PutAccount(account) => of(store.put_account(account), nothing).await,
            Call::Account(id) => of(store.account(id), R::Account).await,
            Call::Accounts => of(store.accounts(), |found| R::Accounts(sorted(found, |account| account.id))).await,
            Call::Insert(connection) => of(store.insert_connection(*connection), R::Inserted).await,
            Call::Connection(id) => of(store.connection(id), |found| R::Connection(found.map(Box::new))).await,
            Call::Connections => {
                let own =
                    |all: Vec<Arc<Connection>>| R::Connections(all.into_iter().map(Arc::unwrap_or_clone).collect());
                of(Connections::connections(store), own).await
            }
            Call::Change(id, changes, events) => {
                of(store.change_connection(id, changes, events), |found| R::Connection(found.map(Box::new))).await
            }
            Call::Remove(id) => of(store.remove_connection(id), R::Flag).await,
            Call::ClaimPass(id, now_us, until_us) => of(store.claim_pass(id, now_us, until_us), R::Flag).await,
            Call::ReleasePass(id) => of(store.release_pass(id), nothing).await,
            Call::Catalog(id) => of(store.catalog(id), R::Catalog).await,
            Call::PutCatalog(id, catalog) => of(store.put_catalog(id, catalog), nothing).await,
            Call::History(id) => of(store.history(id), R::Rows).await,
            Call::LogAfter(position, limit) => of(store.log_after(position, limit), R::Log).await,
            Call::LogEnd => of(store.log_end(), R::Number).await,
            Call::Heads(after, limit) => of(store.heads(after, limit), R::Heads).await,
            Call::ConnectionLog(id, limit) => of(store.connection_log(id, limit), R::Events).await,
            Call::Notifications(limit) => of(store.notifications(limit), R::Notifications).await,
            Call::PutToken(token) => of(store.put_token(token), nothing).await,
            Call::TokenHashed(hash) => of(store.token_hashed(hash), R::Token).await,
            Call::Tokens => of(store.tokens(), R::Tokens).await,
            Call::RevokeToken(id, now_us) => of(store.revoke_token(id, now_us), R::Flag).await,
            Call::TouchToken(id, now_us) => of(store.touch_token(id, now_us), nothing).await,
            other => items(store, other).await,
        }
    };
    reply.now_or_never().expect("neither store waits")
}

async fn items(store: &dyn Store, call: Call) -> Reply {
    use Reply as R;
    match call {
        Call::Items(ids) => of(store.items(ids), any_order).await,
        Call::IssuesNumbered(id, numbers) => of(store.issues_numbered(id, numbers), any_order).await,
        Call::CommentsNumbered(id, numbers) => of(store.comments_numbered(id, numbers), any_order).await,
        Call::CommentsOf(issue, deleted) => of(store.comments_of(issue, deleted), R::Items).await,
        Call::CommentCounts(issues) => of(store.comment_counts(issues), R::PerIssue).await,
        Call::Marked(id, markers) => of(store.items_marked(id, markers), any_order).await,
        Call::Keyed(key) => of(store.item_keyed(key), |found| R::Item(found.map(Box::new))).await,
        Call::Known(id) => of(store.known_issues(id), R::Known).await,
        Call::List(query) => of(store.list(query), R::Page).await,
        Call::Search(text, query) => of(store.search(text, query), R::Page).await,
        Call::Conflicted(id, limit) => of(store.conflicted(id, limit), R::Items).await,
        Call::Counts(id) => of(store.counts(id), R::Counts).await,
        Call::DeletedSince(id, since_us) => of(store.deleted_since(id, since_us), R::Number).await,
        Call::Commit(batch) => of(store.commit(batch), R::Answers).await,
        Call::SweepTombstones(before_us) => of(store.sweep_tombstones(before_us), R::Number).await,
        Call::Claim(ids, now_us, lease_us, limit) => of(store.claim(ids, now_us, lease_us, limit), R::Items).await,
        Call::Release(item, fence, at_us) => of(store.release(item, fence, at_us), R::Flag).await,
        Call::VoidLeases => of(store.void_leases(), nothing).await,
        Call::NextDue(ids) => of(store.next_due(ids), R::Time).await,
        Call::Outbox(status, limit) => of(store.outbox(status, limit), R::Items).await,
        other => waits(store, other).await,
    }
}

async fn waits(store: &dyn Store, call: Call) -> Reply {
    use Reply as R;
    match call {
        Call::PutChecks(checks) => of(store.put_checks(checks), nothing).await,
        Call::ClaimChecks(ids, now_us, lease_us, limit) => {
            of(store.claim_checks(ids, now_us, lease_us, limit), R::Checks).await
        }
        Call::ReplaceCheck(check) => of(store.replace_check(check), nothing).await,
        Call::SettleChecks(keys) => of(store.settle_checks(keys), nothing).await,
        Call::Checks(id, kind) => of(store.checks(id, kind), R::Checks).await,
        Call::NextCheck(ids) => of(store.next_check(ids), R::Time).await,
        Call::Append(deliveries) => of(store.append(deliveries), R::Appended).await,
        Call::ClaimDeliveries(now_us, lease_us, limit) => {
            of(store.claim_deliveries(now_us, lease_us, limit), R::Deliveries).await
        }
        Call::Finish(keys) => of(store.finish_deliveries(keys), nothing).await,
        Call::ReleaseDeliveries(keys, at_us) => of(store.release_deliveries(keys, at_us), nothing).await,
        Call::Bury(key, error) => of(store.bury(key, error), nothing).await,
        Call::Replay(key) => of(store.replay(key), R::Flag).await,
        Call::Deliveries(id, state, limit) => of(store.deliveries(id, state, limit), R::Deliveries).await,
        Call::Queued => of(store.queued(), R::Number).await,
        Call::SweepDeliveries(before_us) => of(store.sweep_deliveries(before_us), R::Number).await,
        other => unreachable!("{other:?} is made elsewhere"),
    }
}

async fn of<T>(answer: BoxFuture<'_, Result<T>>, reply: impl FnOnce(T) -> Reply) -> Reply {
    answer.await.map_or(Reply::Refused, reply)
}

fn nothing((): ()) -> Reply {
    Reply::Nothing
}

fn any_order(items: Vec<Item>) -> Reply {
    Reply::Items(sorted(items, |item| item.id))
}

fn sorted<T, K: Ord>(mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    rows.sort_by_key(key);
    rows
}

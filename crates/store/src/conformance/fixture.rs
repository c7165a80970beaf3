//! What the cases are made of; a backend's own tests may build on it.

use crate::{Answer, Batch, ChangeSet, Store, Write};
use issuesync_model::log::{Entry, append};
use issuesync_model::{
    Account, AccountId, CanonRules, Capabilities, Connection, ConnectionId, Delivery, DeliveryKey, DeliveryState,
    Direction, Field, FieldSet, Fields, Item, ItemId, Lifecycle, ListOrder, LogId, LogKind, Outbox, OutboxKind,
    OutboxStatus, Project, ProjectId, ProviderKind, Remote, Settings, Theta, TitleUnit, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A time far from every edge.
pub const T: i64 = 1_790_000_000_000_000;

/// The id of item `n`.
#[must_use]
pub fn id(n: u128) -> ItemId {
    ItemId(Uuid::from_u128(0x1000 + n))
}

/// The id of connection `n`.
#[must_use]
pub fn connection_id(n: u128) -> ConnectionId {
    ConnectionId(Uuid::from_u128(0x200 + n))
}

/// The one project.
#[must_use]
pub fn project() -> Project {
    Project { id: ProjectId(Uuid::from_u128(1)), name: "acme".to_owned() }
}

/// The one account.
#[must_use]
pub fn account() -> Account {
    Account {
        id: AccountId(Uuid::from_u128(2)),
        provider: ProviderKind::Gitea,
        base_url: "https://git.example.org".to_owned(),
        token_sealed: "sealed".to_owned(),
        self_id: 7,
        self_login: "bot".to_owned(),
    }
}

/// Connection `n` of the project through the account, with a name and a repository of its own.
#[must_use]
pub fn connection(n: u128) -> Connection {
    Connection {
        id: connection_id(n),
        project: project().id,
        account: account().id,
        name: format!("web{n}"),
        provider: ProviderKind::Gitea,
        repo_path: format!("acme/web{n}"),
        repo_id: i64::try_from(n).expect("cases use small numbers") + 10,
        settings: Settings::default(),
        capabilities: Arc::new(Capabilities {
            flavour: "gitea".to_owned(),
            version: "1".to_owned(),
            canon: CanonRules {
                title_max: 255,
                title_unit: TitleUnit::Chars,
                label_fold: false,
                fields: FieldSet::all(),
                reasons: false,
            },
            list_order: ListOrder::CreatedDesc,
            list_is_fresh: true,
            content_version: false,
            lock: true,
            delete_issue: true,
            page_size: 50,
            reason_alone: true,
        }),
        hook: None,
        cursor_us: None,
        comment_cursor_us: None,
        dirty_gen: 0,
        clean_gen: 0,
        pass_ok_us: None,
        clock: Theta::unknown(),
        last_poll_us: None,
        last_full_us: None,
        last_delivery_us: None,
        max_number_seen: 0,
        fuse_open: false,
        parked: None,
        import_page: None,
        import_total: None,
        created_us: T,
    }
}

/// A store with one project, one account and connection 1.
///
/// # Panics
/// When the store does not answer.
pub async fn connected(store: &Arc<dyn Store>) -> ConnectionId {
    store.project(project()).await.expect("the project is written");
    store.put_account(account()).await.expect("the account is written");
    store.insert_connection(connection(1)).await.expect("the connection is written");
    connection_id(1)
}

/// Issue `n` of connection 1, linked and in step.
///
/// # Panics
/// When `n` does not fit an `i64`.
#[must_use]
pub fn issue(n: u128) -> Item {
    let fields = Fields::new()
        .with(Field::Title, Value::Text(format!("title {n}")))
        .with(Field::Body, Value::Text(format!("body {n}")))
        .with(Field::Labels, Value::Set(["bug".to_owned()].into()))
        .with(Field::DueDate, Value::Date(None));
    Item {
        id: id(n),
        parent: None,
        project: project().id,
        connection: connection_id(1),
        number: i64::try_from(n).ok(),
        url: Some(format!("https://git.example.org/acme/web1/issues/{n}")),
        author: None,
        created_us: T + i64::try_from(n).expect("cases use small numbers"),
        updated_us: T + i64::try_from(n).expect("cases use small numbers"),
        base: fields.clone(),
        local: fields.clone(),
        remote: Some(Remote {
            fields,
            u_us: T,
            t_send_us: T,
            t_recv_us: T + 1,
            changes: BTreeMap::new(),
            comment_count: Some(0),
            content_version: None,
        }),
        edits: BTreeMap::new(),
        attempts: Vec::new(),
        writes: BTreeMap::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        rev: 1,
        version: 1,
        lifecycle: Lifecycle::Linked,
        marker: format!("{n:032x}"),
        made_here: false,
        delete_wanted: false,
        log_seq: 0,
        log_head: String::new(),
        client_key: None,
        outbox: Outbox::completed(T),
        tombstone: None,
    }
}

/// Comment `n` of issue `parent`.
#[must_use]
pub fn comment(n: u128, parent: u128) -> Item {
    let body = Fields::new().with(Field::Body, Value::Text(format!("comment {n}")));
    Item {
        parent: Some(id(parent)),
        base: body.clone(),
        local: body,
        remote: None,
        marker: format!("c{n:031x}"),
        ..issue(n)
    }
}

/// The item with something to send, due at `at_us`.
#[must_use]
pub fn pending(mut item: Item, at_us: i64) -> Item {
    item.outbox.kind = OutboxKind::Update;
    item.outbox.status = OutboxStatus::Pending;
    item.outbox.next_retry_us = at_us;
    item
}

/// A set that inserts the item.
#[must_use]
pub fn insert(item: Item) -> ChangeSet {
    ChangeSet { writes: vec![Write { item, expected: None }], ..ChangeSet::default() }
}

/// A set that writes the item one `rev` on.
#[must_use]
pub fn update(mut item: Item) -> ChangeSet {
    let expected = Some(item.rev);
    item.rev += 1;
    ChangeSet { writes: vec![Write { item, expected }], ..ChangeSet::default() }
}

/// Commits the sets in one batch; one answer each.
///
/// # Panics
/// When the store does not answer.
pub async fn commit(store: &Arc<dyn Store>, sets: Vec<ChangeSet>) -> Vec<Answer> {
    store.commit(Batch { sets, tail: None }).await.expect("the batch is committed")
}

/// Writes new items.
///
/// # Panics
/// When one of them is not written.
pub async fn put(store: &Arc<dyn Store>, items: Vec<Item>) {
    let sets: Vec<ChangeSet> = items.into_iter().map(insert).collect();
    let count = sets.len();
    assert_eq!(commit(store, sets).await, vec![Answer::Applied; count]);
}

/// Item `n`, which must be there.
///
/// # Panics
/// When it is not.
pub async fn get(store: &Arc<dyn Store>, n: u128) -> Item {
    store.items(vec![id(n)]).await.expect("items are read").pop().expect("the item is there")
}

/// A set that edits the title and logs it.
#[must_use]
pub fn logged(mut item: Item, title: &str, log_id: u128) -> ChangeSet {
    let expected = Some(item.rev);
    let mut entry = Entry::new(Direction::Local, LogKind::Edit);
    entry.before = Fields::new().with(Field::Title, item.local.value(Field::Title));
    item.local.set(Field::Title, Value::Text(title.to_owned()));
    entry.after = Fields::new().with(Field::Title, item.local.value(Field::Title));
    let row = append(&mut item, entry, LogId(Uuid::from_u128(log_id)), ProviderKind::Gitea, T);
    item.rev += 1;
    ChangeSet { writes: vec![Write { item, expected }], log: vec![row], ..ChangeSet::default() }
}

/// A queued delivery of connection 1.
#[must_use]
pub fn delivery(name: &str, received_us: i64) -> Delivery {
    Delivery {
        key: DeliveryKey { connection: connection_id(1), id: name.to_owned() },
        received_us,
        headers: vec![("x-gitea-event".to_owned(), "issues".to_owned())],
        body: b"{}".to_vec(),
        state: DeliveryState::Queued,
        tries: 0,
        lease_until_us: 0,
        error: None,
    }
}

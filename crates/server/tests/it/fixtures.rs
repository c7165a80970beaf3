//! A connection with its catalog, and items in the states that tests need.

use crate::app::START_US;
use crate::tracker::ROOT;
use issuesync_model::{
    Account, AccountId, Author, CanonRules, Capabilities, Catalog, Conflict, ConflictKind, Connection, ConnectionId,
    Field, FieldSet, Fields, Hook, Item, ItemId, Label, Lifecycle, ListOrder, Milestone, Outbox, Project, ProjectId,
    ProviderKind, Remote, Settings, State, Theta, TitleUnit, User, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Part of every secret in the store; no answer may contain it.
pub(crate) const CANARY: &str = "canary-7f3a";
/// The secret of the connections' webhooks.
pub(crate) const HOOK_SECRET: &str = "canary-7f3a-hook";
/// The secret of the short webhook address.
pub(crate) const SHORT_SECRET: &str = "canary-7f3a-short";

pub(crate) fn project() -> Project {
    Project { id: ProjectId(Uuid::from_u128(1)), name: "acme".to_owned() }
}

/// Each name makes another repository with an id of its own.
pub(crate) fn connection(name: &str) -> Connection {
    let number = name.bytes().fold(0_u32, |sum, byte| sum * 31 + u32::from(byte));
    let id = Uuid::from_u128(u128::from(number) << 32);
    Connection {
        id: ConnectionId(id),
        project: project().id,
        account: AccountId(id),
        name: name.to_owned(),
        provider: ProviderKind::Gitea,
        repo_path: format!("acme/{name}"),
        repo_id: i64::from(number),
        settings: Settings { allow_http: true, allow_private_network: true, ..Settings::default() },
        capabilities: Arc::new(capabilities()),
        hook: Some(Arc::new(Hook {
            id: 5,
            url: "http://here.test/hook".to_owned(),
            secrets_sealed: vec![HOOK_SECRET.to_owned()],
        })),
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
        import_total: Some(3),
        created_us: START_US,
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        flavour: "gitea".to_owned(),
        version: "1.24.0".to_owned(),
        canon: CanonRules {
            title_max: 255,
            title_unit: TitleUnit::Chars,
            label_fold: false,
            fields: FieldSet::all(),
            reasons: false,
        },
        list_order: ListOrder::UpdatedAsc,
        list_is_fresh: true,
        content_version: false,
        lock: true,
        delete_issue: true,
        page_size: 50,
        reason_alone: true,
    }
}

pub(crate) fn account(connection: &Connection) -> Account {
    Account {
        id: connection.account,
        provider: ProviderKind::Gitea,
        base_url: ROOT.to_owned(),
        token_sealed: format!("{CANARY}-token"),
        self_id: 1,
        self_login: "sync".to_owned(),
    }
}

pub(crate) fn catalog() -> Catalog {
    let user = |id, login: &str, assignable| User { id, login: login.to_owned(), assignable };
    Catalog {
        labels: vec![Label { id: 1, name: "bug".to_owned(), colour: "ededed".to_owned(), exclusive: false }],
        milestones: vec![Milestone { id: 4, title: "1.0".to_owned(), open: true }],
        users: vec![user(11, "alice", true), user(12, "Bob", true), user(13, "mallory", false)],
    }
}

/// An issue of `web` that both sides agree on.
pub(crate) fn issue(number: i64) -> Item {
    issue_of(&connection("web"), number)
}

pub(crate) fn issue_of(connection: &Connection, number: i64) -> Item {
    let id = Uuid::from_u128(connection.id.0.as_u128() + u128::try_from(number).expect("positive"));
    let text = |text: String| Value::Text(text);
    let fields = Fields::new()
        .with(Field::Title, text(format!("Issue {number}")))
        .with(Field::Body, text(format!("The body of number{number}.")))
        .with(Field::State, Value::State(State::Open))
        .with(Field::Labels, Value::Set(std::collections::BTreeSet::new()))
        .with(Field::Assignees, Value::Set(std::collections::BTreeSet::new()))
        .with(Field::Milestone, Value::Id(None))
        .with(Field::DueDate, Value::Date(None))
        .with(Field::Locked, Value::Flag(false));
    Item {
        id: ItemId(id),
        parent: None,
        project: connection.project,
        connection: connection.id,
        number: Some(number),
        url: Some(format!("{ROOT}/{}/issues/{number}", connection.repo_path)),
        made_here: false,
        author: Some(Author { id: 11, login: "alice".to_owned() }),
        created_us: START_US,
        updated_us: START_US + number * 1_000_000,
        base: fields.clone(),
        local: fields.clone(),
        remote: Some(remote(fields)),
        edits: BTreeMap::new(),
        attempts: Vec::new(),
        writes: BTreeMap::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        rev: 1,
        version: 1,
        lifecycle: Lifecycle::Linked,
        marker: issuesync_model::marker::digits(id),
        delete_wanted: false,
        log_seq: 0,
        log_head: String::new(),
        client_key: None,
        outbox: Outbox::completed(START_US),
        tombstone: None,
    }
}

fn remote(fields: Fields) -> Remote {
    Remote {
        fields,
        u_us: START_US,
        t_send_us: START_US,
        t_recv_us: START_US,
        changes: BTreeMap::new(),
        comment_count: None,
        content_version: None,
    }
}

/// A comment of an issue that both sides agree on.
pub(crate) fn comment(issue: &Item, number: i64) -> Item {
    let id = Uuid::from_u128(issue.id.0.as_u128() + (u128::try_from(number).expect("positive") << 96));
    let fields = Fields::new().with(Field::Body, Value::Text(format!("Comment {number}")));
    Item {
        id: ItemId(id),
        parent: Some(issue.id),
        number: Some(number),
        base: fields.clone(),
        local: fields.clone(),
        remote: Some(remote(fields)),
        marker: issuesync_model::marker::digits(id),
        ..issue.clone()
    }
}

/// The issue with a clash on its title.
pub(crate) fn clashing(mut item: Item) -> Item {
    let text = |text: &str| Value::Text(text.to_owned());
    let base = item.base.value(Field::Title);
    item.local.set(Field::Title, text("Here"));
    let mut remote = item.base.clone();
    remote.set(Field::Title, text("There"));
    item.remote = Some(self::remote(remote));
    item.conflicts.push(Conflict {
        field: Field::Title,
        kind: ConflictKind::Clash,
        base,
        local: text("Here"),
        remote: text("There"),
        lost: None,
        suggestion: None,
        at_us: START_US,
        change: None,
        opened_us: START_US,
    });
    item
}

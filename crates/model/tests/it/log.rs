//! The chain of an item's log rows.

use crate::fixture::fields;
use issuesync_model::log::{Action, Direction, Entry, append, hash_of};
use issuesync_model::{
    ConnectionId, Fields, Grade, Item, ItemId, Lifecycle, LogId, LogKind, LogRow, Outbox, ProjectId, ProviderKind,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn item() -> Item {
    let id = Uuid::from_u128;
    Item {
        id: ItemId(id(1)),
        parent: None,
        project: ProjectId(id(2)),
        connection: ConnectionId(id(3)),
        number: Some(7),
        url: None,
        author: None,
        created_us: 0,
        updated_us: 0,
        base: Fields::new(),
        local: Fields::new(),
        remote: None,
        edits: BTreeMap::new(),
        attempts: Vec::new(),
        writes: BTreeMap::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        rev: 0,
        version: 0,
        lifecycle: Lifecycle::Linked,
        marker: String::new(),
        delete_wanted: false,
        log_seq: 0,
        log_head: String::new(),
        client_key: None,
        made_here: false,
        outbox: Outbox::completed(0),
        tombstone: None,
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = proptest::sample::select(&[LogKind::Edit, LogKind::Pull, LogKind::Superseded, LogKind::Failed][..]);
    (kind, fields(), fields(), any::<Option<String>>(), any::<bool>()).prop_map(
        |(kind, before, after, cause, dated)| Entry {
            before,
            after,
            cause,
            grade: dated.then_some(Grade::E2),
            ..Entry::new(Direction::Inbound, kind)
        },
    )
}

/// The rows of some entries appended to one item.
fn chain(item: &mut Item, entries: Vec<Entry>) -> Vec<LogRow> {
    let row = |(entry, n): (Entry, u128)| {
        append(item, entry, LogId(Uuid::from_u128(n)), ProviderKind::Gitea, i64::try_from(n).unwrap_or(i64::MAX))
    };
    entries.into_iter().zip(1..).map(row).collect()
}

/// Whether every row has its hash and names the row before it.
fn holds(rows: &[LogRow]) -> bool {
    let mut head = String::new();
    rows.iter().zip(1..).all(|(row, seq)| {
        let fits = row.seq == seq && row.prev_hash == head && row.hash == hash_of(row);
        head.clone_from(&row.hash);
        fits
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_count_and_chain_and_survive_json(entries in vec(entry(), 0..5)) {
        let mut item = item();
        let count = entries.len();
        let rows = chain(&mut item, entries);
        prop_assert!(holds(&rows));
        prop_assert_eq!(item.log_seq, i64::try_from(count).expect("a few"));
        prop_assert_eq!(&item.log_head, rows.last().map_or("", |row| row.hash.as_str()));
        let json = serde_json::to_string(&rows).expect("rows are JSON");
        let read: Vec<LogRow> = serde_json::from_str(&json).expect("they read back");
        prop_assert!(holds(&read), "a row's hash must not depend on how it was kept");
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn a_row_that_is_taken_out_or_turned_breaks_the_chain(entries in vec(entry(), 2..5), place: usize) {
        let rows = chain(&mut item(), entries);
        let index = place % (rows.len() - 1);
        let mut without = rows.clone();
        without.remove(index);
        prop_assert!(!holds(&without));
        let mut turned = rows;
        turned.swap(index, index + 1);
        prop_assert!(!holds(&turned));
    }
}

#[test]
fn any_change_of_a_row_changes_its_hash() {
    let mut item = item();
    let row =
        append(&mut item, Entry::new(Direction::Local, LogKind::Edit), LogId(Uuid::nil()), ProviderKind::Gitea, 5);
    let title = || Fields::new().with(issuesync_model::Field::Title, issuesync_model::Value::Text("x".to_owned()));
    let changed = [
        LogRow { id: LogId(Uuid::from_u128(9)), ..row.clone() },
        LogRow { project: ProjectId(Uuid::nil()), ..row.clone() },
        LogRow { issue: ItemId(Uuid::nil()), ..row.clone() },
        LogRow { comment: Some(ItemId(Uuid::nil())), ..row.clone() },
        LogRow { seq: 2, ..row.clone() },
        LogRow { direction: Direction::Inbound, ..row.clone() },
        LogRow { action: Action::Delete, ..row.clone() },
        LogRow { kind: LogKind::Pull, ..row.clone() },
        LogRow { before: title(), ..row.clone() },
        LogRow { after: title(), ..row.clone() },
        LogRow { provider: ProviderKind::Github, ..row.clone() },
        LogRow { cause: Some(String::new()), ..row.clone() },
        LogRow { grade: Some(Grade::E1), ..row.clone() },
        LogRow { time_us: 6, ..row.clone() },
        LogRow { prev_hash: "0".to_owned(), ..row.clone() },
    ];
    for other in changed {
        assert_ne!(hash_of(&other), row.hash, "{other:?}");
    }
}

#[test]
fn a_row_of_a_comment_names_its_issue_too() {
    let mut comment = Item { parent: Some(ItemId(Uuid::from_u128(40))), ..item() };
    let row =
        append(&mut comment, Entry::new(Direction::Local, LogKind::Edit), LogId(Uuid::nil()), ProviderKind::Gitea, 5);
    assert_eq!((row.issue, row.comment), (ItemId(Uuid::from_u128(40)), Some(ItemId(Uuid::from_u128(1)))));
}

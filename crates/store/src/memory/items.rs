//! Items, lists, search and outbox in memory.

use super::MemoryStore;
use super::state::{State, is_live};
use crate::change::{Answer, Batch};
use crate::error::Result;
use crate::items::{Counts, Items, Known};
use crate::outbox::Outboxes;
use crate::query::{IssueQuery, Page, Search};
use issuesync_model::{BoxFuture, ConnectionId, Field, Item, ItemId, ItemKind, Lifecycle, OutboxStatus};
use std::collections::{BTreeMap, BTreeSet};

impl Items for MemoryStore {
    fn items(&self, ids: Vec<ItemId>) -> BoxFuture<'_, Result<Vec<Item>>> {
        let ids: BTreeSet<ItemId> = ids.into_iter().collect();
        self.run(|state| Ok(ids.iter().filter_map(|id| state.items.get(id).cloned()).collect()))
    }

    fn issues_numbered(&self, connection: ConnectionId, numbers: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| Ok(numbered(state, connection, ItemKind::Issue, &numbers)))
    }

    fn comments_numbered(&self, connection: ConnectionId, ids: Vec<i64>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| Ok(numbered(state, connection, ItemKind::Comment, &ids)))
    }

    fn comments_of(&self, issue: ItemId, deleted: bool) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| {
            let mine = state.items.values().filter(|item| item.parent == Some(issue) && (deleted || is_live(item)));
            let mut comments: Vec<Item> = mine.cloned().collect();
            comments.sort_by_key(|comment| (comment.created_us, comment.id));
            Ok(comments)
        })
    }

    fn comment_counts(&self, issues: Vec<ItemId>) -> BoxFuture<'_, Result<BTreeMap<ItemId, i64>>> {
        self.run(|state| {
            let wanted: BTreeSet<ItemId> = issues.into_iter().collect();
            let mut counts = BTreeMap::new();
            for item in
                state.items.values().filter(|item| matches!(item.lifecycle, Lifecycle::Linked | Lifecycle::Creating))
            {
                if let Some(parent) = item.parent.filter(|parent| wanted.contains(parent)) {
                    *counts.entry(parent).or_insert(0) += 1;
                }
            }
            Ok(counts)
        })
    }

    fn items_marked(&self, connection: ConnectionId, markers: Vec<String>) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| {
            let found =
                state.items.values().filter(|item| item.connection == connection && markers.contains(&item.marker));
            Ok(found.cloned().collect())
        })
    }

    fn item_keyed(&self, client_key: String) -> BoxFuture<'_, Result<Option<Item>>> {
        self.run(|state| Ok(state.items.values().find(|item| item.client_key.as_ref() == Some(&client_key)).cloned()))
    }

    fn known_issues(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Vec<Known>>> {
        self.run(|state| {
            let on_tracker = |item: &&Item| matches!(item.lifecycle, Lifecycle::Linked | Lifecycle::Detached);
            let mut known: Vec<Known> = state
                .of_connection(connection, ItemKind::Issue)
                .filter(on_tracker)
                .filter_map(|item| item.number.map(|number| Known { id: item.id, number }))
                .collect();
            known.sort_by_key(|known| known.number);
            Ok(known)
        })
    }

    fn list(&self, query: IssueQuery) -> BoxFuture<'_, Result<Page>> {
        self.run(|state| Ok(page(state, &query, |_| true)))
    }

    fn conflicted(&self, connection: Option<ConnectionId>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| {
            let open = |item: &&Item| !item.conflicts.is_empty() && connection.is_none_or(|id| id == item.connection);
            let mut found: Vec<Item> = state.items.values().filter(open).cloned().collect();
            found.sort_by_key(|item| (item.conflicts.iter().map(|conflict| conflict.opened_us).min(), item.id));
            found.truncate(limit);
            Ok(found)
        })
    }

    fn counts(&self, connection: ConnectionId) -> BoxFuture<'_, Result<Counts>> {
        self.run(|state| {
            let mut counts = Counts::default();
            for item in state.items.values().filter(|item| item.connection == connection && is_live(item)) {
                match item.kind() {
                    ItemKind::Issue => {
                        counts.issues += 1;
                        counts.drafts += i64::from(item.number.is_none());
                    }
                    ItemKind::Comment => counts.comments += 1,
                }
                counts.pending += i64::from(item.outbox.status == OutboxStatus::Pending);
                counts.failed += i64::from(item.outbox.status == OutboxStatus::Failed);
                counts.conflicts += i64::from(!item.conflicts.is_empty());
            }
            Ok(counts)
        })
    }

    fn deleted_since(&self, connection: ConnectionId, since_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.run(|state| {
            let buried = |item: &&Item| {
                item.number.is_some() && item.tombstone.as_ref().is_some_and(|tombstone| tombstone.at_us >= since_us)
            };
            Ok(state.of_connection(connection, ItemKind::Issue).filter(buried).count() as i64)
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Vec<Answer>>> {
        self.run(|state| Ok(state.commit(batch)))
    }

    fn sweep_tombstones(&self, before_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.run(|state| {
            let old = |item: &Item| item.tombstone.as_ref().is_some_and(|tombstone| tombstone.at_us < before_us);
            let gone: BTreeSet<ItemId> = state.items.values().filter(|item| old(item)).map(|item| item.id).collect();
            let before = state.items.len();
            state
                .items
                .retain(|id, item| !gone.contains(id) && !item.parent.is_some_and(|parent| gone.contains(&parent)));
            Ok((before - state.items.len()) as i64)
        })
    }
}

fn numbered(state: &State, connection: ConnectionId, kind: ItemKind, numbers: &[i64]) -> Vec<Item> {
    let mut wanted = numbers.to_vec();
    wanted.sort_unstable();
    state
        .of_connection(connection, kind)
        .filter(|item| item.number.is_some_and(|number| wanted.binary_search(&number).is_ok()))
        .cloned()
        .collect()
}

fn page(state: &State, query: &IssueQuery, also: impl Fn(&Item) -> bool) -> Page {
    let mut found: Vec<&Item> = state
        .items
        .values()
        .filter(|item| item.kind() == ItemKind::Issue && passes(item, query) && also(item))
        .collect();
    found.sort_by_key(|item| std::cmp::Reverse((item.updated_us, item.id)));
    let start = query.after.map_or(0, |after| found.partition_point(|item| (item.updated_us, item.id) >= after));
    let items: Vec<Item> = found[start..].iter().take(query.limit).map(|item| (*item).clone()).collect();
    let more = found.len() > start + items.len();
    let next = items.last().filter(|_| more).map(|item| (item.updated_us, item.id));
    Page { items, next }
}

fn passes(item: &Item, query: &IssueQuery) -> bool {
    query.project.is_none_or(|project| project == item.project)
        && query.connection.is_none_or(|connection| connection == item.connection)
        && query.open.is_none_or(|open| open == item.local.state().is_open())
        && query.label.as_ref().is_none_or(|label| item.local.elements(Field::Labels).contains(label))
        && query.assignee.as_ref().is_none_or(|assignee| item.local.elements(Field::Assignees).contains(assignee))
        && query.sync_status.is_none_or(|status| status == item.sync_status())
        && query.updated_since_us.is_none_or(|since_us| item.updated_us >= since_us)
        && (query.deleted || (is_live(item) && !item.is_being_deleted()))
}

impl Search for MemoryStore {
    fn search(&self, text: String, query: IssueQuery) -> BoxFuture<'_, Result<Page>> {
        self.run(|state| {
            let wanted = words(&text);
            let has_all = |item: &Item| {
                let mut there = words(item.local.text(Field::Title));
                there.extend(words(item.local.text(Field::Body)));
                wanted.is_subset(&there)
            };
            Ok(page(state, &query, has_all))
        })
    }
}

/// The words of a text without case.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

impl Outboxes for MemoryStore {
    fn claim(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| {
            let mut due: Vec<(i64, ItemId)> = state
                .items
                .values()
                .filter(|item| connections.contains(&item.connection) && is_due(item, now_us))
                .filter(|item| item.parent.is_none_or(|parent| state.is_on_tracker(parent)))
                .map(|item| (item.outbox.next_retry_us, item.id))
                .collect();
            due.sort_unstable();
            due.truncate(limit);
            let claim = |(_, id)| {
                let item = state.items.get_mut(&id)?;
                item.outbox.lease_until_us = now_us + lease_us;
                item.outbox.fence += 1;
                item.rev += 1;
                Some(item.clone())
            };
            Ok(due.into_iter().filter_map(claim).collect())
        })
    }

    fn release(&self, item: ItemId, fence: i64, next_retry_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.run(|state| match state.items.get_mut(&item) {
            Some(item) if item.outbox.fence == fence => {
                item.outbox.lease_until_us = 0;
                item.outbox.next_retry_us = next_retry_us;
                item.rev += 1;
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    fn void_leases(&self) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            for item in state.items.values_mut().filter(|item| item.outbox.lease_until_us != 0) {
                item.outbox.lease_until_us = 0;
                item.rev += 1;
            }
            state.deliveries.values_mut().for_each(|delivery| delivery.lease_until_us = 0);
            state.passes.clear();
            Ok(())
        })
    }

    fn next_due(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>> {
        self.run(|state| {
            let pending = state.items.values().filter(|item| {
                item.outbox.status == OutboxStatus::Pending
                    && is_live(item)
                    && connections.contains(&item.connection)
                    && item.parent.is_none_or(|parent| state.is_on_tracker(parent))
            });
            Ok(pending.map(|item| item.outbox.next_retry_us.max(item.outbox.lease_until_us)).min())
        })
    }

    fn outbox(&self, status: Option<OutboxStatus>, limit: usize) -> BoxFuture<'_, Result<Vec<Item>>> {
        self.run(|state| {
            let wanted = |item: &&Item| match status {
                Some(status) => item.outbox.status == status,
                None => item.outbox.status != OutboxStatus::Completed,
            };
            let mut found: Vec<Item> = state.items.values().filter(wanted).cloned().collect();
            found.sort_by_key(|item| (item.outbox.next_retry_us, item.id));
            found.truncate(limit);
            Ok(found)
        })
    }
}

fn is_due(item: &Item, now_us: i64) -> bool {
    item.outbox.status == OutboxStatus::Pending
        && item.outbox.next_retry_us <= now_us
        && !item.outbox.is_leased(now_us)
        && is_live(item)
}

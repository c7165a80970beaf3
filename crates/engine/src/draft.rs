//! A row under change, and the commit of it: what it was, what it becomes, and what must be written with it.

use crate::engine::Engine;
use crate::error::StepError;
use crate::ground::Ground;
use crate::link::Link;
use issuesync_model::log::{self, Entry};
use issuesync_model::{Cx, Event, Fields, Item, ItemId, Lifecycle, LogId, LogRow, Notification};
use issuesync_store::{Answer, Batch, ChangeSet, StoreError, Write};
use std::collections::BTreeMap;

/// How often a change is made again because its row changed meanwhile; each round loses a race to somebody who made progress.
pub(crate) const ROUNDS: usize = 10;

/// An item under change: what it was, what it becomes, and what must be written with it.
pub(crate) struct Draft {
    pub item: Item,
    before: Option<Item>,
    pub set: ChangeSet,
    entries: Vec<Entry>,
}

impl Draft {
    pub(crate) fn of(item: Item) -> Self {
        Self { before: Some(item.clone()), item, set: ChangeSet::default(), entries: Vec::new() }
    }

    pub(crate) fn new(item: Item) -> Self {
        Self { before: None, item, set: ChangeSet::default(), entries: Vec::new() }
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn notify(&mut self, cx: &Cx, event: Event, detail: String) {
        self.set.notifications.push(Notification {
            id: cx.uuid(),
            connection: self.item.connection,
            item: Some(self.item.id),
            event,
            detail,
            time_us: cx.now_us(),
        });
    }

    /// Numbers, chains and stamps; the change set is complete then. A draft that changed nothing writes no row.
    pub(crate) fn finish(mut self, cx: &Cx, link: &Link, cause: Option<&str>) -> (ChangeSet, Item, bool) {
        let now_us = cx.now_us();
        let changed = self.before.as_ref() != Some(&self.item) || !self.entries.is_empty();
        if !changed {
            return (self.set, self.item, false);
        }
        if self
            .before
            .as_ref()
            .is_some_and(|before| before.local != self.item.local && before.version == self.item.version)
        {
            self.item.version += 1;
        }
        for mut entry in std::mem::take(&mut self.entries) {
            entry.cause = entry.cause.or_else(|| cause.map(str::to_owned));
            let row: LogRow = log::append(&mut self.item, entry, LogId(cx.uuid()), link.connection.provider, now_us);
            self.set.log.push(row);
        }
        self.item.updated_us = now_us.max(self.item.updated_us);
        let expected = self.before.as_ref().map(|before| before.rev);
        self.item.rev = expected.unwrap_or(0) + 1;
        self.set.writes.push(Write { item: self.item.clone(), expected });
        (self.set, self.item, true)
    }
}

/// A row with nothing in it yet.
pub(crate) fn blank(id: ItemId, ground: &Ground<'_>) -> Item {
    Item {
        id,
        parent: None,
        project: ground.link.connection.project,
        connection: ground.link.connection.id,
        number: None,
        url: None,
        author: None,
        created_us: ground.now_us,
        updated_us: ground.now_us,
        base: Fields::new(),
        local: Fields::new(),
        remote: None,
        edits: BTreeMap::new(),
        attempts: Vec::new(),
        writes: BTreeMap::new(),
        conflicts: Vec::new(),
        warnings: Vec::new(),
        rev: 0,
        version: 1,
        lifecycle: Lifecycle::Creating,
        marker: issuesync_model::marker::digits(id.0),
        made_here: false,
        delete_wanted: false,
        log_seq: 0,
        log_head: String::new(),
        client_key: None,
        outbox: issuesync_model::Outbox::completed(ground.now_us),
        tombstone: None,
    }
}

impl Engine {
    /// Commits one change set and tells who listens; answers whether its rows were as expected.
    pub(crate) async fn commit_set(&self, set: ChangeSet) -> Result<bool, StoreError> {
        let applied = self.store.commit(Batch { sets: vec![set], tail: None }).await? == [Answer::Applied];
        if applied {
            self.committed();
        }
        Ok(applied)
    }

    /// Loads, changes and commits one row, again when it changed meanwhile.
    pub(crate) async fn amend(
        &self,
        cx: &Cx,
        link: &Link,
        id: ItemId,
        change: impl Fn(&mut Draft),
    ) -> Result<(), StepError> {
        for _ in 0..ROUNDS {
            let Some(item) = self.store.items(vec![id]).await?.into_iter().next() else { return Ok(()) };
            let mut draft = Draft::of(item);
            change(&mut draft);
            let (set, _, changed) = draft.finish(cx, link, None);
            if !changed {
                return Ok(());
            }
            if self.commit_set(set).await? {
                return Ok(());
            }
        }
        Err(StepError::Contended)
    }
}

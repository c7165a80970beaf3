//! The reference's issues and comments: commits, lists, search, outbox.

use super::call::{Call, Reply};
use super::model::{Model, by};
use issuesync_model::{
    ConnectionId, DeliveryState, Field, Item, ItemId, ItemKind, Lifecycle, OutboxStatus, SyncStatus,
};
use issuesync_store::{Answer, Batch, ChangeSet, Counts, IssueQuery, Known, Page, Write};

impl Model {
    pub(super) fn answer_of_items(&mut self, call: &Call) -> Reply {
        match call {
            Call::Items(ids) => self.some(|item| ids.contains(&item.id)),
            Call::IssuesNumbered(id, numbers) => self.some(|item| is_numbered(item, ItemKind::Issue, *id, numbers)),
            Call::CommentsNumbered(id, numbers) => self.some(|item| is_numbered(item, ItemKind::Comment, *id, numbers)),
            Call::CommentsOf(issue, deleted) => {
                let mut mine = self.items.clone();
                mine.retain(|item| item.parent == Some(*issue) && (*deleted || is_live(item)));
                Reply::Items(by(mine, |item| (item.created_us, item.id)))
            }
            Call::CommentCounts(issues) => {
                let count = |issue: &ItemId| {
                    let open = |item: &&Item| matches!(item.lifecycle, Lifecycle::Linked | Lifecycle::Creating);
                    self.items.iter().filter(open).filter(|item| item.parent == Some(*issue)).count() as i64
                };
                let counts = issues.iter().map(|issue| (*issue, count(issue)));
                Reply::PerIssue(counts.filter(|(_, count)| *count > 0).collect())
            }
            Call::Marked(id, markers) => self.some(|item| item.connection == *id && markers.contains(&item.marker)),
            Call::Keyed(key) => {
                let found = self.items.iter().find(|item| item.client_key.as_deref() == Some(key));
                Reply::Item(found.cloned().map(Box::new))
            }
            Call::Known(id) => {
                let mut mine = by(self.items.clone(), |item| item.number);
                mine.retain(|item| {
                    item.kind() == ItemKind::Issue
                        && item.connection == *id
                        && matches!(item.lifecycle, Lifecycle::Linked | Lifecycle::Detached)
                });
                let known = mine.iter().filter_map(|item| Some(Known { id: item.id, number: item.number? }));
                Reply::Known(known.collect())
            }
            Call::List(query) => Reply::Page(self.page(query, "")),
            Call::Search(text, query) => Reply::Page(self.page(query, text)),
            Call::Conflicted(id, limit) => {
                let mut open = self.items.clone();
                open.retain(|item| !item.conflicts.is_empty() && id.is_none_or(|id| id == item.connection));
                let opened = |item: &Item| item.conflicts.iter().map(|conflict| conflict.opened_us).min();
                Reply::Items(first(by(open, |item| (opened(item), item.id)), *limit))
            }
            Call::Counts(id) => Reply::Counts(self.counts(*id)),
            Call::DeletedSince(id, since_us) => {
                let buried = |item: &&Item| {
                    item.kind() == ItemKind::Issue
                        && item.connection == *id
                        && item.tombstone.as_ref().is_some_and(|tombstone| tombstone.at_us >= *since_us)
                };
                Reply::Number(self.items.iter().filter(buried).count() as i64)
            }
            Call::Commit(batch) => Reply::Answers(self.commit(batch)),
            Call::SweepTombstones(before_us) => {
                let old = |item: &Item| item.tombstone.as_ref().is_some_and(|tombstone| tombstone.at_us < *before_us);
                let gone: Vec<ItemId> = self.items.iter().filter(|item| old(item)).map(|item| item.id).collect();
                let before = self.items.len();
                self.items.retain(|item| !gone.contains(&item.id) && !gone.contains(&item.issue()));
                Reply::Number((before - self.items.len()) as i64)
            }
            other => self.answer_of_outbox(other),
        }
    }

    fn answer_of_outbox(&mut self, call: &Call) -> Reply {
        match call {
            Call::Claim(ids, now_us, lease_us, limit) => {
                let mut due = by(self.waiting(ids), |item| (item.outbox.next_retry_us, item.id));
                due.retain(|item| item.outbox.next_retry_us <= *now_us && item.outbox.lease_until_us <= *now_us);
                let mut due = first(due, *limit);
                for claimed in &mut due {
                    claimed.outbox.lease_until_us = now_us + lease_us;
                    claimed.outbox.fence += 1;
                    claimed.rev += 1;
                    self.put(claimed.clone());
                }
                Reply::Items(due)
            }
            Call::Release(id, fence, at_us) => {
                let mine = self.items.iter_mut().find(|item| item.id == *id && item.outbox.fence == *fence);
                let released = mine.map(|item| {
                    item.outbox.lease_until_us = 0;
                    item.outbox.next_retry_us = *at_us;
                    item.rev += 1;
                });
                Reply::Flag(released.is_some())
            }
            Call::VoidLeases => {
                for item in self.items.iter_mut().filter(|item| item.outbox.lease_until_us != 0) {
                    item.outbox.lease_until_us = 0;
                    item.rev += 1;
                }
                self.deliveries.iter_mut().for_each(|delivery| delivery.lease_until_us = 0);
                self.passes.clear();
                Reply::Nothing
            }
            Call::NextDue(ids) => {
                let due = |item: Item| item.outbox.next_retry_us.max(item.outbox.lease_until_us);
                Reply::Time(self.waiting(ids).into_iter().map(due).min())
            }
            Call::Outbox(status, limit) => {
                let mut wanted = by(self.items.clone(), |item| (item.outbox.next_retry_us, item.id));
                wanted.retain(|item| match status {
                    Some(status) => item.outbox.status == *status,
                    None => item.outbox.status != OutboxStatus::Completed,
                });
                Reply::Items(first(wanted, *limit))
            }
            other => self.answer_of_waits(other),
        }
    }

    pub(super) fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    fn put(&mut self, item: Item) {
        self.items.retain(|known| known.id != item.id);
        self.items.push(item);
    }

    fn some(&self, wanted: impl Fn(&Item) -> bool) -> Reply {
        Reply::Items(by(self.items.iter().filter(|item| wanted(item)).cloned().collect(), |item| item.id))
    }

    fn waiting(&self, ids: &[ConnectionId]) -> Vec<Item> {
        let has_place =
            |item: &Item| item.parent.is_none_or(|issue| self.item(issue).is_some_and(|issue| issue.number.is_some()));
        let mut waiting = self.items.clone();
        waiting.retain(|item| {
            item.outbox.status == OutboxStatus::Pending
                && ids.contains(&item.connection)
                && is_live(item)
                && has_place(item)
        });
        waiting
    }

    fn page(&self, query: &IssueQuery, text: &str) -> Page {
        let wanted = words(text);
        let mut found = by(self.items.clone(), |item| std::cmp::Reverse((item.updated_us, item.id)));
        found.retain(|item| {
            let there = words(&format!("{} {}", item.local.text(Field::Title), item.local.text(Field::Body)));
            item.kind() == ItemKind::Issue
                && query.project.is_none_or(|project| project == item.project)
                && query.connection.is_none_or(|connection| connection == item.connection)
                && query.open.is_none_or(|open| open == item.local.state().is_open())
                && query.label.as_ref().is_none_or(|label| item.local.elements(Field::Labels).contains(label))
                && query.assignee.as_ref().is_none_or(|id| item.local.elements(Field::Assignees).contains(id))
                && query.sync_status.is_none_or(|status| status == item.sync_status())
                && query.updated_since_us.is_none_or(|since_us| item.updated_us >= since_us)
                && (query.deleted || (item.sync_status() != SyncStatus::Deleted && !item.is_being_deleted()))
                && query.after.is_none_or(|after| (item.updated_us, item.id) < after)
                && wanted.iter().all(|word| there.contains(word))
        });
        let more = found.len() > query.limit;
        let items = first(found, query.limit);
        let next = items.last().filter(|_| more).map(|item| (item.updated_us, item.id));
        Page { items, next }
    }

    fn counts(&self, id: ConnectionId) -> Counts {
        let mine: Vec<&Item> = self.items.iter().filter(|item| item.connection == id && is_live(item)).collect();
        let count = |wanted: &dyn Fn(&Item) -> bool| mine.iter().filter(|item| wanted(item)).count() as i64;
        Counts {
            issues: count(&|item| item.kind() == ItemKind::Issue),
            drafts: count(&|item| item.kind() == ItemKind::Issue && item.number.is_none()),
            comments: count(&|item| item.kind() == ItemKind::Comment),
            pending: count(&|item| item.outbox.status == OutboxStatus::Pending),
            failed: count(&|item| item.outbox.status == OutboxStatus::Failed),
            conflicts: count(&|item| !item.conflicts.is_empty()),
        }
    }

    fn commit(&mut self, batch: &Batch) -> Vec<Answer> {
        let answers: Vec<Answer> = batch.sets.iter().map(|set| self.commit_set(set)).collect();
        if let Some(tail) = batch.tail.as_ref().filter(|_| answers.iter().all(|answer| *answer == Answer::Applied)) {
            for known in self.connections.iter_mut().filter(|known| known.id == tail.connection) {
                tail.changes.iter().cloned().for_each(|change| change.apply(known));
            }
            self.events.extend(tail.events.iter().cloned());
            self.finish(&tail.deliveries_done, DeliveryState::Done);
            self.notifications.extend(tail.notifications.iter().cloned());
        }
        answers
    }

    fn commit_set(&mut self, set: &ChangeSet) -> Answer {
        let before = self.clone();
        for write in &set.writes {
            if !self.may_write(write) {
                *self = before;
                return Answer::Stale;
            }
            self.put(write.item.clone());
        }
        for row in &set.log {
            self.logged += 1;
            self.log.push((self.logged, row.clone()));
        }
        self.checks.retain(|check| !set.checks_done.contains(&check.key));
        set.checks.iter().for_each(|check| self.put_check(check));
        self.finish(&set.deliveries_done, DeliveryState::Done);
        self.notifications.extend(set.notifications.iter().cloned());
        Answer::Applied
    }

    fn may_write(&self, write: &Write) -> bool {
        let item = &write.item;
        let others = || self.items.iter().filter(|other| other.id != item.id);
        let is_free = others().all(|other| {
            let here = other.connection == item.connection;
            let numbered = item.number.is_some() && item.number == other.number && item.kind() == other.kind();
            let keyed = item.client_key.is_some() && item.client_key == other.client_key;
            !keyed && !(here && (numbered || item.marker == other.marker))
        });
        self.item(item.id).map(|known| known.rev) == write.expected
            && self.connection(item.connection).is_some()
            && item.parent.is_none_or(|issue| self.item(issue).is_some_and(|issue| issue.connection == item.connection))
            && is_free
    }
}

fn is_live(item: &Item) -> bool {
    item.lifecycle != Lifecycle::Deleted
}

fn is_numbered(item: &Item, kind: ItemKind, id: ConnectionId, numbers: &[i64]) -> bool {
    item.kind() == kind && item.connection == id && item.number.is_some_and(|number| numbers.contains(&number))
}

fn first<T>(mut rows: Vec<T>, limit: usize) -> Vec<T> {
    rows.truncate(limit);
    rows
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

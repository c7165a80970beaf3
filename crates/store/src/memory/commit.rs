//! The commit of a batch in memory: each set whole or not at all, the tail only after all of them.

use super::state::State;
use crate::change::{Answer, Batch, ChangeSet, Write};
use issuesync_model::{DeliveryKey, DeliveryState, Item, ItemId};

impl State {
    pub(super) fn commit(&mut self, batch: Batch) -> Vec<Answer> {
        let answers: Vec<Answer> = batch.sets.into_iter().map(|set| self.commit_set(set)).collect();
        if let Some(tail) = batch.tail
            && answers.iter().all(|answer| *answer == Answer::Applied)
        {
            self.change_connection(tail.connection, tail.changes);
            self.events.extend(tail.events);
            self.finish(&tail.deliveries_done);
            self.notifications.extend(tail.notifications);
        }
        answers
    }

    fn commit_set(&mut self, set: ChangeSet) -> Answer {
        if !self.write_all(set.writes) {
            return Answer::Stale;
        }
        for row in set.log {
            self.logged += 1;
            self.log.push((self.logged, row));
        }
        for key in &set.checks_done {
            self.checks.remove(key);
        }
        for check in set.checks {
            self.put_check(check);
        }
        self.finish(&set.deliveries_done);
        self.notifications.extend(set.notifications);
        Answer::Applied
    }

    /// Writes the rows one after the other, or none of them; answers whether it did.
    fn write_all(&mut self, writes: Vec<Write>) -> bool {
        let mut before: Vec<(ItemId, Option<Item>)> = Vec::with_capacity(writes.len());
        for write in writes {
            if self.is_stale(&write) {
                for (id, item) in before.into_iter().rev() {
                    match item {
                        Some(item) => drop(self.items.insert(id, item)),
                        None => drop(self.items.remove(&id)),
                    }
                }
                return false;
            }
            let id = write.item.id;
            before.push((id, self.items.insert(id, write.item)));
        }
        true
    }

    fn is_stale(&self, write: &Write) -> bool {
        let item = &write.item;
        self.items.get(&item.id).map(|known| known.rev) != write.expected
            || !self.connections.contains_key(&item.connection)
            || item
                .parent
                .is_some_and(|issue| self.items.get(&issue).is_none_or(|issue| issue.connection != item.connection))
            || self.breaks_unique(item)
    }

    fn breaks_unique(&self, item: &Item) -> bool {
        self.items.values().any(|other| other.id != item.id && clash(other, item))
    }

    pub(super) fn finish(&mut self, keys: &[DeliveryKey]) {
        for key in keys {
            self.waiting.remove(key);
            if let Some(delivery) = self.deliveries.get_mut(key) {
                delivery.state = DeliveryState::Done;
                delivery.lease_until_us = 0;
            }
        }
    }
}

/// Whether two rows claim the same thing.
fn clash(left: &Item, right: &Item) -> bool {
    let same_place = left.connection == right.connection && left.kind() == right.kind();
    (same_place && left.number.is_some() && left.number == right.number)
        || (left.connection == right.connection && left.marker == right.marker)
        || (left.client_key.is_some() && left.client_key == right.client_key)
}

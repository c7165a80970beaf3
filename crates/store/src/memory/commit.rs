//! The commit of a batch in memory: each set whole or not at all, the tail only after all of them.

use super::state::State;
use crate::change::{Answer, Batch, ChangeSet, Write};
use issuesync_model::DeliveryState;
use issuesync_model::{DeliveryKey, Item};

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
        if set.writes.iter().any(|write| self.is_stale(write)) || inserts_clash(&set.writes) {
            return Answer::Stale;
        }
        for write in set.writes {
            self.items.insert(write.item.id, write.item);
        }
        self.log.extend(set.log);
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

    fn is_stale(&self, write: &Write) -> bool {
        let known = self.items.get(&write.item.id);
        match write.expected {
            Some(rev) => known.is_none_or(|item| item.rev != rev) || self.breaks_unique(&write.item),
            None => known.is_some() || self.breaks_unique(&write.item),
        }
    }

    fn breaks_unique(&self, item: &Item) -> bool {
        self.items.values().any(|other| other.id != item.id && clash(other, item))
    }

    pub(super) fn finish(&mut self, keys: &[DeliveryKey]) {
        for key in keys {
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

fn inserts_clash(writes: &[Write]) -> bool {
    writes.iter().enumerate().any(|(index, write)| {
        writes[..index].iter().any(|other| other.item.id == write.item.id || clash(&other.item, &write.item))
    })
}

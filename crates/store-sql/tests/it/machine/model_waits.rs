//! The reference's checks and deliveries.

use super::call::{Call, Reply};
use super::model::{Model, by};
use issuesync_model::{
    Check, CheckKey, CheckKind, ConnectionChange, ConnectionId, Delivery, DeliveryKey, DeliveryState,
};
use issuesync_store::Appended;

impl Model {
    pub(super) fn answer_of_waits(&mut self, call: &Call) -> Reply {
        match call {
            Call::PutChecks(checks) => {
                if checks.iter().any(|check| self.connection(check.key.connection).is_none()) {
                    return Reply::Refused;
                }
                checks.iter().for_each(|check| self.put_check(check));
                Reply::Nothing
            }
            Call::ClaimChecks(ids, now_us, lease_us, limit) => {
                let mut due = by(self.claimable(ids), |check| (check.due_us, order(&check.key)));
                due.retain(|check| check.due_us <= *now_us);
                due.truncate(*limit);
                for claimed in &mut due {
                    claimed.tries += 1;
                    claimed.due_us = now_us + lease_us;
                    self.replace(claimed.clone());
                }
                Reply::Checks(due)
            }
            Call::ReplaceCheck(check) => {
                if self.connection(check.key.connection).is_none() {
                    return Reply::Refused;
                }
                self.replace(check.clone());
                Reply::Nothing
            }
            Call::SettleChecks(keys) => {
                self.checks.retain(|check| !keys.contains(&check.key));
                Reply::Nothing
            }
            Call::Checks(id, kind) => {
                let mut mine = by(self.checks.clone(), |check| order(&check.key));
                mine.retain(|check| check.key.connection == *id && check.key.kind == *kind);
                Reply::Checks(mine)
            }
            Call::NextCheck(ids) => Reply::Time(self.claimable(ids).iter().map(|check| check.due_us).min()),
            other => self.answer_of_queue(other),
        }
    }

    fn answer_of_queue(&mut self, call: &Call) -> Reply {
        match call {
            Call::Append(deliveries) => {
                if deliveries.iter().any(|delivery| self.connection(delivery.key.connection).is_none()) {
                    return Reply::Refused;
                }
                Reply::Appended(deliveries.iter().map(|delivery| self.append(delivery)).collect())
            }
            Call::ClaimDeliveries(now_us, lease_us, limit) => {
                let mut free = by(self.deliveries.clone(), |delivery| (delivery.received_us, delivery.key.clone()));
                free.retain(|delivery| delivery.state == DeliveryState::Queued && delivery.lease_until_us <= *now_us);
                free.truncate(*limit);
                for claimed in &mut free {
                    claimed.tries += 1;
                    claimed.lease_until_us = now_us + lease_us;
                    let key = claimed.key.clone();
                    self.delivery(&key).into_iter().for_each(|known| *known = claimed.clone());
                }
                Reply::Deliveries(free)
            }
            Call::Finish(keys) => {
                self.finish(keys, DeliveryState::Done);
                Reply::Nothing
            }
            Call::ReleaseDeliveries(keys, at_us) => {
                for known in self.deliveries.iter_mut().filter(|delivery| keys.contains(&delivery.key)) {
                    if known.state == DeliveryState::Queued {
                        known.lease_until_us = *at_us;
                    }
                }
                Reply::Nothing
            }
            Call::Bury(key, error) => {
                self.finish(std::slice::from_ref(key), DeliveryState::Dead);
                self.delivery(key).into_iter().for_each(|known| known.error = Some(error.clone()));
                let mine = self.connections.iter_mut().filter(|known| known.id == key.connection);
                mine.for_each(|known| ConnectionChange::Dirty.apply(known));
                Reply::Nothing
            }
            Call::Replay(key) => Reply::Flag(
                self.delivery(key)
                    .map(|known| {
                        (known.state, known.tries, known.lease_until_us) = (DeliveryState::Queued, 0, 0);
                        known.error = None;
                    })
                    .is_some(),
            ),
            Call::Deliveries(id, state, limit) => {
                let newest = |delivery: &Delivery| std::cmp::Reverse((delivery.received_us, delivery.key.clone()));
                let mut found = by(self.deliveries.clone(), newest);
                found.retain(|delivery| {
                    id.is_none_or(|id| id == delivery.key.connection)
                        && state.is_none_or(|state| state == delivery.state)
                });
                found.truncate(*limit);
                Reply::Deliveries(found)
            }
            Call::Queued => {
                let queued = self.deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Queued);
                Reply::Number(queued.count() as i64)
            }
            Call::SweepDeliveries(before_us) => {
                let before = self.deliveries.len();
                self.deliveries
                    .retain(|delivery| delivery.state == DeliveryState::Queued || delivery.received_us >= *before_us);
                Reply::Number((before - self.deliveries.len()) as i64)
            }
            other => unreachable!("{other:?} is answered elsewhere"),
        }
    }

    pub(super) fn finish(&mut self, keys: &[DeliveryKey], state: DeliveryState) {
        for known in self.deliveries.iter_mut().filter(|delivery| keys.contains(&delivery.key)) {
            (known.state, known.lease_until_us) = (state, 0);
        }
    }

    pub(super) fn put_check(&mut self, check: &Check) {
        let known = self.checks.iter_mut().find(|known| known.key == check.key);
        match (known, check.key.kind) {
            (None, _) => self.replace(check.clone()),
            (Some(known), CheckKind::Audit | CheckKind::Refetch) => known.due_us = known.due_us.min(check.due_us),
            (Some(_), CheckKind::Gone | CheckKind::Regressed) => {}
        }
    }

    fn replace(&mut self, check: Check) {
        self.checks.retain(|known| known.key != check.key);
        self.checks.push(check);
    }

    fn claimable(&self, ids: &[ConnectionId]) -> Vec<Check> {
        let mut open = self.checks.clone();
        open.retain(|check| ids.contains(&check.key.connection) && !check.evidence.held);
        open
    }

    fn delivery(&mut self, key: &DeliveryKey) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|known| known.key == *key)
    }

    fn append(&mut self, delivery: &Delivery) -> Appended {
        match self.delivery(&delivery.key) {
            None => {
                self.deliveries.push(delivery.clone());
                Appended::Queued
            }
            Some(known) if known.state == DeliveryState::Dead => {
                *known = delivery.clone();
                Appended::Again
            }
            Some(_) => Appended::Repeat,
        }
    }
}

/// Checks that are due at the same time come in this order.
fn order(key: &CheckKey) -> (ConnectionId, i64, i64, &'static str) {
    (key.connection, key.number, key.comment.unwrap_or(0), key.kind.word())
}

//! Checks and deliveries in memory.

use super::MemoryStore;
use crate::checks::Checks;
use crate::deliveries::{Appended, Deliveries};
use crate::error::Result;
use issuesync_model::{
    BoxFuture, Check, CheckKey, CheckKind, ConnectionChange, ConnectionId, Delivery, DeliveryKey, DeliveryState,
};

impl Checks for MemoryStore {
    fn put_checks(&self, checks: Vec<Check>) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            checks.iter().try_for_each(|check| state.need(check.key.connection))?;
            checks.into_iter().for_each(|check| state.put_check(check));
            Ok(())
        })
    }

    fn claim_checks(
        &self,
        connections: Vec<ConnectionId>,
        now_us: i64,
        lease_us: i64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Check>>> {
        self.run(|state| {
            let mut due: Vec<(i64, CheckKey)> = state
                .checks
                .values()
                .filter(|check| {
                    connections.contains(&check.key.connection) && check.due_us <= now_us && !check.evidence.held
                })
                .map(|check| (check.due_us, check.key.clone()))
                .collect();
            due.sort_by(|left, right| order(left).cmp(&order(right)));
            due.truncate(limit);
            let claim = |(_, key)| {
                let check = state.checks.get_mut(&key)?;
                check.tries += 1;
                check.due_us = now_us + lease_us;
                Some(check.clone())
            };
            Ok(due.into_iter().filter_map(claim).collect())
        })
    }

    fn replace_check(&self, check: Check) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.need(check.key.connection)?;
            state.checks.insert(check.key.clone(), check);
            Ok(())
        })
    }

    fn settle_checks(&self, keys: Vec<CheckKey>) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            keys.iter().for_each(|key| drop(state.checks.remove(key)));
            Ok(())
        })
    }

    fn checks(&self, connection: ConnectionId, kind: CheckKind) -> BoxFuture<'_, Result<Vec<Check>>> {
        self.run(|state| {
            let wanted =
                state.checks.values().filter(|check| check.key.connection == connection && check.key.kind == kind);
            Ok(wanted.cloned().collect())
        })
    }

    fn next_check(&self, connections: Vec<ConnectionId>) -> BoxFuture<'_, Result<Option<i64>>> {
        self.run(|state| {
            let open = state
                .checks
                .values()
                .filter(|check| connections.contains(&check.key.connection) && !check.evidence.held);
            Ok(open.map(|check| check.due_us).min())
        })
    }
}

/// Those due at the same time come in the order of their place and the word of their kind.
fn order((due_us, key): &(i64, CheckKey)) -> (i64, ConnectionId, i64, Option<i64>, &'static str) {
    (*due_us, key.connection, key.number, key.comment, key.kind.word())
}

impl Deliveries for MemoryStore {
    fn append(&self, deliveries: Vec<Delivery>) -> BoxFuture<'_, Result<Vec<Appended>>> {
        self.run(|state| {
            deliveries.iter().try_for_each(|delivery| state.need(delivery.key.connection))?;
            let append = |delivery: Delivery| {
                let appended = match state.deliveries.get(&delivery.key).map(|known| known.state) {
                    None => Appended::Queued,
                    Some(DeliveryState::Dead) => Appended::Again,
                    Some(_) => return Appended::Repeat,
                };
                if delivery.state == DeliveryState::Queued {
                    state.waiting.insert(delivery.key.clone());
                }
                state.deliveries.insert(delivery.key.clone(), delivery);
                appended
            };
            Ok(deliveries.into_iter().map(append).collect())
        })
    }

    fn claim_deliveries(&self, now_us: i64, lease_us: i64, limit: usize) -> BoxFuture<'_, Result<Vec<Delivery>>> {
        self.run(|state| {
            let mut waiting: Vec<(i64, DeliveryKey)> = state
                .waiting
                .iter()
                .filter_map(|key| state.deliveries.get(key))
                .filter(|delivery| delivery.lease_until_us <= now_us)
                .map(|delivery| (delivery.received_us, delivery.key.clone()))
                .collect();
            waiting.sort();
            waiting.truncate(limit);
            let claim = |(_, key)| {
                let delivery = state.deliveries.get_mut(&key)?;
                delivery.tries += 1;
                delivery.lease_until_us = now_us + lease_us;
                Some(delivery.clone())
            };
            Ok(waiting.into_iter().filter_map(claim).collect())
        })
    }

    fn finish_deliveries(&self, keys: Vec<DeliveryKey>) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.finish(&keys);
            Ok(())
        })
    }

    fn release_deliveries(&self, keys: Vec<DeliveryKey>, not_before_us: i64) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            for key in keys {
                if let Some(delivery) =
                    state.deliveries.get_mut(&key).filter(|delivery| delivery.state == DeliveryState::Queued)
                {
                    delivery.lease_until_us = not_before_us;
                }
            }
            Ok(())
        })
    }

    fn bury(&self, key: DeliveryKey, error: String) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            if let Some(delivery) = state.deliveries.get_mut(&key) {
                state.waiting.remove(&key);
                delivery.state = DeliveryState::Dead;
                delivery.lease_until_us = 0;
                delivery.error = Some(error);
            }
            state.change_connection(key.connection, vec![ConnectionChange::Dirty]);
            Ok(())
        })
    }

    fn replay(&self, key: DeliveryKey) -> BoxFuture<'_, Result<bool>> {
        self.run(|state| {
            let Some(delivery) = state.deliveries.get_mut(&key) else { return Ok(false) };
            state.waiting.insert(key);
            delivery.state = DeliveryState::Queued;
            (delivery.tries, delivery.lease_until_us, delivery.error) = (0, 0, None);
            Ok(true)
        })
    }

    fn deliveries(
        &self,
        connection: Option<ConnectionId>,
        wanted: Option<DeliveryState>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Delivery>>> {
        self.run(|state| {
            let passes = |delivery: &&Delivery| {
                connection.is_none_or(|id| id == delivery.key.connection)
                    && wanted.is_none_or(|state| state == delivery.state)
            };
            let mut found: Vec<Delivery> = state.deliveries.values().filter(passes).cloned().collect();
            found.sort_by(|left, right| (right.received_us, &right.key).cmp(&(left.received_us, &left.key)));
            found.truncate(limit);
            Ok(found)
        })
    }

    fn queued(&self) -> BoxFuture<'_, Result<i64>> {
        self.run(|state| Ok(state.waiting.len() as i64))
    }

    fn sweep_deliveries(&self, before_us: i64) -> BoxFuture<'_, Result<i64>> {
        self.run(|state| {
            let before = state.deliveries.len();
            state
                .deliveries
                .retain(|_, delivery| delivery.state == DeliveryState::Queued || delivery.received_us >= before_us);
            Ok((before - state.deliveries.len()) as i64)
        })
    }
}

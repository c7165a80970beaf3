//! What the memory store holds, and the look-ups that several ports share.

use issuesync_model::{
    Account, AccountId, Catalog, Check, CheckKey, Connection, ConnectionChange, ConnectionEvent, ConnectionId,
    Delivery, DeliveryKey, Item, ItemId, ItemKind, Lifecycle, LogRow, Notification, Project, TokenId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Result, StoreError};
use crate::tokens::Token;

#[derive(Clone, Default)]
pub(super) struct State {
    pub projects: BTreeMap<String, Project>,
    pub accounts: BTreeMap<AccountId, Account>,
    pub connections: BTreeMap<ConnectionId, Arc<Connection>>,
    pub passes: BTreeMap<ConnectionId, i64>,
    pub catalogs: BTreeMap<ConnectionId, Catalog>,
    pub items: BTreeMap<ItemId, Item>,
    pub checks: BTreeMap<CheckKey, Check>,
    pub deliveries: BTreeMap<DeliveryKey, Delivery>,
    /// Those of them that wait: the others are kept for weeks, and workers ask every moment.
    pub waiting: BTreeSet<DeliveryKey>,
    /// Rows with their positions, which are never given twice.
    pub log: Vec<(i64, LogRow)>,
    /// The last position given.
    pub logged: i64,
    pub events: Vec<ConnectionEvent>,
    pub notifications: Vec<Notification>,
    pub tokens: BTreeMap<TokenId, Token>,
}

impl State {
    pub(super) fn of_connection(&self, connection: ConnectionId, kind: ItemKind) -> impl Iterator<Item = &Item> {
        self.items.values().filter(move |item| item.connection == connection && item.kind() == kind)
    }

    pub(super) fn is_on_tracker(&self, id: ItemId) -> bool {
        self.items.get(&id).is_some_and(|item| item.number.is_some())
    }

    /// Puts a check by the rules of [`crate::Checks::put_checks`].
    pub(super) fn put_check(&mut self, check: Check) {
        use issuesync_model::CheckKind::{Audit, Gone, Refetch, Regressed};
        match (self.checks.get_mut(&check.key), check.key.kind) {
            (None, _) => {
                self.checks.insert(check.key.clone(), check);
            }
            (Some(known), Audit | Refetch) => known.due_us = known.due_us.min(check.due_us),
            (Some(_), Gone | Regressed) => {}
        }
    }

    /// What belongs to a connection is written only while that is there.
    pub(super) fn need(&self, connection: ConnectionId) -> Result<()> {
        if self.connections.contains_key(&connection) {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!("connection {connection} is not there")))
    }

    pub(super) fn change_connection(&mut self, id: ConnectionId, changes: Vec<ConnectionChange>) -> Option<Connection> {
        let connection = self.connections.get_mut(&id)?;
        if !changes.is_empty() {
            let connection = Arc::make_mut(connection);
            changes.into_iter().for_each(|change| change.apply(connection));
        }
        Some(Connection::clone(connection))
    }
}

/// Whether a row still lives on the mirror.
pub(super) fn is_live(item: &Item) -> bool {
    item.lifecycle != Lifecycle::Deleted
}

//! Projects, accounts, connections, catalogs and tokens in memory.

use super::MemoryStore;
use crate::connections::{Connections, Inserted};
use crate::error::{Result, StoreError};
use crate::tokens::{Token, Tokens};
use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Connection, ConnectionChange, ConnectionEvent, ConnectionId, Project,
    TokenId,
};
use std::sync::Arc;

impl Connections for MemoryStore {
    fn project(&self, project: Project) -> BoxFuture<'_, Result<Project>> {
        self.run(|state| Ok(state.projects.entry(project.name.clone()).or_insert(project).clone()))
    }

    fn projects(&self) -> BoxFuture<'_, Result<Vec<Project>>> {
        self.run(|state| Ok(state.projects.values().cloned().collect()))
    }

    fn put_account(&self, account: Account) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.accounts.insert(account.id, account);
            Ok(())
        })
    }

    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Option<Account>>> {
        self.run(|state| Ok(state.accounts.get(&id).cloned()))
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<Account>>> {
        self.run(|state| Ok(state.accounts.values().cloned().collect()))
    }

    fn insert_connection(&self, connection: Connection) -> BoxFuture<'_, Result<Inserted>> {
        self.run(|state| {
            let base = |id: AccountId| state.accounts.get(&id).map(|account| account.base_url.clone());
            let taken = state.connections.values().find(|known| {
                known.name == connection.name
                    || (known.repo_id == connection.repo_id && base(known.account) == base(connection.account))
            });
            if let Some(taken) = taken {
                return Ok(Inserted::Taken(Box::new(Connection::clone(taken))));
            }
            if !state.accounts.contains_key(&connection.account) {
                return Err(StoreError::Unavailable(format!("account {} is not there", connection.account)));
            }
            state.connections.insert(connection.id, Arc::new(connection));
            Ok(Inserted::New)
        })
    }

    fn connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<Option<Connection>>> {
        self.run(|state| Ok(state.connections.get(&id).map(|found| Connection::clone(found))))
    }

    fn connections(&self) -> BoxFuture<'_, Result<Vec<Arc<Connection>>>> {
        self.run(|state| {
            let mut all: Vec<Arc<Connection>> = state.connections.values().cloned().collect();
            all.sort_by(|left, right| left.name.cmp(&right.name));
            Ok(all)
        })
    }

    fn change_connection(
        &self,
        id: ConnectionId,
        changes: Vec<ConnectionChange>,
        events: Vec<ConnectionEvent>,
    ) -> BoxFuture<'_, Result<Option<Connection>>> {
        self.run(|state| {
            let changed = state.change_connection(id, changes);
            if changed.is_some() {
                state.events.extend(events);
            }
            Ok(changed)
        })
    }

    fn remove_connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<bool>> {
        self.run(|state| {
            let gone: Vec<_> = state.items.values().filter(|item| item.connection == id).map(|item| item.id).collect();
            state.items.retain(|_, item| item.connection != id);
            state.log.retain(|(_, row)| !gone.contains(&row.issue));
            state.checks.retain(|key, _| key.connection != id);
            state.deliveries.retain(|key, _| key.connection != id);
            state.waiting.retain(|key| key.connection != id);
            state.events.retain(|event| event.connection != id);
            state.notifications.retain(|notification| notification.connection != id);
            state.catalogs.remove(&id);
            state.passes.remove(&id);
            Ok(state.connections.remove(&id).is_some())
        })
    }

    fn claim_pass(&self, id: ConnectionId, now_us: i64, until_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.run(|state| {
            let held = state.passes.get(&id).is_some_and(|held_us| *held_us > now_us);
            if held || !state.connections.contains_key(&id) {
                return Ok(false);
            }
            state.passes.insert(id, until_us);
            Ok(true)
        })
    }

    fn release_pass(&self, id: ConnectionId) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.passes.remove(&id);
            Ok(())
        })
    }

    fn catalog(&self, id: ConnectionId) -> BoxFuture<'_, Result<Catalog>> {
        self.run(|state| Ok(state.catalogs.get(&id).cloned().unwrap_or_default()))
    }

    fn put_catalog(&self, id: ConnectionId, catalog: Catalog) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.need(id)?;
            let catalog = Catalog {
                labels: by_id(catalog.labels, |label| label.id),
                milestones: by_id(catalog.milestones, |milestone| milestone.id),
                users: by_id(catalog.users, |user| user.id),
            };
            state.catalogs.insert(id, catalog);
            Ok(())
        })
    }
}

/// In the order of ids; of several rows of one id the last.
fn by_id<T>(mut rows: Vec<T>, id: impl Fn(&T) -> i64) -> Vec<T> {
    rows.reverse();
    rows.sort_by_key(&id);
    rows.dedup_by_key(|row| id(row));
    rows
}

impl Tokens for MemoryStore {
    fn put_token(&self, token: Token) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            state.tokens.insert(token.id, token);
            Ok(())
        })
    }

    fn token_hashed(&self, hash: String) -> BoxFuture<'_, Result<Option<Token>>> {
        self.run(|state| Ok(state.tokens.values().find(|token| token.hash == hash).cloned()))
    }

    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>>> {
        self.run(|state| {
            let mut all: Vec<Token> = state.tokens.values().cloned().collect();
            all.sort_by_key(|token| (token.created_us, token.id));
            Ok(all)
        })
    }

    fn revoke_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.run(|state| match state.tokens.get_mut(&id) {
            Some(token) if token.revoked_us.is_none() => {
                token.revoked_us = Some(now_us);
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    fn touch_token(&self, id: TokenId, now_us: i64) -> BoxFuture<'_, Result<()>> {
        self.run(|state| {
            if let Some(token) = state.tokens.get_mut(&id) {
                token.last_used_us = Some(now_us);
            }
            Ok(())
        })
    }
}

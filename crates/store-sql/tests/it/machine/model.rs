//! The reference: what the documentation of the ports promises, written down once more as plain lists that are searched from end to end.
//!
//! It shares no code with either store. Here: connections, log, tokens; the items and the waits have files of their own.

use super::call::{Call, Reply};
use issuesync_model::{
    Account, Catalog, Check, Connection, ConnectionEvent, ConnectionId, Delivery, Item, LogRow, Notification, Project,
};
use issuesync_store::{Head, Inserted, Token};

/// Every row of the store that is to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) projects: Vec<Project>,
    pub(super) accounts: Vec<Account>,
    pub(super) connections: Vec<Connection>,
    pub(super) passes: Vec<(ConnectionId, i64)>,
    pub(super) catalogs: Vec<(ConnectionId, Catalog)>,
    pub(super) items: Vec<Item>,
    pub(super) checks: Vec<Check>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) log: Vec<(i64, LogRow)>,
    pub(super) logged: i64,
    pub(super) events: Vec<ConnectionEvent>,
    pub(super) notifications: Vec<Notification>,
    pub(super) tokens: Vec<Token>,
}

impl Model {
    /// Makes the call; the answer is the one that both stores must give.
    pub(super) fn answer(&mut self, call: &Call) -> Reply {
        match call {
            Call::Project(project) => {
                if !self.projects.iter().any(|known| known.name == project.name) {
                    self.projects.push(project.clone());
                }
                let known = self.projects.iter().find(|known| known.name == project.name);
                Reply::Project(known.unwrap_or(project).clone())
            }
            Call::Projects => Reply::Projects(by(self.projects.clone(), |project| project.name.clone())),
            Call::PutAccount(account) => {
                self.accounts.retain(|known| known.id != account.id);
                self.accounts.push(account.clone());
                Reply::Nothing
            }
            Call::Account(id) => Reply::Account(self.accounts.iter().find(|account| account.id == *id).cloned()),
            Call::Accounts => Reply::Accounts(by(self.accounts.clone(), |account| account.id)),
            Call::Insert(connection) => self.insert(connection).map_or(Reply::Refused, Reply::Inserted),
            Call::Connection(id) => Reply::Connection(self.connection(*id).cloned().map(Box::new)),
            Call::Connections => Reply::Connections(by(self.connections.clone(), |known| known.name.clone())),
            Call::Change(id, changes, events) => {
                let Some(known) = self.connections.iter_mut().find(|known| known.id == *id) else {
                    return Reply::Connection(None);
                };
                changes.iter().cloned().for_each(|change| change.apply(known));
                let known = known.clone();
                self.events.extend(events.iter().cloned());
                Reply::Connection(Some(Box::new(known)))
            }
            Call::Remove(id) => Reply::Flag(self.remove(*id)),
            Call::ClaimPass(id, now_us, until_us) => {
                let held = self.passes.iter().any(|(known, held_us)| known == id && held_us > now_us);
                if held || self.connection(*id).is_none() {
                    return Reply::Flag(false);
                }
                self.passes.push((*id, *until_us));
                Reply::Flag(true)
            }
            Call::ReleasePass(id) => {
                self.passes.retain(|(known, _)| known != id);
                Reply::Nothing
            }
            Call::Catalog(id) => {
                let known = self.catalogs.iter().find(|(known, _)| known == id);
                Reply::Catalog(known.map(|(_, catalog)| catalog.clone()).unwrap_or_default())
            }
            Call::PutCatalog(id, catalog) => {
                if self.connection(*id).is_none() {
                    return Reply::Refused;
                }
                self.catalogs.retain(|(known, _)| known != id);
                self.catalogs.push((*id, last_of_each(catalog)));
                Reply::Nothing
            }
            other => self.answer_of_log(other),
        }
    }

    fn answer_of_log(&mut self, call: &Call) -> Reply {
        match call {
            Call::History(issue) => {
                Reply::Rows(self.log.iter().map(|(_, row)| row).filter(|row| row.issue == *issue).cloned().collect())
            }
            Call::LogAfter(position, limit) => {
                Reply::Log(self.log.iter().filter(|(at, _)| at > position).take(*limit).cloned().collect())
            }
            Call::LogEnd => Reply::Number(self.log.last().map_or(0, |(at, _)| *at)),
            Call::Heads(after, limit) => {
                let mut logged = by(self.items.clone(), |item| item.id);
                logged.retain(|item| item.log_seq > 0 && after.is_none_or(|after| item.id > after));
                let heads = logged.into_iter().take(*limit);
                Reply::Heads(heads.map(|item| Head { item: item.id, seq: item.log_seq, hash: item.log_head }).collect())
            }
            Call::ConnectionLog(id, limit) => Reply::Events(
                self.events.iter().rev().filter(|event| event.connection == *id).take(*limit).cloned().collect(),
            ),
            Call::Notifications(limit) => {
                Reply::Notifications(self.notifications.iter().rev().take(*limit).cloned().collect())
            }
            Call::PutToken(token) => {
                self.tokens.retain(|known| known.id != token.id);
                self.tokens.push(token.clone());
                Reply::Nothing
            }
            Call::TokenHashed(hash) => Reply::Token(self.tokens.iter().find(|token| token.hash == *hash).cloned()),
            Call::Tokens => Reply::Tokens(by(self.tokens.clone(), |token| (token.created_us, token.id))),
            Call::RevokeToken(id, now_us) => {
                let live = self.tokens.iter_mut().find(|token| token.id == *id && token.revoked_us.is_none());
                Reply::Flag(live.map(|token| token.revoked_us = Some(*now_us)).is_some())
            }
            Call::TouchToken(id, now_us) => {
                self.tokens.iter_mut().filter(|token| token.id == *id).for_each(|token| {
                    token.last_used_us = Some(*now_us);
                });
                Reply::Nothing
            }
            other => self.answer_of_items(other),
        }
    }

    pub(super) fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.iter().find(|known| known.id == id)
    }

    /// `None` when its account is not there.
    fn insert(&mut self, connection: &Connection) -> Option<Inserted> {
        let base = |of: &Connection| self.accounts.iter().find(|account| account.id == of.account).map(|a| &a.base_url);
        let taken = by(self.connections.clone(), |known| known.id).into_iter().find(|known| {
            known.name == connection.name || (known.repo_id == connection.repo_id && base(known) == base(connection))
        });
        match taken {
            Some(taken) => Some(Inserted::Taken(Box::new(taken))),
            None if !self.accounts.iter().any(|account| account.id == connection.account) => None,
            None => {
                self.connections.push(connection.clone());
                Some(Inserted::New)
            }
        }
    }

    fn remove(&mut self, id: ConnectionId) -> bool {
        let gone: Vec<_> = self.items.iter().filter(|item| item.connection == id).map(|item| item.id).collect();
        self.items.retain(|item| item.connection != id);
        self.log.retain(|(_, row)| !gone.contains(&row.issue));
        self.checks.retain(|check| check.key.connection != id);
        self.deliveries.retain(|delivery| delivery.key.connection != id);
        self.events.retain(|event| event.connection != id);
        self.notifications.retain(|notification| notification.connection != id);
        self.catalogs.retain(|(known, _)| *known != id);
        self.passes.retain(|(known, _)| *known != id);
        let before = self.connections.len();
        self.connections.retain(|known| known.id != id);
        self.connections.len() < before
    }
}

/// Every id once, the last of its definitions, in the order of ids.
fn last_of_each(catalog: &Catalog) -> Catalog {
    fn of<T: Clone>(rows: &[T], id: impl Fn(&T) -> i64) -> Vec<T> {
        let last = |(at, row): &(usize, &T)| !rows[at + 1..].iter().any(|later| id(later) == id(row));
        by(rows.iter().enumerate().filter(last).map(|(_, row)| row.clone()).collect(), &id)
    }
    Catalog {
        labels: of(&catalog.labels, |label| label.id),
        milestones: of(&catalog.milestones, |milestone| milestone.id),
        users: of(&catalog.users, |user| user.id),
    }
}

/// The rows in the order of a key.
pub(super) fn by<T, K: Ord>(mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    rows.sort_by_key(key);
    rows
}

//! Projects, accounts, connections and their catalogs.

use crate::error::Result;
use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Connection, ConnectionChange, ConnectionEvent, ConnectionId, Project,
};
use std::sync::Arc;

/// What became of an inserted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is there now.
    New,
    /// Another connection has this repository (same account base URL and repository id) or this name.
    Taken(Box<Connection>),
}

/// Where issues come from.
pub trait Connections {
    /// The project of that name, made when missing with the id given.
    fn project(&self, project: Project) -> BoxFuture<'_, Result<Project>>;

    /// Every project, by name.
    fn projects(&self) -> BoxFuture<'_, Result<Vec<Project>>>;

    /// Writes an account. Its base URL is the one it was first written with.
    fn put_account(&self, account: Account) -> BoxFuture<'_, Result<()>>;

    /// The account of that id.
    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Option<Account>>>;

    /// Every account.
    fn accounts(&self) -> BoxFuture<'_, Result<Vec<Account>>>;

    /// Adds a connection, its name and its repository being unique in the store. Of several that have either, the one of the lowest id is told.
    ///
    /// # Errors
    /// Also when its account or its project is not there.
    fn insert_connection(&self, connection: Connection) -> BoxFuture<'_, Result<Inserted>>;

    /// The connection of that id.
    fn connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<Option<Connection>>>;

    /// Every connection, by name. Shared: most who ask for all of them only look.
    fn connections(&self) -> BoxFuture<'_, Result<Vec<Arc<Connection>>>>;

    /// Makes changes and writes rows of the connection log, in one transaction. Answers the connection as it is then.
    fn change_connection(
        &self,
        id: ConnectionId,
        changes: Vec<ConnectionChange>,
        events: Vec<ConnectionEvent>,
    ) -> BoxFuture<'_, Result<Option<Connection>>>;

    /// Takes a connection away with everything of it: items, log, checks, deliveries, catalog.
    fn remove_connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<bool>>;

    /// Claims a pass over a connection until `until_us`, unless somebody holds one at `now_us` or it is not there. Answers whether it was claimed.
    fn claim_pass(&self, id: ConnectionId, now_us: i64, until_us: i64) -> BoxFuture<'_, Result<bool>>;

    /// Ends the claim of a pass.
    fn release_pass(&self, id: ConnectionId) -> BoxFuture<'_, Result<()>>;

    /// The catalog of a connection; empty when none was read yet.
    fn catalog(&self, id: ConnectionId) -> BoxFuture<'_, Result<Catalog>>;

    /// Writes the catalog of a connection; it reads back in the order of ids, of several definitions of one id the last.
    ///
    /// # Errors
    /// Also when the connection is not there.
    fn put_catalog(&self, id: ConnectionId, catalog: Catalog) -> BoxFuture<'_, Result<()>>;
}

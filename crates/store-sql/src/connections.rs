//! Projects, accounts, connections and catalogs.

use crate::SqliteStore;
use crate::commit::log_events;
use crate::row::{json, vals};
use crate::tx::Tx;
use issuesync_model::{
    Account, AccountId, BoxFuture, Catalog, Connection, ConnectionChange, ConnectionEvent, ConnectionId, Label,
    Milestone, Project, User,
};
use issuesync_store::{Connections, Inserted, Result, StoreError};
use std::sync::Arc;

/// Loads a connection.
async fn load(tx: &Tx<'_>, id: ConnectionId) -> Result<Option<Connection>> {
    let row = tx.row("connections", "SELECT doc FROM connections WHERE id = ?1", vals![id.to_string()]).await?;
    row.map(|row| row.json(0, "doc")).transpose()
}

/// Makes changes of a connection within a transaction.
pub(crate) async fn change(
    tx: &Tx<'_>,
    id: ConnectionId,
    changes: Vec<ConnectionChange>,
) -> Result<Option<Connection>> {
    let Some(mut connection) = load(tx, id).await? else { return Ok(None) };
    if !changes.is_empty() {
        changes.into_iter().for_each(|change| change.apply(&mut connection));
        tx.execute("UPDATE connections SET doc = ?2 WHERE id = ?1", vals![id.to_string(), json(&connection)]).await?;
    }
    Ok(Some(connection))
}

async fn insert(tx: &Tx<'_>, connection: Connection) -> Result<Inserted> {
    let account = connection.account.to_string();
    let taken = "SELECT doc FROM connections WHERE name = ?1 OR (repo_id = ?2 AND base_url = (SELECT base_url FROM accounts WHERE id = ?3)) ORDER BY id";
    let row =
        tx.row("connections", taken, vals![connection.name.as_str(), connection.repo_id, account.as_str()]).await?;
    if let Some(row) = row {
        return Ok(Inserted::Taken(Box::new(row.json(0, "doc")?)));
    }
    let sql = "INSERT INTO connections (id, project_id, account_id, name, base_url, repo_id, doc) \
         SELECT ?1, ?2, ?3, ?4, base_url, ?5, ?6 FROM accounts WHERE id = ?3";
    let values = vals![
        connection.id.to_string(),
        connection.project.to_string(),
        account.as_str(),
        connection.name.as_str(),
        connection.repo_id,
        json(&connection),
    ];
    if tx.execute(sql, values).await? == 0 {
        return Err(StoreError::Unavailable(format!("account {} is not there", connection.account)));
    }
    Ok(Inserted::New)
}

async fn remove(tx: &Tx<'_>, id: ConnectionId) -> Result<bool> {
    let id = id.to_string();
    tx.execute("INSERT INTO log_purge VALUES (?1)", vals![id.as_str()]).await?;
    let log = "DELETE FROM issue_sync_log WHERE issue_id IN (SELECT id FROM issues WHERE connection_id = ?1)";
    tx.execute(log, vals![id.as_str()]).await?;
    tx.execute("DELETE FROM log_purge", &[]).await?;
    Ok(tx.execute("DELETE FROM connections WHERE id = ?1", vals![id.as_str()]).await? > 0)
}

async fn read_catalog(tx: &Tx<'_>, id: ConnectionId) -> Result<Catalog> {
    let id = id.to_string();
    let mut catalog = Catalog::default();
    let labels = "SELECT id, name, colour, exclusive FROM tracker_labels WHERE connection_id = ?1 ORDER BY id";
    for row in tx.rows("tracker_labels", labels, vals![id.as_str()]).await? {
        catalog.labels.push(Label {
            id: row.int(0, "id")?,
            name: row.text(1, "name")?.to_owned(),
            colour: row.text(2, "colour")?.to_owned(),
            exclusive: row.int(3, "exclusive")? != 0,
        });
    }
    let milestones = "SELECT id, title, open FROM tracker_milestones WHERE connection_id = ?1 ORDER BY id";
    for row in tx.rows("tracker_milestones", milestones, vals![id.as_str()]).await? {
        catalog.milestones.push(Milestone {
            id: row.int(0, "id")?,
            title: row.text(1, "title")?.to_owned(),
            open: row.int(2, "open")? != 0,
        });
    }
    let users = "SELECT id, login, assignable FROM tracker_users WHERE connection_id = ?1 ORDER BY id";
    for row in tx.rows("tracker_users", users, vals![id.as_str()]).await? {
        catalog.users.push(User {
            id: row.int(0, "id")?,
            login: row.text(1, "login")?.to_owned(),
            assignable: row.int(2, "assignable")? != 0,
        });
    }
    Ok(catalog)
}

async fn write_catalog(tx: &Tx<'_>, id: ConnectionId, catalog: Catalog) -> Result<()> {
    if load(tx, id).await?.is_none() {
        return Err(StoreError::Unavailable(format!("connection {id} is not there")));
    }
    let id = id.to_string();
    tx.execute("DELETE FROM tracker_labels WHERE connection_id = ?1", vals![id.as_str()]).await?;
    tx.execute("DELETE FROM tracker_milestones WHERE connection_id = ?1", vals![id.as_str()]).await?;
    tx.execute("DELETE FROM tracker_users WHERE connection_id = ?1", vals![id.as_str()]).await?;
    for label in catalog.labels {
        let values = vals![id.as_str(), label.id, label.name, label.colour, label.exclusive];
        tx.execute("INSERT OR REPLACE INTO tracker_labels VALUES (?1, ?2, ?3, ?4, ?5)", values).await?;
    }
    for milestone in catalog.milestones {
        let values = vals![id.as_str(), milestone.id, milestone.title, milestone.open];
        tx.execute("INSERT OR REPLACE INTO tracker_milestones VALUES (?1, ?2, ?3, ?4)", values).await?;
    }
    for user in catalog.users {
        let values = vals![id.as_str(), user.id, user.login, user.assignable];
        tx.execute("INSERT OR REPLACE INTO tracker_users VALUES (?1, ?2, ?3, ?4)", values).await?;
    }
    Ok(())
}

impl Connections for SqliteStore {
    fn project(&self, project: Project) -> BoxFuture<'_, Result<Project>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let values = vals![project.id.to_string(), project.name.as_str()];
                tx.execute("INSERT INTO projects VALUES (?1, ?2) ON CONFLICT DO NOTHING", values).await?;
                let row = tx
                    .row("projects", "SELECT id, name FROM projects WHERE name = ?1", vals![project.name.as_str()])
                    .await?;
                match row {
                    Some(row) => Ok(Project { id: row.parsed(0, "id")?, name: row.text(1, "name")?.to_owned() }),
                    None => Ok(project),
                }
            })
        })
    }

    fn projects(&self) -> BoxFuture<'_, Result<Vec<Project>>> {
        self.db.read(|tx| {
            Box::pin(async move {
                let rows = tx.rows("projects", "SELECT id, name FROM projects ORDER BY name", &[]).await?;
                rows.iter()
                    .map(|row| Ok(Project { id: row.parsed(0, "id")?, name: row.text(1, "name")?.to_owned() }))
                    .collect()
            })
        })
    }

    fn put_account(&self, account: Account) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO accounts VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET base_url = excluded.base_url, doc = excluded.doc";
                tx.execute(sql, vals![account.id.to_string(), account.base_url.as_str(), json(&account)]).await.map(drop)
            })
        })
    }

    fn account(&self, id: AccountId) -> BoxFuture<'_, Result<Option<Account>>> {
        self.db.read(move |tx| {
            Box::pin(async move {
                let row = tx.row("accounts", "SELECT doc FROM accounts WHERE id = ?1", vals![id.to_string()]).await?;
                row.map(|row| row.json(0, "doc")).transpose()
            })
        })
    }

    fn accounts(&self) -> BoxFuture<'_, Result<Vec<Account>>> {
        self.db.read(|tx| {
            Box::pin(async move {
                let rows = tx.rows("accounts", "SELECT doc FROM accounts ORDER BY id", &[]).await?;
                rows.iter().map(|row| row.json(0, "doc")).collect()
            })
        })
    }

    fn insert_connection(&self, connection: Connection) -> BoxFuture<'_, Result<Inserted>> {
        self.db.write(move |tx| Box::pin(insert(tx, connection)))
    }

    fn connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<Option<Connection>>> {
        self.db.read(move |tx| Box::pin(load(tx, id)))
    }

    fn connections(&self) -> BoxFuture<'_, Result<Vec<Arc<Connection>>>> {
        self.db.read(|tx| {
            Box::pin(async move {
                let rows = tx.rows("connections", "SELECT doc FROM connections ORDER BY name", &[]).await?;
                rows.iter().map(|row| row.json(0, "doc").map(Arc::new)).collect()
            })
        })
    }

    fn change_connection(
        &self,
        id: ConnectionId,
        changes: Vec<ConnectionChange>,
        events: Vec<ConnectionEvent>,
    ) -> BoxFuture<'_, Result<Option<Connection>>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let changed = change(tx, id, changes).await?;
                if changed.is_some() {
                    log_events(tx, &events).await?;
                }
                Ok(changed)
            })
        })
    }

    fn remove_connection(&self, id: ConnectionId) -> BoxFuture<'_, Result<bool>> {
        self.db.write(move |tx| Box::pin(remove(tx, id)))
    }

    fn claim_pass(&self, id: ConnectionId, now_us: i64, until_us: i64) -> BoxFuture<'_, Result<bool>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE connections SET pass_until = ?3 WHERE id = ?1 AND pass_until <= ?2";
                Ok(tx.execute(sql, vals![id.to_string(), now_us, until_us]).await? > 0)
            })
        })
    }

    fn release_pass(&self, id: ConnectionId) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| {
            Box::pin(async move {
                tx.execute("UPDATE connections SET pass_until = 0 WHERE id = ?1", vals![id.to_string()]).await.map(drop)
            })
        })
    }

    fn catalog(&self, id: ConnectionId) -> BoxFuture<'_, Result<Catalog>> {
        self.db.read(move |tx| Box::pin(read_catalog(tx, id)))
    }

    fn put_catalog(&self, id: ConnectionId, catalog: Catalog) -> BoxFuture<'_, Result<()>> {
        self.db.write(move |tx| Box::pin(write_catalog(tx, id, catalog)))
    }
}

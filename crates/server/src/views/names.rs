//! Names behind ids: projects, connections and what their catalogs define, read once per request.

use issuesync_model::{Catalog, Connection, ConnectionId, Item, ProjectId, Value};
use issuesync_store::{Result, Store};
use std::collections::{BTreeMap, BTreeSet};

/// The names that the views of some items need.
pub(crate) struct Names {
    projects: BTreeMap<ProjectId, String>,
    connections: BTreeMap<ConnectionId, (Connection, Catalog)>,
}

impl Names {
    /// Reads the names that these items need.
    pub(crate) async fn of<'a>(store: &dyn Store, items: impl IntoIterator<Item = &'a Item>) -> Result<Self> {
        let used: BTreeSet<ConnectionId> = items.into_iter().map(|item| item.connection).collect();
        let mut connections = BTreeMap::new();
        for id in used {
            if let Some(connection) = store.connection(id).await? {
                connections.insert(id, (connection, store.catalog(id).await?));
            }
        }
        let projects = store.projects().await?.into_iter().map(|project| (project.id, project.name)).collect();
        Ok(Self { projects, connections })
    }

    /// A project's name.
    pub(crate) fn project(&self, id: ProjectId) -> String {
        self.projects.get(&id).cloned().unwrap_or_default()
    }

    /// A connection, unless it was removed meanwhile.
    pub(crate) fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id).map(|(connection, _)| connection)
    }

    fn catalog(&self, id: ConnectionId) -> Option<&Catalog> {
        self.connections.get(&id).map(|(_, catalog)| catalog)
    }

    /// Labels as the tracker spells them.
    pub(crate) fn labels(&self, id: ConnectionId, labels: &BTreeSet<String>) -> Vec<String> {
        let fold = self.connection(id).is_some_and(|connection| connection.capabilities.canon.label_fold);
        let catalog = self.catalog(id).filter(|_| fold);
        let spelled = |label: &String| {
            let named = catalog.and_then(|catalog| catalog.labels_named(label, fold).next());
            named.map_or_else(|| label.clone(), |label| label.name.clone())
        };
        labels.iter().map(spelled).collect()
    }

    /// Assignees by login; one the catalog does not know keeps its id.
    pub(crate) fn logins(&self, id: ConnectionId, assignees: &BTreeSet<String>) -> Vec<String> {
        let login = |user: &String| {
            let known = user.parse().ok().and_then(|user| self.catalog(id)?.user(user));
            known.map_or_else(|| format!("#{user}"), |user| user.login.clone())
        };
        let mut logins: Vec<_> = assignees.iter().map(login).collect();
        logins.sort_by_key(|login| login.to_lowercase());
        logins
    }

    /// A milestone by title; one the catalog does not know keeps its id.
    pub(crate) fn milestone(&self, id: ConnectionId, value: &Value) -> Option<String> {
        let Value::Id(Some(milestone)) = value else { return None };
        let known = self.catalog(id).and_then(|catalog| catalog.milestone(*milestone));
        Some(known.map_or_else(|| format!("#{milestone}"), |milestone| milestone.title.clone()))
    }
}

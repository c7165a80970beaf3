//! The mirror's rows where they lie: watchers look at them after every action, and copy none.

use crate::world::{World, now};
use issuesync_model::{Connection, ConnectionId, Item, ItemId, ItemKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every row of the mirror at one moment.
pub struct Rows<'a> {
    /// Issues and comments.
    pub items: &'a BTreeMap<ItemId, Item>,
    /// The connections.
    pub connections: &'a BTreeMap<ConnectionId, Arc<Connection>>,
}

impl<'a> Rows<'a> {
    /// All issues, the deleted ones too, in the order of the API's lists: changed last first.
    #[must_use]
    pub fn issues(&self) -> Vec<&'a Item> {
        let mut issues: Vec<&Item> = self.items.values().filter(|item| item.kind() == ItemKind::Issue).collect();
        issues.sort_by_key(|issue| std::cmp::Reverse((issue.updated_us, issue.id)));
        issues
    }

    /// All comments of an issue, oldest first.
    #[must_use]
    pub fn comments(&self, issue: ItemId) -> Vec<&'a Item> {
        let mut comments: Vec<&Item> = self.items.values().filter(|item| item.parent == Some(issue)).collect();
        comments.sort_by_key(|comment| (comment.created_us, comment.id));
        comments
    }
}

impl World {
    /// Looks at all rows at once; the look itself must not ask the store.
    pub fn rows<T>(&self, look: impl FnOnce(&Rows<'_>) -> T) -> T {
        if let Some(memory) = self.memory() {
            return memory.look(|items, connections| look(&Rows { items, connections }));
        }
        let (mut items, mut connections) = (BTreeMap::new(), BTreeMap::new());
        for issue in self.issues() {
            items.extend(self.comments(&issue).into_iter().map(|comment| (comment.id, comment)));
            items.insert(issue.id, issue);
        }
        let known = now(self.store.connections()).unwrap_or_default();
        connections.extend(known.into_iter().map(|connection| (connection.id, connection)));
        look(&Rows { items: &items, connections: &connections })
    }
}

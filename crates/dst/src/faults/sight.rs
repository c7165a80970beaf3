//! What is seen of the stage: rows and their log here, requests and edits there.

use super::Failure;
use super::stage::Stage;
use crate::transport::lock;
use crate::world::now;
use issuesync_model::{Field, Item, ItemId, LogKind, LogRow};
use serde_json::Value;
use std::sync::PoisonError;

impl Stage {
    /// The position of the newest row of the log.
    #[must_use]
    pub(super) fn log_end(&self) -> i64 {
        now(self.world.store.log_end()).unwrap_or(0)
    }

    /// The mirror's row of an issue of the tracker.
    ///
    /// # Errors
    /// When there is none.
    pub fn row(&self, number: i64) -> Result<Item, Failure> {
        let found = self.world.issues().into_iter().find(|item| item.number == Some(number));
        found.ok_or_else(|| Failure::Broken(format!("#{number} is not in the mirror")))
    }

    /// The row of that id.
    ///
    /// # Errors
    /// When there is none.
    pub fn item(&self, id: ItemId) -> Result<Item, Failure> {
        let found = now(self.world.store.items(vec![id])).ok().and_then(|mut items| items.pop());
        found.ok_or_else(|| Failure::Broken(format!("the mirror lost {id}")))
    }

    /// A title as the mirror shows it; empty when there is no such issue.
    #[must_use]
    pub fn title(&self, number: i64) -> String {
        self.row(number).map(|item| item.local.text(Field::Title).to_owned()).unwrap_or_default()
    }

    /// The log of an issue and its comments.
    #[must_use]
    pub fn log(&self, id: ItemId) -> Vec<LogRow> {
        now(self.world.store.history(id)).unwrap_or_default()
    }

    /// How many rows of a kind the log of an issue has.
    #[must_use]
    pub fn logged(&self, id: ItemId, kind: LogKind) -> usize {
        self.log(id).iter().filter(|row| row.kind == kind).count()
    }

    /// Everything that the mirror shows and remembers of its items, to be compared.
    #[must_use]
    pub fn picture(&self) -> String {
        let issues = self.world.issues();
        let told = issues.iter().map(|item| format!("{item:?}{:?}{:?}", self.world.comments(item), self.log(item.id)));
        told.collect()
    }

    /// Rows of the tracker's history: `requests`, `edits`, `objects` or `deliveries`.
    #[must_use]
    pub fn history(&self, of: &str) -> Vec<Value> {
        lock(&self.world.sim).history_json()[of].as_array().cloned().unwrap_or_default()
    }

    /// The mirror's writes to issues and comments that the tracker saw or lost. (Whether it can lock is asked of an issue 0, which never exists.)
    #[must_use]
    pub fn writes(&self) -> Vec<Value> {
        let requests = self.history("requests").into_iter();
        let ours = requests.filter(|row| row["user"] == crate::world::BOT && row["method"] != "GET");
        ours.filter(|row| {
            row["path"].as_str().is_some_and(|path| path.contains("/issues") && !path.contains("/issues/0/"))
        })
        .collect()
    }

    /// Writes that were on their way to one issue at one time.
    #[must_use]
    pub fn doubled(&self) -> usize {
        self.world.traffic.lock().unwrap_or_else(PoisonError::into_inner).doubled.len()
    }
}

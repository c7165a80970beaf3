//! What people and the tracker do on the stage: they edit on both sides, and deliveries are caught and handed over.

use super::Failure;
use super::stage::Stage;
use crate::transport::lock;
use crate::world::{ALICE, incoming, now};
use issuesync_engine::{Changes, IngestError, Ingested};
use issuesync_forge_sim::Delivery;
use issuesync_model::{Item, ItemId};
use serde_json::{Value, json};

impl Stage {
    /// Alice writes a new issue on the tracker; answers its number.
    pub fn report(&self, title: &str, body: &str) -> i64 {
        let path = format!("{}/issues", self.world.path(0));
        let answer = self.world.person(ALICE, "POST", &path, &json!({ "title": title, "body": body }));
        answer.json()["number"].as_i64().unwrap_or(0)
    }

    /// Alice asks the tracker for something below the repository, such as `issues/1`.
    pub fn there(&self, method: &str, below: &str, body: &Value) -> Value {
        self.world.person(ALICE, method, &format!("{}/{below}", self.world.path(0)), body).json()
    }

    /// Alice changes an issue on the tracker.
    pub fn edit_there(&self, number: i64, body: &Value) {
        self.there("PATCH", &format!("issues/{number}"), body);
    }

    /// The issue as the tracker has it.
    #[must_use]
    pub fn shown(&self, number: i64) -> Value {
        self.there("GET", &format!("issues/{number}"), &Value::Null)
    }

    /// Dora changes an issue on the mirror.
    ///
    /// # Errors
    /// When the mirror does not take it.
    pub fn edit_here(&self, id: ItemId, changes: Changes) -> Result<Item, Failure> {
        let answer = now(self.world.engine().edit_issue(&self.world.cx(), id, changes, None, "dora"));
        answer.map_err(|error| Failure::Stage(format!("the mirror did not take an edit: {error}")))
    }

    /// Dora changes a title on the mirror.
    ///
    /// # Errors
    /// When the mirror does not take it.
    pub fn title_here(&self, id: ItemId, title: &str) -> Result<Item, Failure> {
        self.edit_here(id, Changes { title: Some(title.to_owned()), ..Changes::default() })
    }

    /// Dora writes a new issue on the mirror.
    ///
    /// # Errors
    /// When the mirror does not take it.
    pub fn create_here(&self, title: &str) -> Result<Item, Failure> {
        let changes =
            Changes { title: Some(title.to_owned()), body: Some("Made here.".to_owned()), ..Changes::default() };
        let connection = self.world.connections[0];
        let answer = now(self.world.engine().create_issue(&self.world.cx(), connection, changes, None, "dora"));
        answer.map_err(|error| Failure::Stage(format!("the mirror did not take an issue: {error}")))
    }

    /// Catches the deliveries that are on their way; until they are delivered they count as lost.
    #[must_use]
    pub fn catch(&self) -> Vec<Delivery> {
        let mut sim = lock(&self.world.sim);
        let caught = sim.due(i64::MAX - 1);
        caught.iter().for_each(|delivery| sim.delivered(&delivery.id, false));
        caught
    }

    /// Hands a caught delivery to the mirror.
    ///
    /// # Errors
    /// When the mirror does not take it.
    pub fn deliver(&self, delivery: &Delivery) -> Result<Ingested, IngestError> {
        let answer = now(self.world.engine().ingest(&self.world.cx(), incoming(delivery.clone())));
        lock(&self.world.sim).delivered(&delivery.id, answer.is_ok());
        answer
    }
}

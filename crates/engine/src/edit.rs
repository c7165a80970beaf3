//! Local edits (T3): checked against the catalog, written with their outbox row in one transaction, answered after the commit.

use crate::agreement::merge_known;
use crate::create;
use crate::draft::{Draft, ROUNDS, blank};
use crate::edit_fields;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::outbox;
use issuesync_model::log::Entry;
use issuesync_model::{
    Action, ConnectionId, Cx, Direction, Edit, Field, Fields, Item, ItemId, ItemKind, Lifecycle, LogKind, OutboxKind,
    OutboxStatus, State,
};
use issuesync_store::{StoreError, Write};
use jiff::civil::Date;

/// What an edit changes; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The title.
    pub title: Option<String>,
    /// The body.
    pub body: Option<String>,
    /// Open, or closed with its reason.
    pub state: Option<State>,
    /// All labels by name.
    pub labels: Option<Vec<String>>,
    /// Labels to add.
    pub add_labels: Vec<String>,
    /// Labels to remove.
    pub remove_labels: Vec<String>,
    /// All assignees by login.
    pub assignees: Option<Vec<String>>,
    /// Logins to add.
    pub add_assignees: Vec<String>,
    /// Logins to remove.
    pub remove_assignees: Vec<String>,
    /// The milestone by title, or none.
    pub milestone: Option<Option<String>>,
    /// The due day, or none.
    pub due_date: Option<Option<Date>>,
    /// Whether the conversation is locked.
    pub locked: Option<bool>,
}

/// Why an edit was not taken. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such item or connection.
    #[error("no such issue, comment or connection")]
    NotFound,
    /// A field cannot have that value.
    #[error("{field}: {message}")]
    Invalid {
        /// The field as the API names it.
        field: String,
        /// What is wrong, and the limit.
        message: String,
    },
    /// It is deleted, or being deleted.
    #[error("{0}")]
    Gone(String),
    /// Somebody was faster.
    #[error("it changed meanwhile: its version is {version} now")]
    StaleVersion {
        /// The version it has now.
        version: i64,
    },
    /// A side of the conflict moved.
    #[error("a side of the conflict changed meanwhile: its rev is {rev} now")]
    StaleRev {
        /// The rev it has now.
        rev: i64,
    },
    /// The tracker had to be asked and did not answer.
    #[error("{0}")]
    Tracker(String),
    /// The store did not take it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StepError> for EditError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::Store(error),
            StepError::NoConnection => Self::NotFound,
            StepError::Contended => Self::Store(StoreError::Unavailable("the row kept changing; try again".to_owned())),
            other => Self::Tracker(other.to_string()),
        }
    }
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Engine {
    /// Makes an issue, to be created on its tracker. The same `client_key` answers with the row made first.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn create_issue(
        &self,
        cx: &Cx,
        connection: ConnectionId,
        changes: Changes,
        client_key: Option<String>,
        user: &str,
    ) -> Result<Item, EditError> {
        if let Some(known) = self.keyed(client_key.as_ref()).await? {
            return Ok(known);
        }
        let mut link = self.link(connection).await?;
        let rules = link.connection.capabilities.canon.fields;
        let fields = edit_fields::apply(self, cx, &mut link, &create::complete(Fields::new(), rules), &changes).await?;
        if fields.text(Field::Title).is_empty() {
            return Err(EditError::Invalid { field: "title".to_owned(), message: "a title is needed".to_owned() });
        }
        self.insert(cx, &link, None, fields, client_key, user).await?.ok_or_else(|| StepError::Contended.into())
    }

    /// Makes a comment, to be created on the tracker after its issue.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn create_comment(
        &self,
        cx: &Cx,
        issue: ItemId,
        body: String,
        client_key: Option<String>,
        user: &str,
    ) -> Result<Item, EditError> {
        if let Some(known) = self.keyed(client_key.as_ref()).await? {
            return Ok(known);
        }
        for _ in 0..ROUNDS {
            let parent = self.item(issue).await?;
            if parent.kind() != ItemKind::Issue {
                return Err(EditError::NotFound);
            }
            may_edit(&parent)?;
            let link = self.link(parent.connection).await?;
            let fields = edit_fields::comment_body(&link, body.clone())?;
            if let Some(item) = self.insert(cx, &link, Some(parent), fields, client_key.clone(), user).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }

    async fn keyed(&self, client_key: Option<&String>) -> Result<Option<Item>, EditError> {
        match client_key {
            Some(key) => Ok(self.store.item_keyed(key.clone()).await?),
            None => Ok(None),
        }
    }

    /// Inserts a new row. `None` when the row of a comment's issue changed since it was read: it may lie under a tombstone by now.
    async fn insert(
        &self,
        cx: &Cx,
        link: &Link,
        parent: Option<Item>,
        fields: Fields,
        client_key: Option<String>,
        user: &str,
    ) -> Result<Option<Item>, EditError> {
        let ground = self.ground(cx, link);
        let mut item = blank(ItemId(cx.uuid()), &ground);
        item.parent = parent.as_ref().map(|parent| parent.id);
        item.client_key.clone_from(&client_key);
        item.edits =
            fields.keys().map(|field| (field, Edit { at_us: ground.now_us, set_in: 1, returned: false })).collect();
        item.local = fields.clone();
        outbox::make_due(&mut item.outbox, OutboxKind::Create, ground.now_us);
        item.outbox.changes = fields.clone();
        let mut draft = Draft::new(item);
        let mut entry = Entry::new(Direction::Local, LogKind::Create);
        entry.action = Action::Create;
        entry.after = fields;
        draft.log(entry);
        let (mut set, item, _) = draft.finish(cx, link, Some(user));
        if let Some(parent) = parent {
            // Written too, so that nobody buries the issue at the same moment and leaves this comment behind.
            let expected = Some(parent.rev);
            set.writes.push(Write { item: Item { rev: parent.rev + 1, ..parent }, expected });
        }
        if self.commit_set(set).await? {
            return Ok(Some(item));
        }
        // When the same key was used at the same moment its row is the answer.
        self.keyed(client_key.as_ref()).await
    }

    /// Changes fields of an issue.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn edit_issue(
        &self,
        cx: &Cx,
        id: ItemId,
        changes: Changes,
        expected_version: Option<i64>,
        user: &str,
    ) -> Result<Item, EditError> {
        for _ in 0..ROUNDS {
            let item = self.item(id).await?;
            if item.kind() != ItemKind::Issue {
                return Err(EditError::NotFound);
            }
            let mut link = self.link(item.connection).await?;
            let fields = edit_fields::apply(self, cx, &mut link, &item.local, &changes).await?;
            if let Some(item) = self.set_local(cx, &link, item, fields, expected_version, user).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }

    /// Changes a comment's text.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn edit_comment(
        &self,
        cx: &Cx,
        id: ItemId,
        body: String,
        expected_version: Option<i64>,
        user: &str,
    ) -> Result<Item, EditError> {
        for _ in 0..ROUNDS {
            let item = self.item(id).await?;
            if item.kind() != ItemKind::Comment {
                return Err(EditError::NotFound);
            }
            let link = self.link(item.connection).await?;
            let fields = edit_fields::comment_body(&link, body.clone())?;
            if let Some(item) = self.set_local(cx, &link, item, fields, expected_version, user).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }

    /// Sets `L`, its times, version, log and outbox row. `None` when the row changed since it was read.
    pub(crate) async fn set_local(
        &self,
        cx: &Cx,
        link: &Link,
        item: Item,
        fields: Fields,
        expected_version: Option<i64>,
        user: &str,
    ) -> Result<Option<Item>, EditError> {
        expect_version(&item, expected_version)?;
        may_edit(&item)?;
        let changed: Vec<Field> = fields
            .iter()
            .filter(|(field, value)| item.local.get(*field) != Some(value))
            .map(|(field, _)| field)
            .collect();
        if changed.is_empty() {
            return Ok(Some(item));
        }
        let mut draft = Draft::of(item);
        set_fields(&mut draft, &fields, &changed, cx.now_us());
        let ground = self.ground(cx, link);
        if draft.item.lifecycle == Lifecycle::Creating {
            let kind = if draft.item.attempts.is_empty() { OutboxKind::Create } else { draft.item.outbox.kind };
            outbox::make_due(&mut draft.item.outbox, kind, ground.now_us);
        } else {
            if draft.item.outbox.status != OutboxStatus::Completed {
                outbox::make_due(&mut draft.item.outbox, OutboxKind::Update, ground.now_us);
            }
            merge_known(&mut draft, &ground);
        }
        let (set, item, _) = draft.finish(cx, link, Some(user));
        Ok(self.commit_set(set).await?.then_some(item))
    }

    pub(crate) async fn item(&self, id: ItemId) -> Result<Item, EditError> {
        self.store.items(vec![id]).await?.into_iter().next().ok_or(EditError::NotFound)
    }
}

/// Sets fields of `L` with their times; a person's edit ends warnings and loop counts of its fields.
pub(crate) fn set_fields(draft: &mut Draft, fields: &Fields, changed: &[Field], now_us: i64) {
    let item = &mut draft.item;
    let version = item.version + 1;
    let mut entry = Entry::new(Direction::Local, LogKind::Edit);
    for &field in changed {
        let at_us = item.edits.get(&field).map_or(now_us, |last| now_us.max(last.at_us + 1));
        entry.before.set(field, item.local.value(field));
        entry.after.set(field, fields.value(field));
        item.local.set(field, fields.value(field));
        item.outbox.changes.set(field, fields.value(field));
        let returned = !field.is_set() && item.base.value(field) == fields.value(field);
        item.edits.insert(field, Edit { at_us, set_in: version, returned });
        item.warnings.retain(|warning| warning.field != field);
        item.writes.remove(&field);
    }
    item.version = version;
    draft.log(entry);
}

pub(crate) fn expect_version(item: &Item, expected: Option<i64>) -> Result<(), EditError> {
    match expected {
        Some(version) if version != item.version => Err(EditError::StaleVersion { version: item.version }),
        _ => Ok(()),
    }
}

fn may_edit(item: &Item) -> Result<(), EditError> {
    match item.lifecycle {
        Lifecycle::Deleted => Err(EditError::Gone("it was deleted; its history keeps what was there".to_owned())),
        Lifecycle::Detached => {
            Err(EditError::Gone("it no longer matches the connection's filter and is read-only here".to_owned()))
        }
        Lifecycle::Moved => {
            Err(EditError::Gone("it was moved to a repository that is not connected and is read-only here".to_owned()))
        }
        _ if item.is_being_deleted() => Err(EditError::Gone("deleted; undo first".to_owned())),
        _ => Ok(()),
    }
}

//! What a person decides about conflicts and failed pushes, and what an API user waits for.

use crate::account::Lane;
use crate::agreement::merge_known;
use crate::draft::{Draft, ROUNDS};
use crate::edit::{EditError, set_fields};
use crate::edit_fields::invalid;
use crate::engine::Engine;
use crate::error::StepError;
use crate::outbox;
use crate::seen::Seen;
use crate::send::send_again;
use issuesync_model::log::Entry;
use issuesync_model::{
    Conflict, ConflictKind, Cx, DeliveryKey, Direction, Field, Fields, Item, ItemId, Lifecycle, LogKind, OutboxKind,
    OutboxStatus, SyncStatus, Value,
};
use issuesync_provider::CallError;

/// How a conflict is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The mirror's value goes to the tracker.
    KeepLocal,
    /// The tracker's value stands; nothing is sent.
    KeepRemote,
    /// The suggested merge goes to the tracker.
    KeepMerged,
    /// The value both had goes to the tracker.
    KeepBase,
    /// Another value goes to the tracker.
    Edit(Value),
    /// Of a lost update: the overwritten value is set again.
    Restore,
    /// Of a lost update: nothing is to be done.
    Dismiss,
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Every edit up to the version reached the tracker.
    Reached(Item),
    /// The push failed for good.
    Failed(Item),
    /// A field is in conflict.
    Conflict(Item),
    /// Neither, in that time.
    TimedOut(Item),
}

impl Engine {
    /// Decides an open conflict. With `rev` the decision stands only if the row is as it was shown.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn resolve(
        &self,
        cx: &Cx,
        id: ItemId,
        field: Field,
        how: Resolution,
        rev: Option<i64>,
        user: &str,
    ) -> Result<Item, EditError> {
        for _ in 0..ROUNDS {
            let item = self.item(id).await?;
            if rev.is_some_and(|rev| rev != item.rev) {
                return Err(EditError::StaleRev { rev: item.rev });
            }
            let lost = matches!(how, Resolution::Restore | Resolution::Dismiss);
            let open = item
                .conflicts
                .iter()
                .position(|open| open.field == field && (open.kind == ConflictKind::LostUpdate) == lost)
                .ok_or_else(|| invalid(field.name(), "no such conflict is open on this field"))?;
            let link = self.link(item.connection).await?;
            let mut draft = Draft::of(item);
            let conflict = draft.item.conflicts.remove(open);
            let value = chosen(&conflict, &how, &draft.item)?
                .map(|value| issuesync_merge::canon_value(field, &value, &link.connection.capabilities.canon));
            self.decide(cx, &mut draft, &conflict, &how, value);
            let ground = self.ground(cx, &link);
            merge_known(&mut draft, &ground);
            let (set, item, _) = draft.finish(cx, &link, Some(user));
            if self.commit_set(set).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }

    fn decide(&self, cx: &Cx, draft: &mut Draft, conflict: &Conflict, how: &Resolution, value: Option<Value>) {
        let field = conflict.field;
        let mut entry = Entry::new(Direction::Local, LogKind::ConflictResolve);
        entry.before = Fields::new().with(field, draft.item.local.value(field));
        let remote = draft.item.remote.as_ref().map_or_else(|| field.empty(), |remote| remote.fields.value(field));
        match (how, value) {
            (Resolution::KeepRemote, _) => {
                draft.item.local.set(field, remote.clone());
                draft.item.base.set(field, remote);
                draft.item.edits.remove(&field);
            }
            (_, Some(value)) => {
                if conflict.kind != ConflictKind::LostUpdate {
                    draft.item.base.set(field, remote);
                }
                let fields = Fields::new().with(field, value);
                set_fields(draft, &fields, &[field], cx.now_us());
            }
            (_, None) => {}
        }
        entry.after = Fields::new().with(field, draft.item.local.value(field));
        let losers = Fields::new().with(field, conflict.lost.clone().unwrap_or_else(|| conflict.remote.clone()));
        entry.cause = None;
        draft.log(entry);
        // Whatever was not chosen stays readable in the history.
        let mut kept = Entry::new(Direction::Local, LogKind::ConflictClose);
        kept.before = losers;
        kept.after = Fields::new().with(field, conflict.local.clone());
        draft.log(kept);
    }

    /// Sends a failed row again now.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn retry(&self, cx: &Cx, id: ItemId) -> Result<Item, EditError> {
        let item = self.item(id).await?;
        let link = self.link(item.connection).await?;
        self.amend(cx, &link, id, |draft| {
            if draft.item.outbox.status != OutboxStatus::Completed {
                send_again(&mut draft.item, cx.now_us());
            }
        })
        .await?;
        self.item(id).await
    }

    /// Takes a stored delivery again; answers whether it is there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn replay(&self, key: DeliveryKey) -> Result<bool, EditError> {
        let found = self.store.replay(key).await?;
        self.signals.work.notify_one();
        Ok(found)
    }

    /// Gives up what was not sent: the tracker's values stand. The discarded ones stay in the log.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn discard(&self, cx: &Cx, id: ItemId, user: &str) -> Result<Item, EditError> {
        let item = self.item(id).await?;
        let link = self.link(item.connection).await?;
        if item.lifecycle == Lifecycle::Creating {
            if !item.attempts.is_empty() {
                return Err(EditError::Gone("it may be on the tracker already; wait until that is known".to_owned()));
            }
            return Ok(self.bury(cx, &link, id, "Discarded before it reached the tracker.", None).await?);
        }
        self.amend(cx, &link, id, |draft| {
            let item = &mut draft.item;
            let remote = item.remote.as_ref().map(|remote| remote.fields.clone()).unwrap_or_default();
            let mut entry = Entry::new(Direction::Local, LogKind::Superseded);
            entry.cause = Some(format!("discarded by {user}"));
            for (field, value) in remote.iter() {
                if item.local.get(field) != Some(value) && !item.is_frozen(field) {
                    entry.before.set(field, item.local.value(field));
                    entry.after.set(field, value.clone());
                    item.local.set(field, value.clone());
                    item.base.set(field, value.clone());
                    item.edits.remove(&field);
                }
            }
            outbox::complete(&mut item.outbox);
            draft.log(entry);
        })
        .await?;
        self.item(id).await
    }

    /// Looks at an item on its tracker now.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn refresh(&self, cx: &Cx, id: ItemId) -> Result<Item, EditError> {
        let item = self.item(id).await?;
        let mut link = self.link(item.connection).await?;
        if let Some(reason) = &link.connection.parked {
            return Err(EditError::Tracker(format!("the connection is parked: {reason}")));
        }
        let Some(target) = self.target_of(&item).await? else { return Ok(item) };
        match self.look_at(cx, &mut link, Lane::Read, target).await {
            Ok(observation) => {
                let mut seen = Seen::new(observation);
                seen.parent = item.parent;
                seen.cause = Some("refresh".to_owned());
                self.observe(cx, &link, vec![seen], None).await?;
            }
            Err(StepError::Call(CallError::Gone)) => self.owe_gone(cx, item.connection, target).await?,
            Err(error) => return Err(error.into()),
        }
        self.item(id).await
    }

    /// Waits until every edit up to a version reached the tracker, failed, or met a conflict (sync.md 1.1).
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn wait(&self, cx: &Cx, id: ItemId, version: i64, timeout_us: i64) -> Result<Waited, EditError> {
        let mut feed = self.feed();
        let deadline = cx.clock.sleep(timeout_us);
        let mut deadline = std::pin::pin!(deadline);
        loop {
            feed.borrow_and_update();
            let item = self.item(id).await?;
            match item.sync_status() {
                SyncStatus::Conflict => return Ok(Waited::Conflict(item)),
                _ if item.outbox.status == OutboxStatus::Failed => return Ok(Waited::Failed(item)),
                _ if has_reached(&item, version) => return Ok(Waited::Reached(item)),
                _ => {}
            }
            let changed = std::pin::pin!(feed.changed());
            if let futures_util::future::Either::Left(_) =
                futures_util::future::select(deadline.as_mut(), changed).await
            {
                return Ok(Waited::TimedOut(self.item(id).await?));
            }
        }
    }
}

fn has_reached(item: &Item, version: i64) -> bool {
    if item.lifecycle == Lifecycle::Deleted {
        return true;
    }
    let waits =
        |field: &Field| item.is_dirty(*field) && item.edits.get(field).is_none_or(|edit| edit.set_in <= version);
    item.lifecycle != Lifecycle::Creating
        && !(item.outbox.kind == OutboxKind::Delete && item.outbox.status == OutboxStatus::Pending)
        && !Field::ALL.iter().any(waits)
}

/// The value that a resolution sends, if it sends one.
fn chosen(conflict: &Conflict, how: &Resolution, item: &Item) -> Result<Option<Value>, EditError> {
    let field = conflict.field;
    match how {
        Resolution::KeepLocal => Ok(Some(item.local.value(field))),
        Resolution::KeepBase => Ok(Some(conflict.base.clone())),
        Resolution::KeepMerged => match &conflict.suggestion {
            Some(value) => Ok(Some(value.clone())),
            None => Err(invalid(field.name(), "there is no merged value; choose a side or edit")),
        },
        Resolution::Edit(value) => Ok(Some(value.clone())),
        Resolution::Restore => Ok(conflict.lost.clone()),
        Resolution::KeepRemote | Resolution::Dismiss => Ok(None),
    }
}

//! The mass-delete fuse (sync.md 1.7): deletes that come in masses are held back until a person accepts them, a full pass lists what was missing,
//! or they are taken back. It is open while one is held back, and while it is open each further one is held back too.

use crate::draft::ROUNDS;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{
    Check, CheckKey, CheckKind, ConnectionChange, ConnectionEvent, ConnectionId, Cx, Event, Item, ItemId, Lifecycle,
    Notification,
};
use issuesync_store::{Batch, Tail};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tombstones of one connection within the hour that trip the fuse, when they are many for its size.
const FUSE_DELETES: i64 = 6;
const FUSE_WINDOW_US: i64 = 3600 * SECOND_US;

/// The deletes of this process that asked the fuse and are neither buried nor given up yet, each connection's in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Passing(Mutex<BTreeMap<ConnectionId, Vec<ItemId>>>);

/// A delete that the fuse let through: it counts until this is dropped, after its tombstone is written.
pub(crate) struct Past<'a> {
    passing: &'a Passing,
    connection: ConnectionId,
    id: ItemId,
}

impl Passing {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Vec<ItemId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place in the line; answers those before it.
    fn enter(&self, connection: ConnectionId, id: ItemId) -> (Past<'_>, Vec<ItemId>) {
        let mut lines = self.lock();
        let line = lines.entry(connection).or_default();
        // One that comes twice, deleted here and there, is one.
        let before = line.iter().copied().filter(|other| *other != id).collect();
        line.push(id);
        (Past { passing: self, connection, id }, before)
    }
}

impl Drop for Past<'_> {
    fn drop(&mut self) {
        let mut lines = self.passing.lock();
        if let Some(line) = lines.get_mut(&self.connection)
            && let Some(at) = line.iter().position(|id| *id == self.id)
        {
            line.remove(at);
        }
    }
}

impl Engine {
    /// Lets one more delete of an issue through; `None` when it would be one too many (sync.md 1.7), or the fuse is open. Those that were let
    /// through before and are not buried yet count with the tombstones: else all deletes of one moment would pass together.
    pub(crate) async fn pass_fuse(&self, cx: &Cx, link: &Link, id: ItemId) -> Result<Option<Past<'_>>, StepError> {
        let connection = link.connection.id;
        if self.store.connection(connection).await?.ok_or(StepError::NoConnection)?.fuse_open {
            return Ok(None);
        }
        let since_us = cx.now_us() - FUSE_WINDOW_US;
        let (past, before) = self.passing.enter(connection, id);
        for _ in 0..ROUNDS {
            let buried = self.store.deleted_since(connection, since_us).await?;
            let waiting = self.store.items(before.clone()).await?;
            let waiting = waiting.iter().filter(|item| item.lifecycle != Lifecycle::Deleted).count() as i64;
            // What is still to be made there is nothing that a delete could leave behind.
            let counts = self.store.counts(connection).await?;
            let live = counts.issues - counts.drafts - waiting;
            if self.store.deleted_since(connection, since_us).await? != buried {
                // One was buried between the counts: it would count twice, or not at all.
                continue;
            }
            let recent = buried + waiting;
            let many = recent + 1 >= FUSE_DELETES && (recent + 1) * 10 > live + recent;
            let last = live <= 1 && recent > 0;
            return Ok((!many && !last).then_some(past));
        }
        Err(StepError::Contended)
    }

    /// Holds a delete back until a person accepts it; the first one raises the alarm.
    pub(crate) async fn hold(&self, cx: &Cx, link: &Link, mut check: Check) -> Result<(), StepError> {
        check.evidence.held = true;
        check.due_us = cx.now_us();
        let number = check.key.number;
        self.store.replace_check(check).await?;
        self.open_fuse(cx, link.connection.id, number).await
    }

    /// The deletes that the fuse holds back.
    pub(crate) async fn held(&self, id: ConnectionId) -> Result<Vec<Check>, StepError> {
        let checks = self.store.checks(id, CheckKind::Gone).await?;
        Ok(checks.into_iter().filter(|check| check.evidence.held).collect())
    }

    /// Opens the fuse, if it is not open, and tells of the first that it holds back.
    async fn open_fuse(&self, cx: &Cx, id: ConnectionId, number: i64) -> Result<(), StepError> {
        let connection = self.store.connection(id).await?.ok_or(StepError::NoConnection)?;
        if connection.fuse_open {
            return Ok(());
        }
        let detail = format!(
            "{}: many issues disappeared at once; nothing is deleted here until you run `issuesync sync {} --accept-deletes` (first: #{number}).",
            connection.name, connection.name,
        );
        tracing::warn!(connection = %connection.name, "the mass-delete fuse opened");
        let known = self.store.issues_numbered(id, vec![number]).await?;
        let mut tail = Tail::changes(id, vec![ConnectionChange::Fuse(true)]);
        tail.events.push(self.event(cx, id, "fuse", detail.clone()));
        tail.notifications.push(Notification {
            id: cx.uuid(),
            connection: id,
            item: known.first().map(|item| item.id),
            event: Event::Fuse,
            detail,
            time_us: cx.now_us(),
        });
        self.store.commit(Batch { sets: Vec::new(), tail: Some(tail) }).await?;
        Ok(())
    }

    /// Closes the fuse; what was held back meanwhile found it open and told nobody, and opens it again.
    pub(crate) async fn close_fuse(
        &self,
        cx: &Cx,
        id: ConnectionId,
        events: Vec<ConnectionEvent>,
    ) -> Result<(), StepError> {
        self.store.change_connection(id, vec![ConnectionChange::Fuse(false)], events).await?;
        match self.held(id).await?.first() {
            Some(check) => self.open_fuse(cx, id, check.key.number).await,
            None => Ok(()),
        }
    }

    /// After a full pass that listed `present`. Of the deletes that are held back those stay that are asked for here, until they are taken back or
    /// fail, and those whose issue is not listed. While any is left the fuse is open, also when whoever held it back died before telling; without
    /// any it closes.
    pub(crate) async fn review_fuse(&self, cx: &Cx, link: &Link, present: &BTreeSet<i64>) -> Result<(), StepError> {
        let id = link.connection.id;
        let held: Vec<CheckKey> = self.held(id).await?.into_iter().map(|check| check.key).collect();
        let rows = self.store.issues_numbered(id, held.iter().map(|key| key.number).collect()).await?;
        let stays = |item: &Item| {
            let missing = item.number.is_some_and(|number| !present.contains(&number));
            item.lifecycle != Lifecycle::Deleted && (missing || item.is_being_deleted())
        };
        let stay: BTreeSet<i64> = rows.into_iter().filter(stays).filter_map(|item| item.number).collect();
        let (left, over): (Vec<_>, Vec<_>) = held.into_iter().partition(|key| stay.contains(&key.number));
        self.store.settle_checks(over).await?;
        if let Some(first) = left.first() {
            return self.open_fuse(cx, id, first.number).await;
        }
        if self.store.connection(id).await?.is_some_and(|connection| connection.fuse_open) {
            let detail = "Nothing is held back any more: what was missing is there again, or was not to be deleted.";
            self.close_fuse(cx, id, vec![self.event(cx, id, "fuse", detail.to_owned())]).await?;
        }
        Ok(())
    }
}

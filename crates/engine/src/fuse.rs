//! The mass-delete fuse (sync.md 1.7): deletes that come in masses are held back until a person accepts them, or a full pass lists what was missing.

use crate::draft::ROUNDS;
use crate::engine::Engine;
use crate::error::{PassError, StepError};
use crate::link::Link;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{
    Check, CheckKind, ConnectionChange, ConnectionId, Cx, Event, Item, ItemId, Lifecycle, Notification,
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
    /// Lets one more delete of an issue through; `None` when it would be one too many (sync.md 1.7). Those that were let through before and are
    /// not buried yet count with the tombstones: else all deletes of one moment would pass together.
    pub(crate) async fn pass_fuse(&self, cx: &Cx, link: &Link, id: ItemId) -> Result<Option<Past<'_>>, StepError> {
        let connection = link.connection.id;
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
    pub(crate) async fn hold(&self, cx: &Cx, link: &Link, item: &Item, mut check: Check) -> Result<(), StepError> {
        check.evidence.held = true;
        check.due_us = cx.now_us();
        self.store.replace_check(check).await?;
        let connection = self.store.connection(link.connection.id).await?.ok_or(StepError::NoConnection)?;
        if connection.fuse_open {
            return Ok(());
        }
        let detail = format!(
            "{}: many issues disappeared at once; nothing is deleted here until you run `issuesync sync {} --accept-deletes` (first: #{}).",
            connection.name,
            connection.name,
            item.number.unwrap_or(0)
        );
        tracing::warn!(connection = %connection.name, "the mass-delete fuse opened");
        let mut tail = Tail::changes(connection.id, vec![ConnectionChange::Fuse(true)]);
        tail.events.push(self.event(cx, connection.id, "fuse", detail.clone()));
        tail.notifications.push(Notification {
            id: cx.uuid(),
            connection: connection.id,
            item: Some(item.id),
            event: Event::Fuse,
            detail,
            time_us: cx.now_us(),
        });
        self.store.commit(Batch { sets: Vec::new(), tail: Some(tail) }).await?;
        Ok(())
    }

    /// Deletes that the fuse holds back and that a full pass lists again were none; without any left the fuse closes.
    pub(crate) async fn close_fuse(&self, cx: &Cx, link: &Link, present: &BTreeSet<i64>) -> Result<(), StepError> {
        if !link.connection.fuse_open {
            return Ok(());
        }
        let held = self
            .store
            .checks(link.connection.id, CheckKind::Gone)
            .await?
            .into_iter()
            .filter(|check| check.evidence.held);
        let (back, left): (Vec<Check>, Vec<Check>) = held.partition(|check| present.contains(&check.key.number));
        self.store.settle_checks(back.into_iter().map(|check| check.key).collect()).await?;
        if left.is_empty() {
            let event =
                self.event(cx, link.connection.id, "fuse", "Everything that was missing is there again.".to_owned());
            self.store.change_connection(link.connection.id, vec![ConnectionChange::Fuse(false)], vec![event]).await?;
        }
        Ok(())
    }

    /// Settles the deletes that the fuse holds back; answers how many. The fuse stays open while some of them cannot be made yet: what the
    /// tracker shows of them is too old, or somebody else has them in hand.
    ///
    /// # Errors
    /// As [`Engine::sync`].
    pub async fn accept_deletes(&self, cx: &Cx, id: ConnectionId) -> Result<usize, PassError> {
        let link = match self.link(id).await {
            Err(StepError::NoConnection) => return Err(PassError::NotFound),
            other => other?,
        };
        let held = self.held(id).await?;
        // Told first: whoever dies between two of them leaves no delete behind that nobody asked for.
        let event = self.event(cx, id, "fuse", format!("A person accepted {} deletes.", held.len()));
        self.store.change_connection(id, Vec::new(), vec![event]).await?;
        let mut settled = 0;
        for check in &held {
            settled += usize::from(self.accept_delete(cx, &link, check).await?);
        }
        if settled < held.len() {
            self.committed();
            return Ok(settled);
        }
        self.store.change_connection(id, vec![ConnectionChange::Fuse(false)], Vec::new()).await?;
        // What was held back meanwhile nobody accepted: it is looked at again, and opens the fuse again.
        for check in self.held(id).await? {
            self.look_again(cx, check).await?;
        }
        self.committed();
        Ok(settled)
    }

    /// The deletes that the fuse holds back.
    async fn held(&self, id: ConnectionId) -> Result<Vec<Check>, StepError> {
        let checks = self.store.checks(id, CheckKind::Gone).await?;
        Ok(checks.into_iter().filter(|check| check.evidence.held).collect())
    }

    /// Holds a delete back no more: what is there is looked at as if it had just been missing.
    async fn look_again(&self, cx: &Cx, mut check: Check) -> Result<(), StepError> {
        check.evidence.held = false;
        check.due_us = cx.now_us();
        Ok(self.store.replace_check(check).await?)
    }

    /// Answers whether the delete is held back no more.
    async fn accept_delete(&self, cx: &Cx, link: &Link, check: &Check) -> Result<bool, StepError> {
        let known = self.store.issues_numbered(link.connection.id, vec![check.key.number]).await?;
        let Some(item) = known.into_iter().next() else {
            self.store.settle_checks(vec![check.key.clone()]).await?;
            return Ok(true);
        };
        if item.is_being_deleted() {
            return self.delete_accepted(cx, link, item, check).await;
        }
        if check.evidence.first_us == 0 && item.lifecycle != Lifecycle::Deleted {
            // A delete made here that was taken back or failed since it was held back: nobody saw it missing on the tracker.
            self.look_again(cx, check.clone()).await?;
            return Ok(true);
        }
        self.bury(cx, link, item.id, "Deleted on the tracker; accepted by a person.", Some(check)).await?;
        Ok(true)
    }
}

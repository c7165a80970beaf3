//! Deletes that were made here: sent after a look, held back by the fuse, cancelled where edits win.

use crate::account::Lane;
use crate::agreement::merge_known;
use crate::check::is_of_call;
use crate::draft::Draft;
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use crate::link::Link;
use crate::look::Target;
use crate::outbox;
use crate::push::Next;
use crate::seen::Seen;
use issuesync_model::log::Entry;
use issuesync_model::{
    Attempt, AttemptId, Check, CheckKey, CheckKind, Cx, DeletePolicy, Direction, Event, Evidence, Field, Item, ItemId,
    ItemKind, LogKind, OutboxKind, Outcome,
};
use issuesync_provider::{CallError, WritePlan};

/// Why the tombstone of what was deleted here is there.
const DELETED: &str = "Deleted here.";

impl Engine {
    /// Deletes on the tracker, after a look: an edit made there meanwhile is kept in the tombstone, or cancels the delete. `accepted` is the
    /// check of one that the fuse held back and a person let go: the fuse is not asked again.
    pub(crate) async fn push_delete(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: Item,
        accepted: Option<&Check>,
    ) -> Result<Next, StepError> {
        let (fence, until_us) = (item.outbox.fence, link.until_us);
        let Some(target) = self.target_of(&item).await? else { return Ok(Next::Settle) };
        let edits_win = link.connection.settings.delete_vs_update == DeletePolicy::UpdateWins;
        // What was pulled since the delete was asked for is an edit that the person who deleted had not seen.
        let loses = |item: &Item| edits_win && item.outbox.changes != item.local && !item.outbox.changes.is_empty();
        if accepted.is_none()
            && item.kind() == ItemKind::Issue
            && !loses(&item)
            && let Some(check) = self.held_of(&item, target).await?
        {
            // It waits for a person, however long: the fuse forgets, and is not asked again. Nothing is asked of the tracker either, so that a
            // person who accepts it hardly ever finds it in hand.
            return self.hold_back(cx, link, check).await;
        }
        let counted = match self.read(cx, link, &item, target, until_us, accepted).await? {
            Ok(counted) => counted,
            Err(next) => return Ok(next),
        };
        let Some(item) = self.mine(item.id, fence).await? else { return Ok(Next::Done) };
        if !item.is_being_deleted() {
            return Ok(Next::Settle);
        }
        if let Some(next) = self.unaudited(cx, link, &item, target).await? {
            return Ok(next);
        }
        if item.kind() == ItemKind::Issue {
            if !self.know_comments(cx, link, target.0).await? {
                return Ok(Next::Later(cx.now_us() + self.timing.reread_us()));
            }
            // All that took its time, and nothing tells of an edit that a delete takes with it: the read is the last thing before it, and what
            // sleeps over it reads again.
            match self.read(cx, link, &item, target, until_us, accepted).await? {
                // It tells of a comment, too, that came since they were listed. One count may be wrong for ever, two that differ are news.
                Ok(now) if now != counted => return Ok(Next::Later(cx.now_us() + self.timing.reread_us())),
                Ok(_) => {}
                Err(next) => return Ok(next),
            }
        }
        let Some(item) = self.mine(item.id, fence).await? else { return Ok(Next::Done) };
        if !item.is_being_deleted() {
            return Ok(Next::Settle);
        }
        let mut past = None;
        if item.kind() == ItemKind::Issue {
            if loses(&item) {
                self.cancel_delete(cx, link, item).await?;
                return Ok(Next::Settle);
            }
            if accepted.is_none() {
                past = self.pass_fuse(cx, link, item.id).await?;
                if past.is_none() {
                    let check = Check {
                        key: gone_key(&item, target),
                        due_us: cx.now_us(),
                        evidence: Evidence::default(),
                        tries: 0,
                    };
                    return self.hold_back(cx, link, check).await;
                }
            }
        }
        let next = match self.intend_delete(cx, link, item).await? {
            Some(item) => self.send_delete(cx, link, &item, target, accepted).await,
            None => Ok(Next::Later(cx.now_us())),
        };
        drop(past);
        next
    }

    /// The check by which the fuse holds the delete of an issue back.
    async fn held_of(&self, item: &Item, target: Target) -> Result<Option<Check>, StepError> {
        let key = gone_key(item, target);
        let held = self.held(key.connection).await?;
        Ok(held.into_iter().find(|check| check.key == key))
    }

    async fn hold_back(&self, cx: &Cx, link: &Link, check: Check) -> Result<Next, StepError> {
        self.hold(cx, link, check).await?;
        Ok(Next::Later(cx.now_us() + self.timing.full_us))
    }

    /// The read before the delete, which gives it time until `until_us` at most. Answers how many comments it shows, when what the tracker
    /// shows is known now.
    async fn read(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        target: Target,
        until_us: i64,
        accepted: Option<&Check>,
    ) -> Result<Result<Option<i64>, Next>, StepError> {
        let observation = match self.look_at(cx, link, Lane::Push, target).await {
            Ok(observation) => observation,
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => {
                return self.missing(cx, link, item.id, target, accepted).await.map(Err);
            }
            Err(error) => return Err(error),
        };
        link.until_us = until_us.min(observation.t_recv_us + self.timing.reread_us());
        let counted = observation.comment_count;
        let mut seen = Seen::new(observation);
        seen.parent = item.parent;
        let observed = self.observe(cx, link, vec![seen], None).await?;
        // The tombstone would not hold what is there: nothing is deleted on the ground of an old read.
        let stale = observed.stale.first() == Some(&true);
        Ok(if stale { Err(Next::Later(cx.now_us() + self.timing.reread_us())) } else { Ok(counted) })
    }

    /// What is to be deleted there is gone: that becomes a check. Where a person said that it may go, no second look that much later is owed; but
    /// all looks gone where nothing can be seen, and what hid it may have ended between the look and the repository's.
    async fn missing(
        &self,
        cx: &Cx,
        link: &mut Link,
        id: ItemId,
        target: Target,
        accepted: Option<&Check>,
    ) -> Result<Next, StepError> {
        if accepted.is_none() {
            self.owe_gone(cx, link.connection.id, target).await?;
            return Ok(Next::Later(cx.now_us() + 2 * self.timing.gone_confirm_us));
        }
        self.stop_unless_good(cx, link).await?;
        match self.look_at(cx, link, Lane::Push, target).await {
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => {}
            Ok(_) => return Ok(Next::Later(cx.now_us() + self.timing.reread_us())),
            Err(error) => return Err(error),
        }
        self.bury(cx, link, id, DELETED, accepted).await?;
        Ok(Next::Done)
    }

    /// An edit that one of our writes replaced in the gap is told by its echo or by the dated history alone, and both go with the item:
    /// the audit that is owed is made first. `None` when none is owed any more.
    async fn unaudited(&self, cx: &Cx, link: &Link, item: &Item, target: Target) -> Result<Option<Next>, StepError> {
        let owes = |item: &Item| {
            let updates = item.attempts.iter().filter(|attempt| attempt.kind == OutboxKind::Update);
            updates.flat_map(|attempt| &attempt.fields).any(|part| !part.audited)
        };
        if !owes(item) {
            return Ok(None);
        }
        let (number, comment) = target;
        let key = CheckKey { connection: link.connection.id, number, comment, kind: CheckKind::Audit };
        let owed = self.store.checks(link.connection.id, CheckKind::Audit).await?;
        let Some(check) = owed.into_iter().find(|check| check.key == key) else { return Ok(None) };
        // Of a body the echo alone tells, and it may still be on its way.
        let parts = item.attempts.iter().filter(|attempt| attempt.kind == OutboxKind::Update);
        let untold = parts.flat_map(|attempt| &attempt.fields).any(|part| part.field == Field::Body && !part.audited);
        if untold && check.due_us > cx.now_us() {
            return Ok(Some(Next::Later(check.due_us)));
        }
        // Taken like any other that is due.
        match self.run_check(cx, Check { tries: check.tries + 1, ..check }).await {
            Ok(()) => {}
            // No fault of the delete: it waits, and uses up no retry.
            Err(StepError::Call(error)) if is_of_call(&error) => {
                return Ok(Some(Next::Later(cx.now_us() + self.timing.retry_us(1))));
            }
            Err(error) => return Err(error),
        }
        let still = self.store.items(vec![item.id]).await?.iter().any(owes);
        Ok(still.then(|| Next::Later(cx.now_us() + self.timing.reread_us())))
    }

    /// Commits that the delete is about to be sent: from here on it cannot be undone before its outcome is known. `None` when the row changed since it was read.
    async fn intend_delete(&self, cx: &Cx, link: &Link, item: Item) -> Result<Option<Item>, StepError> {
        let mut draft = Draft::of(item);
        draft.item.attempts.push(Attempt {
            id: AttemptId(cx.uuid()),
            fence: draft.item.outbox.fence,
            kind: OutboxKind::Delete,
            t_send_us: cx.now_us(),
            t_done_us: None,
            fields: Vec::new(),
            outcome: Outcome::InFlight,
            max_number_seen: 0,
        });
        let (set, item, _) = draft.finish(cx, link, None);
        Ok(self.commit_set(set).await?.then_some(item))
    }

    async fn cancel_delete(&self, cx: &Cx, link: &Link, item: Item) -> Result<(), StepError> {
        let mut draft = Draft::of(item);
        outbox::complete(&mut draft.item.outbox);
        // What was edited here before the delete is still to be sent.
        merge_known(&mut draft, &self.ground(cx, link));
        let mut entry = Entry::new(Direction::Inbound, LogKind::Restore);
        entry.cause = Some("edited on the tracker after it was deleted here; edits win on this connection".to_owned());
        draft.log(entry);
        draft.notify(
            cx,
            Event::DeleteMetEdit,
            "A delete was cancelled because the issue was edited on the tracker.".to_owned(),
        );
        let (set, _, _) = draft.finish(cx, link, None);
        // When the row changed meanwhile the delete is still due and will be decided again.
        self.commit_set(set).await?;
        Ok(())
    }

    async fn send_delete(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        target: Target,
        accepted: Option<&Check>,
    ) -> Result<Next, StepError> {
        let plan = match target {
            (issue, Some(id)) => WritePlan::DeleteComment { issue, id },
            (number, None) => WritePlan::DeleteIssue { number },
        };
        let catalog = issuesync_model::Catalog::default();
        let calls = link.provider.plan(&plan, &catalog, &link.connection.capabilities, false).unwrap_or_default();
        for call in calls {
            match self.ask(cx, link, Lane::Push, &call).await {
                Ok(_) => {}
                Err(StepError::Call(CallError::Gone)) => {
                    return self.missing(cx, link, item.id, target, accepted).await;
                }
                Err(error) => return Err(error),
            }
        }
        Tallies::add(&self.tallies.pushes, 1);
        self.bury(cx, link, item.id, DELETED, accepted).await?;
        Ok(Next::Done)
    }
}

fn gone_key(item: &Item, target: Target) -> CheckKey {
    CheckKey { connection: item.connection, number: target.0, comment: target.1, kind: CheckKind::Gone }
}

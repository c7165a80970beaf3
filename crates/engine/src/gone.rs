//! Deletions on the tracker: confirmed by two looks, kept in tombstones.
//!
//! A 404 alone never deletes: lost permission, a switched-off unit and a path that belongs to another repository look the same. Each of the
//! two looks counts only with one at the repository that shows it as ours, and before the second counts the item is looked at once more.

use crate::account::Lane;
use crate::draft::{Draft, ROUNDS, blank};
use crate::engine::Engine;
use crate::error::StepError;
use crate::ground::Ground;
use crate::link::Link;
use crate::outbox;
use crate::pass::Standing;
use crate::seen::Seen;
use issuesync_model::log::Entry;
use issuesync_model::{
    Action, Check, Cx, DeletePolicy, Direction, Event, Field, Item, ItemId, ItemKind, Lifecycle, LogKind, OutboxKind,
    Tombstone,
};
use issuesync_provider::CallError;
use issuesync_store::ChangeSet;

impl Engine {
    /// Looks at something that was missing; answers nothing when the check waits for its second look.
    pub(crate) async fn check_gone(&self, cx: &Cx, link: &mut Link, check: Check) -> Result<(), StepError> {
        let target = (check.key.number, check.key.comment);
        match self.look_at(cx, link, Lane::Read, target).await {
            Ok(observation) => {
                let mut seen = Seen::new(observation);
                seen.checks_done.push(check.key);
                self.observe(cx, link, vec![seen], None).await?;
                Ok(())
            }
            Err(StepError::Call(CallError::Gone)) if check.key.comment.is_some() => {
                self.comment_gone(cx, link, check).await
            }
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => self.issue_gone(cx, link, check).await,
            Err(error) => Err(error),
        }
    }

    /// A comment is gone when its issue still answers as one of our repository, and it is missing after that too, or when its issue lies
    /// under its tombstone already (the comment was listed while the issue was deleted); otherwise the issue is in question.
    async fn comment_gone(&self, cx: &Cx, link: &mut Link, check: Check) -> Result<(), StepError> {
        let parent = (check.key.number, None);
        let known = self.store.comments_numbered(link.connection.id, check.key.comment.into_iter().collect()).await?;
        let Some(item) = known.into_iter().find(|item| item.lifecycle != Lifecycle::Deleted) else {
            // It is not known, or lies under its tombstone already.
            return Ok(self.store.settle_checks(vec![check.key]).await?);
        };
        match self.look_at(cx, link, Lane::Read, parent).await {
            Ok(issue) => {
                // It names its repository: a stranger at our path has an issue of that number too.
                self.observe(cx, link, vec![Seen::new(issue)], None).await?;
                match self.look_at(cx, link, Lane::Read, (check.key.number, check.key.comment)).await {
                    Err(StepError::Call(CallError::Gone)) => {
                        self.bury(cx, link, item.id, "Deleted on the tracker.", Some(&check)).await.map(drop)
                    }
                    Ok(_) => self.later(cx, check).await,
                    Err(error) => Err(error),
                }
            }
            Err(StepError::Call(CallError::Gone)) if self.is_buried(item.parent).await? => {
                self.bury(cx, link, item.id, "Deleted with its issue.", Some(&check)).await.map(drop)
            }
            Err(StepError::Call(CallError::Gone)) => {
                self.owe_gone(cx, link.connection.id, parent).await?;
                self.later(cx, check).await
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a row lies under its tombstone.
    pub(crate) async fn is_buried(&self, id: Option<ItemId>) -> Result<bool, StepError> {
        let known = self.store.items(id.into_iter().collect()).await?;
        Ok(known.iter().any(|item| item.lifecycle == Lifecycle::Deleted))
    }

    async fn issue_gone(&self, cx: &Cx, link: &mut Link, mut check: Check) -> Result<(), StepError> {
        match self.standing(cx, link).await? {
            Standing::Good(_) => {}
            Standing::IssuesOff => {
                self.park(cx, &link.connection, "the repository's issues are switched off").await?;
                check.evidence.first_us = 0;
                return self.later(cx, check).await;
            }
            Standing::Lost(reason) => {
                self.park(cx, &link.connection, &reason).await?;
                check.evidence.first_us = 0;
                return self.later(cx, check).await;
            }
        }
        let now_us = cx.now_us();
        if check.evidence.first_us == 0 {
            check.evidence.first_us = now_us;
            return self.later(cx, check).await;
        }
        if now_us < check.evidence.first_us + self.timing.gone_confirm_us {
            return self.later(cx, check).await;
        }
        // What hid it may have ended between the look and the repository's.
        match self.look_at(cx, link, Lane::Read, (check.key.number, None)).await {
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => {}
            Ok(_) => return self.later(cx, check).await,
            Err(error) => return Err(error),
        }
        let known = self.store.issues_numbered(link.connection.id, vec![check.key.number]).await?;
        match known.into_iter().find(|item| item.lifecycle != Lifecycle::Deleted) {
            Some(item) => match self.pass_fuse(cx, link, item.id).await? {
                Some(_past) => self.bury(cx, link, item.id, "Deleted on the tracker.", Some(&check)).await.map(drop),
                None => self.hold(cx, link, check).await,
            },
            None => Ok(self.store.settle_checks(vec![check.key]).await?),
        }
    }

    /// The same check again, as long from now as the two looks of a deletion lie apart.
    pub(crate) async fn later(&self, cx: &Cx, mut check: Check) -> Result<(), StepError> {
        check.due_us = cx.now_us() + self.timing.gone_confirm_us;
        Ok(self.store.replace_check(check).await?)
    }

    /// Puts an item and its comments under a tombstone (T8). An edit that was not sent yet lives in it, or, where edits win, in a new issue.
    /// Answers the row as it is then.
    pub(crate) async fn bury(
        &self,
        cx: &Cx,
        link: &Link,
        id: ItemId,
        reason: &str,
        check: Option<&Check>,
    ) -> Result<Item, StepError> {
        for _ in 0..ROUNDS {
            let item = self.store.items(vec![id]).await?.into_iter().next().ok_or(StepError::Contended)?;
            if let Some(buried) = self.bury_row(cx, link, item, reason, check).await? {
                return Ok(buried);
            }
        }
        Err(StepError::Contended)
    }

    /// The same for the row as it was loaded; `None` when it changed since.
    pub(crate) async fn bury_row(
        &self,
        cx: &Cx,
        link: &Link,
        item: Item,
        reason: &str,
        check: Option<&Check>,
    ) -> Result<Option<Item>, StepError> {
        let settled: Vec<_> = check.map(|check| check.key.clone()).into_iter().collect();
        if item.lifecycle == Lifecycle::Deleted {
            self.store.settle_checks(settled).await?;
            return Ok(Some(item));
        }
        let ground = self.ground(cx, link);
        let mut set = ChangeSet { checks_done: settled, ..ChangeSet::default() };
        if item.kind() == ItemKind::Issue {
            for comment in self.store.comments_of(item.id, false).await? {
                add(&mut set, tombstone(comment, "Deleted with its issue.", &ground), &ground);
            }
        }
        let survivor = survivor_of(&item, link);
        let mut draft = tombstone(item, reason, &ground);
        if let Some(local) = survivor {
            let again = recreate(&local, &ground);
            draft.notify(
                cx,
                Event::DeleteMetEdit,
                "The tracker deleted an issue that was edited here; the edit lives on in a new issue.".to_owned(),
            );
            let mut entry = Entry::new(Direction::Outbound, LogKind::Restore);
            entry.cause = Some(format!("edits win: the issue is made again as {}", again.item.id));
            draft.log(entry);
            add(&mut set, again, &ground);
        }
        let item = add(&mut set, draft, &ground);
        Ok(self.commit_set(set).await?.then_some(item))
    }
}

fn add(set: &mut ChangeSet, draft: Draft, ground: &Ground<'_>) -> Item {
    let (part, item, _) = draft.finish(ground.cx, ground.link, None);
    set.writes.extend(part.writes);
    set.log.extend(part.log);
    set.notifications.extend(part.notifications);
    item
}

/// The item under its tombstone.
fn tombstone(item: Item, reason: &str, ground: &Ground<'_>) -> Draft {
    let unsent = item.outbox.kind != OutboxKind::Delete && !item.is_being_deleted() && item.local != item.base;
    let mut draft = Draft::of(item);
    if unsent {
        let detail = "It was deleted on the tracker while an edit made here was not sent yet; the edit is kept in the tombstone.".to_owned();
        draft.notify(ground.cx, Event::DeleteMetEdit, detail);
    }
    let item = &mut draft.item;
    item.tombstone = Some(Tombstone {
        base: item.base.clone(),
        local: item.local.clone(),
        remote: item.remote.as_ref().map(|remote| remote.fields.clone()),
        reason: reason.to_owned(),
        at_us: ground.now_us,
    });
    item.lifecycle = Lifecycle::Deleted;
    item.delete_wanted = false;
    item.conflicts.clear();
    item.attempts.clear();
    item.outbox.lease_until_us = 0;
    outbox::complete(&mut item.outbox);
    let mut entry = Entry::new(if unsent { Direction::Inbound } else { Direction::Outbound }, LogKind::Delete);
    entry.action = Action::Delete;
    entry.before = item.local.clone();
    entry.cause = Some(reason.to_owned());
    draft.log(entry);
    draft
}

/// What lives on when edits win over a delete: the row, if it has edits that were not sent.
fn survivor_of(item: &Item, link: &Link) -> Option<Item> {
    let edits_win = link.connection.settings.delete_vs_update == DeletePolicy::UpdateWins;
    let dirty = Field::ALL.into_iter().any(|field| item.is_dirty(field));
    (edits_win && dirty && item.kind() == ItemKind::Issue && !item.is_being_deleted()).then(|| item.clone())
}

fn recreate(old: &Item, ground: &Ground<'_>) -> Draft {
    let mut item = blank(ItemId(ground.cx.uuid()), ground);
    item.local = old.local.clone();
    item.edits = old.edits.clone();
    item.outbox.changes = old.local.clone();
    outbox::make_due(&mut item.outbox, OutboxKind::Create, ground.now_us);
    let mut draft = Draft::new(item);
    let mut entry = Entry::new(Direction::Local, LogKind::Create);
    entry.action = Action::Create;
    entry.after = old.local.clone();
    entry.cause = Some(format!("made again from {}, which the tracker deleted", old.id));
    draft.log(entry);
    draft
}

//! Local deletes, and taking them back (sync.md 1.5).

use crate::agreement::merge_known;
use crate::draft::{Draft, ROUNDS};
use crate::edit::{EditError, expect_version};
use crate::engine::Engine;
use crate::error::StepError;
use crate::outbox;
use issuesync_model::log::Entry;
use issuesync_model::{Action, Cx, Direction, Item, ItemId, ItemKind, Lifecycle, LogKind, OutboxKind, OutboxStatus};

impl Engine {
    /// Deletes an issue or a comment, on the tracker too.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn delete(
        &self,
        cx: &Cx,
        id: ItemId,
        expected_version: Option<i64>,
        user: &str,
    ) -> Result<Item, EditError> {
        for _ in 0..ROUNDS {
            let item = self.item(id).await?;
            expect_version(&item, expected_version)?;
            if item.lifecycle == Lifecycle::Deleted || item.is_being_deleted() {
                return Ok(item);
            }
            let link = self.link(item.connection).await?;
            if !link.connection.capabilities.delete_issue && item.kind() == ItemKind::Issue {
                return Err(EditError::Gone("this tracker cannot delete issues; close it instead".to_owned()));
            }
            let sent = item.attempts.iter().any(|attempt| attempt.kind == OutboxKind::Create);
            if item.lifecycle == Lifecycle::Creating && !sent && !item.outbox.is_leased(cx.now_us()) {
                // By the row that was looked at: a claim that came first may have sent it.
                match self.bury_row(cx, &link, item, "Deleted here before it reached the tracker.", None).await? {
                    Some(item) => return Ok(item),
                    None => continue,
                }
            }
            let mut draft = Draft::of(item);
            let item = &mut draft.item;
            if item.lifecycle == Lifecycle::Creating {
                item.delete_wanted = true;
                let kind = item.outbox.kind;
                outbox::make_due(&mut item.outbox, kind, cx.now_us());
            } else {
                outbox::make_due(&mut item.outbox, OutboxKind::Delete, cx.now_us());
                item.outbox.changes = item.local.clone();
            }
            let mut entry = Entry::new(Direction::Local, LogKind::Edit);
            entry.action = Action::Delete;
            draft.log(entry);
            let (set, item, _) = draft.finish(cx, &link, Some(user));
            if self.commit_set(set).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }

    /// Takes a delete back that the tracker has not confirmed.
    ///
    /// # Errors
    /// See [`EditError`].
    pub async fn undo(&self, cx: &Cx, id: ItemId, user: &str) -> Result<Item, EditError> {
        for _ in 0..ROUNDS {
            let item = self.item(id).await?;
            if item.lifecycle == Lifecycle::Deleted {
                return Err(EditError::Gone(
                    "the tracker has deleted it already; make it again from its history".to_owned(),
                ));
            }
            let failed = item.outbox.kind == OutboxKind::Delete && item.outbox.status == OutboxStatus::Failed;
            if !item.is_being_deleted() && !failed {
                return Ok(item);
            }
            if item.outbox.kind == OutboxKind::Delete && outbox::is_writing(&item, cx.now_us()) {
                return Err(EditError::Gone(
                    "it is being deleted on the tracker at this moment; look again in a few seconds".to_owned(),
                ));
            }
            let link = self.link(item.connection).await?;
            let mut draft = Draft::of(item);
            draft.item.delete_wanted = false;
            if draft.item.lifecycle != Lifecycle::Creating {
                outbox::complete(&mut draft.item.outbox);
                let ground = self.ground(cx, &link);
                merge_known(&mut draft, &ground);
            }
            draft.log(Entry::new(Direction::Local, LogKind::Restore));
            let (set, item, _) = draft.finish(cx, &link, Some(user));
            if self.commit_set(set).await? {
                return Ok(item);
            }
        }
        Err(StepError::Contended.into())
    }
}

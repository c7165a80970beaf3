//! A person lets go what the fuse holds back: each such delete is made by itself, after the reads of any other, and what cannot be made stays held.
//!
//! Races handled: two people who accept at once (a row is claimed by one of them, and whoever ends last finds nothing held), a delete taken
//! back or made again meanwhile, one that is held back while others are accepted (nobody accepted it).

use crate::draft::Draft;
use crate::engine::Engine;
use crate::error::{PassError, StepError};
use crate::link::Link;
use crate::push::Next;
use issuesync_model::{Check, ConnectionId, Cx, Item, Lifecycle};
use issuesync_provider::CallError;

/// What accepting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Deletes that were held back and are settled: made, taken back by their people, or to be looked at again.
    pub settled: usize,
    /// Deletes that are held back now: they could not be made, or came meanwhile.
    pub held: usize,
}

impl Engine {
    /// Settles the deletes that the fuse holds back. The fuse stays open while some of them cannot be made yet: what the tracker shows of them
    /// is too old, it does not answer, or somebody else has them in hand.
    ///
    /// # Errors
    /// As [`Engine::sync`]: the first that one of them met. The others were made all the same, but where the error is of all of them.
    pub async fn accept_deletes(&self, cx: &Cx, id: ConnectionId) -> Result<Accepted, PassError> {
        let link = match self.link(id).await {
            Err(StepError::NoConnection) => return Err(PassError::NotFound),
            other => other?,
        };
        let asked = self.held(id).await?;
        // Told first: whoever dies between two of them leaves no delete behind that nobody asked for.
        let event = self.event(cx, id, "fuse", format!("A person accepted {} deletes.", asked.len()));
        self.store.change_connection(id, Vec::new(), vec![event]).await?;
        let (mut settled, mut failed) = (0, None);
        for check in &asked {
            match self.accept_delete(cx, &link, check).await {
                Ok(is_settled) => settled += usize::from(is_settled),
                Err(error) => {
                    let ends = is_of_all(&error);
                    failed.get_or_insert(error);
                    if ends {
                        break;
                    }
                }
            }
        }
        let held = self.held(id).await?;
        // The store decides: another person may have settled what this call had to leave to him.
        if !held.iter().any(|left| asked.iter().any(|check| check.key == left.key)) {
            self.close_fuse(cx, id, Vec::new()).await?;
        }
        self.committed();
        failed.map_or(Ok(Accepted { settled, held: held.len() }), |error| Err(error.into()))
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

    /// Sends a delete made here that the fuse held back and a person accepted, as a push of its own: what was edited on the tracker while it
    /// was held back is read before. Answers whether nothing of it is held back any more.
    async fn delete_accepted(&self, cx: &Cx, link: &Link, item: Item, check: &Check) -> Result<bool, StepError> {
        let mut link = link.clone();
        let (id, due_us) = (item.id, item.outbox.next_retry_us);
        let Some(item) = self.claim_one(cx, &link, item).await? else { return Ok(false) };
        let fence = item.outbox.fence;
        link.until_us = item.outbox.lease_until_us - self.timing.lease_margin_us();
        let next = self.push_delete(cx, &mut link, item, Some(check)).await;
        match next {
            Ok(Next::Done) => {
                // Else the lease ran out, and whoever claimed it since holds it back still.
                let is_buried = self.is_buried(Some(id)).await?;
                if is_buried {
                    self.store.settle_checks(vec![check.key.clone()]).await?;
                }
                return Ok(is_buried);
            }
            Ok(Next::Settle) => {
                self.settle_push(cx, &link, id, fence).await?;
                self.store.settle_checks(vec![check.key.clone()]).await?;
                return Ok(true);
            }
            _ => {}
        }
        // The person is told, and the delete stays held back.
        self.store.release(id, fence, due_us).await?;
        match next {
            Ok(Next::Fail(error)) => Err(error.into()),
            Err(error) => Err(error),
            Ok(_) => Ok(false),
        }
    }

    /// Claims one row as a pusher does; `None` when somebody else has it or it changed since it was read.
    async fn claim_one(&self, cx: &Cx, link: &Link, item: Item) -> Result<Option<Item>, StepError> {
        let now_us = cx.now_us();
        if item.outbox.is_leased(now_us) {
            return Ok(None);
        }
        let mut draft = Draft::of(item);
        draft.item.outbox.fence += 1;
        draft.item.outbox.lease_until_us = now_us + self.timing.lease_us;
        let (set, item, _) = draft.finish(cx, link, None);
        Ok(self.commit_set(set).await?.then_some(item))
    }
}

/// Whether no other delete can be made either.
fn is_of_all(error: &StepError) -> bool {
    match error {
        StepError::Store(_) | StepError::Vault(_) | StepError::NoConnection | StepError::Parked(_) => true,
        StepError::Call(error) => matches!(error, CallError::Token),
        StepError::Contended => false,
    }
}

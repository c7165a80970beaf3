//! The audit that our writes are owed: reads their item's dated history, and lets it in beside a look.
//!
//! Handled: echoes that are still queued, writes on their way, a history out of sight, one that cannot be read or is another issue's, and
//! writes that begin meanwhile.

use crate::account::Lane;
use crate::dated::{History, weigh};
use crate::draft::{Draft, ROUNDS};
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::outbox;
use crate::own;
use crate::seen::{Door, Seen};
use issuesync_model::{Attempt, AttemptField, Check, Cx, DeliveryState, Item, ItemId, OutboxKind};
use issuesync_provider::{Answer, Call, CallError, HistoryEntry};

/// More pages than any history has.
const HISTORY_PAGES_MAX: i64 = 200;
/// How often a history is asked for before it counts as one that cannot be read.
const HISTORY_TRIES: u32 = 5;
/// How often an audit waits for deliveries that have arrived but were not looked at.
const AUDIT_WAITS_MAX: u32 = 20;

impl Engine {
    /// Reads the dated history of an item whose writes had no echo: edits that they replaced come to light, and values that were taken back.
    pub(crate) async fn check_audit(&self, cx: &Cx, link: &mut Link, mut check: Check) -> Result<(), StepError> {
        let queued = self.store.deliveries(Some(link.connection.id), Some(DeliveryState::Queued), 1).await?;
        // Loaded once: a write that begins from here on is not among those that the history will speak of.
        let Some(item) = self.item_of(link, &check).await?.filter(|item| !item.attempts.is_empty()) else {
            return self.end_audit(cx, link, check).await;
        };
        let now_us = cx.now_us();
        let writes = outbox::is_writing(&item, now_us);
        if writes || (!queued.is_empty() && check.tries < AUDIT_WAITS_MAX) {
            // A write in flight is in no history yet. And the echo may be among the deliveries: of a body it is the only witness.
            // A claim counts as a try. While the tracker is ill the deliveries wait for it, and so does whoever waits for them.
            let is_ill = self.accounts.needs_probe(link.account.id)
                || self.accounts.rests_until(link.account.id, now_us).is_some();
            if writes || is_ill {
                check.tries = check.tries.saturating_sub(1);
            }
            check.due_us = now_us + self.timing.reread_us();
            return Ok(self.store.replace_check(check).await?);
        }
        // No echo tells of elements, and none that was recognised replaced anybody's, but where the mirror had gone on by then: their history
        // is read for the others alone.
        let told = |part: &AttemptField| part.field.is_set() && part.settled && part.outpaced.is_none();
        let over = |part: &AttemptField| told(part) || (part.settled && part.audited);
        let dates = |part: &AttemptField| own::has_history(part.field) && !over(part);
        let dated = item.attempts.iter().flat_map(|attempt| &attempt.fields).any(dates);
        let history = if dated && check.key.comment.is_none() {
            match self.believed(cx, link, &mut check, &item).await? {
                Some(history) => history,
                None => return self.later(cx, check).await,
            }
        } else {
            History::none(&item)
        };
        if self.audit_settled(cx, link, item.id, &history).await? {
            return self.end_audit(cx, link, check).await;
        }
        let Some(observation) = self.owed_look(cx, link, &check).await? else { return Ok(()) };
        let mut seen = Seen::new(observation);
        seen.door = Door::History(history);
        let observed = self.observe(cx, link, vec![seen], None).await?;
        if observed.stale.first() == Some(&true) {
            // What the history tells cannot be weighed against a look that is older than what is known: either the next one is not, or the
            // tracker's clock was set back and the looks will be believed in time.
            return self.later(cx, check).await;
        }
        self.end_audit(cx, link, check).await
    }

    /// The dated history of an issue, as far as it can be believed by now; `None` when it is to be read again.
    async fn believed(
        &self,
        cx: &Cx,
        link: &mut Link,
        check: &mut Check,
        item: &Item,
    ) -> Result<Option<History>, StepError> {
        let now_us = cx.now_us();
        let waited_us = now_us - self.timing.history_wait_us();
        let entries = match self.history_of(cx, link, check.key.number).await {
            // Out of sight, it tells nothing: either it is gone, or it will be read when it shows again.
            Err(StepError::Call(CallError::Gone)) => {
                self.owe_gone(cx, link.connection.id, (check.key.number, None)).await?;
                return Ok(None);
            }
            // One that cannot be read for so long is none: the item must not wait for it for ever.
            Err(StepError::Call(error))
                if check.tries >= HISTORY_TRIES
                    && item.attempts.iter().any(|attempt| attempt.t_send_us < waited_us)
                    && !matches!(error, CallError::Budget { .. } | CallError::Token | CallError::Moved { .. }) =>
            {
                return Ok(Some(History::unread(item, waited_us)));
            }
            other => other?,
        };
        let Some(entries) = entries else { return Ok(Some(History::none(item))) };
        let history = History::new(entries, item, &link.connection.capabilities.canon);
        if history.lacks_ours(item, &self.ground(cx, link)) {
            // It may be a replica's or another issue's, but not for ever.
            let first_us = check.evidence.first_us;
            check.evidence.first_us = if first_us == 0 { now_us } else { first_us };
            if (0..self.timing.stale_list_us()).contains(&(now_us - check.evidence.first_us)) {
                return Ok(None);
            }
        }
        Ok(Some(history))
    }

    /// Settles an audit that was made. It stays owed to writes that it could not speak of: what was sent meanwhile, and what an echo alone may
    /// tell where it was made before its time, for the sake of what is dated.
    async fn end_audit(&self, cx: &Cx, link: &Link, mut check: Check) -> Result<(), StepError> {
        let item = self.item_of(link, &check).await?;
        let untold =
            |attempt: &&Attempt| attempt.kind == OutboxKind::Update && attempt.fields.iter().any(|part| !part.audited);
        let awaited = item.iter().flat_map(|item| &item.attempts).filter(untold);
        let due_us = awaited.map(|attempt| attempt.echo_until_us(&self.timing)).max();
        check.evidence.first_us = 0;
        if let Some(due_us) = due_us {
            check.due_us = due_us.max(cx.now_us() + self.timing.reread_us());
            return Ok(self.store.replace_check(check).await?);
        }
        self.store.settle_checks(vec![check.key.clone()]).await?;
        // A write that began in between found this audit owed already, and it is not any more.
        if self.item_of(link, &check).await?.iter().flat_map(|item| &item.attempts).any(|attempt| untold(&attempt)) {
            check.due_us = cx.now_us() + self.timing.echo_wait_us;
            self.store.put_checks(vec![check]).await?;
        }
        Ok(())
    }

    /// Weighs a history where no look is needed: all that it speaks of is recognised. Answers whether it was.
    async fn audit_settled(&self, cx: &Cx, link: &Link, id: ItemId, history: &History) -> Result<bool, StepError> {
        for _ in 0..ROUNDS {
            let Some(item) = self.store.items(vec![id]).await?.into_iter().next() else { return Ok(true) };
            if !history.is_of_settled(&item) {
                return Ok(false);
            }
            let ground = self.ground(cx, link);
            let mut draft = Draft::of(item);
            weigh(&mut draft, history, &ground);
            let (set, _, _) = draft.finish(cx, link, Some("audit"));
            if set.is_empty() || self.commit_set(set).await? {
                return Ok(true);
            }
        }
        Err(StepError::Contended)
    }

    /// The history of an issue; none where the tracker shows the issue and keeps no history.
    async fn history_of(&self, cx: &Cx, link: &mut Link, issue: i64) -> Result<Option<Vec<HistoryEntry>>, StepError> {
        match self.history(cx, link, issue).await {
            Err(StepError::Call(CallError::Gone)) => {}
            other => return other.map(Some),
        }
        self.look_at(cx, link, Lane::Read, (issue, None)).await?;
        // It may have been out of sight for that moment alone.
        match self.history(cx, link, issue).await {
            Err(StepError::Call(CallError::Gone)) => Ok(None),
            other => other.map(Some),
        }
    }

    async fn history(&self, cx: &Cx, link: &mut Link, issue: i64) -> Result<Vec<HistoryEntry>, StepError> {
        let mut history = Vec::new();
        for page in 1..=HISTORY_PAGES_MAX {
            let answered = self.ask(cx, link, Lane::Read, &Call::History { issue, page }).await?;
            let Answer::History(entries, more) = answered.answer else { break };
            history.extend(entries);
            if !more {
                break;
            }
        }
        Ok(history)
    }
}

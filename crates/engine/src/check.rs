//! Executes the looks that are owed, in due order. A look that fails stays owed.

use crate::account::Lane;
use crate::audit;
use crate::draft::{Draft, ROUNDS};
use crate::engine::Engine;
use crate::error::StepError;
use crate::ground::Ground;
use crate::link::Link;
use crate::outbox;
use crate::own::{self, Landed};
use crate::seen::{Door, Seen};
use issuesync_model::{
    Attempt, AttemptField, Check, CheckKind, ConnectionChange, ConnectionId, Cx, DeliveryState, Evidence, Item,
    Observation, OutboxKind, Outcome, Value,
};
use issuesync_provider::{Answer, Call, CallError, HistoryEntry};

/// Checks taken at once.
const BATCH: usize = 20;
/// How often an audit waits for deliveries that have arrived but were not looked at.
const AUDIT_WAITS_MAX: u32 = 20;
/// More pages than any history has.
const HISTORY_PAGES_MAX: i64 = 200;

/// Whether an error is about this very call, while the tracker and the account are well.
pub(crate) fn is_of_call(error: &CallError) -> bool {
    matches!(error, CallError::Ask(_) | CallError::Malformed(_) | CallError::Forbidden(_) | CallError::Refused(_))
}

impl Engine {
    /// Takes and executes due checks; answers how many.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn check(&self, cx: &Cx) -> Result<usize, StepError> {
        let active = self.active_connections().await?;
        let checks = self.store.claim_checks(active, cx.now_us(), self.timing.lease_us, BATCH).await?;
        let taken = checks.len();
        for check in checks {
            let key = check.key.clone();
            // Boxed: most steps find no check, and stay small.
            if let Err(error) = Box::pin(self.run_check(cx, check)).await {
                match error {
                    StepError::Store(error) => return Err(error.into()),
                    error => tracing::debug!(number = key.number, kind = key.kind.word(), %error, "a look stays owed"),
                }
            }
        }
        Ok(taken)
    }

    /// Connections that may be asked.
    pub(crate) async fn active_connections(&self) -> Result<Vec<ConnectionId>, StepError> {
        let connections = self.store.connections().await?;
        Ok(connections
            .into_iter()
            .filter(|connection| connection.parked.is_none())
            .map(|connection| connection.id)
            .collect())
    }

    pub(crate) async fn run_check(&self, cx: &Cx, check: Check) -> Result<(), StepError> {
        let mut link = self.link(check.key.connection).await?;
        match check.key.kind {
            CheckKind::Gone => self.check_gone(cx, &mut link, check).await,
            CheckKind::Refetch => self.check_refetch(cx, &mut link, check).await,
            CheckKind::Regressed => self.check_regressed(cx, &mut link, check).await,
            CheckKind::Audit => self.check_audit(cx, &mut link, check).await,
        }
    }

    /// The look of a check; something gone becomes a `gone` check, with this as its first look.
    async fn owed_look(&self, cx: &Cx, link: &mut Link, check: &Check) -> Result<Option<Observation>, StepError> {
        match self.look_at(cx, link, Lane::Read, (check.key.number, check.key.comment)).await {
            Ok(observation) => Ok(Some(observation)),
            Err(StepError::Call(CallError::Gone)) => {
                let mut key = check.key.clone();
                key.kind = CheckKind::Gone;
                let evidence = Evidence { first_us: cx.now_us(), ..Evidence::default() };
                let gone = Check { key, due_us: cx.now_us() + self.timing.gone_confirm_us, evidence, tries: 0 };
                self.store.put_checks(vec![gone]).await?;
                self.store.settle_checks(vec![check.key.clone()]).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn check_refetch(&self, cx: &Cx, link: &mut Link, check: Check) -> Result<(), StepError> {
        if let Some(observation) = self.owed_look(cx, link, &check).await? {
            if let Some(issue) = observation.issue_number {
                self.know_parent(cx, link, issue).await?;
            }
            let mut seen = Seen::new(observation);
            // Settled before the observation, which may put the same check anew.
            self.store.settle_checks(vec![check.key]).await?;
            seen.cause = Some("a second look".to_owned());
            self.observe(cx, link, vec![seen], None).await?;
        }
        Ok(())
    }

    /// Two identical looks, far enough apart, prove that the clock stepped back and not that a replica is stale.
    async fn check_regressed(&self, cx: &Cx, link: &mut Link, mut check: Check) -> Result<(), StepError> {
        let Some(observation) = self.owed_look(cx, link, &check).await? else { return Ok(()) };
        let Some(item) = self.item_of(link, &check).await? else {
            return Ok(self.store.settle_checks(vec![check.key]).await?);
        };
        let older = item.remote.as_ref().is_some_and(|remote| observation.u_us < remote.u_us);
        let rules = &link.connection.capabilities.canon;
        let hash = issuesync_merge::content_hash(&issuesync_merge::canon(&observation.fields, rules));
        if older && check.evidence.hash.as_ref() != Some(&hash) {
            check.evidence = Evidence { first_us: cx.now_us(), hash: Some(hash), ..Evidence::default() };
            check.due_us = cx.now_us() + self.timing.regress_confirm_us;
            return Ok(self.store.replace_check(check).await?);
        }
        let mut seen = Seen::new(observation);
        seen.checks_done.push(check.key.clone());
        if older {
            seen.door = Door::Regressed;
            seen.cause = Some("clock_regressed".to_owned());
            let detail =
                format!("The tracker's time of #{} stepped back; two looks agree on its content.", check.key.number);
            let event = self.event(cx, link.connection.id, "clock_regressed", detail);
            self.store.change_connection(link.connection.id, vec![ConnectionChange::Dirty], vec![event]).await?;
        }
        self.observe(cx, link, vec![seen], None).await?;
        Ok(())
    }

    async fn item_of(&self, link: &Link, check: &Check) -> Result<Option<Item>, StepError> {
        let connection = link.connection.id;
        let found = match check.key.comment {
            Some(id) => self.store.comments_numbered(connection, vec![id]).await?,
            None => self.store.issues_numbered(connection, vec![check.key.number]).await?,
        };
        Ok(found.into_iter().next())
    }

    /// Reads the dated history of an item whose writes had no echo: edits that they replaced come to light, and values that were taken back.
    async fn check_audit(&self, cx: &Cx, link: &mut Link, mut check: Check) -> Result<(), StepError> {
        let queued = self.store.deliveries(Some(link.connection.id), Some(DeliveryState::Queued), 1).await?;
        let now_us = cx.now_us();
        let writes = self.item_of(link, &check).await?.is_some_and(|item| outbox::is_writing(&item, now_us));
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
        let Some(item) = self.item_of(link, &check).await? else {
            return Ok(self.store.settle_checks(vec![check.key]).await?);
        };
        if item.attempts.is_empty() {
            return Ok(self.store.settle_checks(vec![check.key]).await?);
        }
        // No echo tells of elements, and none that was recognised replaced anybody's: their history is read for the others alone.
        let dates = |part: &AttemptField| own::has_history(part.field) && !(part.field.is_set() && part.settled);
        let dated = item.attempts.iter().flat_map(|attempt| &attempt.fields).any(dates);
        let waited = item.attempts.iter().all(|attempt| now_us - attempt.t_send_us > self.timing.history_wait_us());
        let history = if dated && check.key.comment.is_none() {
            match self.history(cx, link, check.key.number).await {
                // One that cannot be read for so long is none: the item must not wait for it for ever.
                Err(StepError::Call(error)) if waited && is_of_call(&error) => Vec::new(),
                other => other?,
            }
        } else {
            Vec::new()
        };
        if item.attempts.iter().all(|attempt| attempt.fields.iter().all(|part| part.settled)) {
            let landed = self.audit_item(cx, link, item.id, &history).await?;
            if landed.fields.is_empty() {
                return self.end_audit(cx, link, check).await;
            }
        }
        let Some(observation) = self.owed_look(cx, link, &check).await? else { return Ok(()) };
        let mut seen = Seen::new(observation);
        if item.remote.as_ref().is_some_and(|remote| seen.observation.u_us < remote.u_us) {
            // What the history tells cannot be weighed against a look that is older than what is known: either the next one is not, or the
            // tracker's clock was set back and the looks will be believed in time.
            self.observe(cx, link, vec![seen], None).await?;
            check.due_us = cx.now_us() + self.timing.gone_confirm_us;
            return Ok(self.store.replace_check(check).await?);
        }
        seen.door = Door::History(self.audit_item(cx, link, item.id, &history).await?);
        self.observe(cx, link, vec![seen], None).await?;
        self.end_audit(cx, link, check).await
    }

    /// Settles an audit that was made. It stays owed to writes that it could not speak of: what was sent meanwhile, and what an echo alone may
    /// tell where it was made before its time, for the sake of what is dated.
    async fn end_audit(&self, cx: &Cx, link: &Link, mut check: Check) -> Result<(), StepError> {
        let item = self.item_of(link, &check).await?;
        let untold =
            |attempt: &&Attempt| attempt.kind == OutboxKind::Update && attempt.fields.iter().any(|part| !part.audited);
        let awaited = item.iter().flat_map(|item| &item.attempts).filter(untold);
        let Some(due_us) = awaited.map(|attempt| attempt.t_send_us + self.timing.echo_wait_us).max() else {
            return Ok(self.store.settle_checks(vec![check.key]).await?);
        };
        check.due_us = due_us.max(cx.now_us() + self.timing.reread_us());
        Ok(self.store.replace_check(check).await?)
    }

    /// Compares our dated writes with what was read before them; answers the fields of which the history shows our value, replaced later.
    async fn audit_item(
        &self,
        cx: &Cx,
        link: &Link,
        id: issuesync_model::ItemId,
        history: &[HistoryEntry],
    ) -> Result<Landed, StepError> {
        for _ in 0..ROUNDS {
            let Some(item) = self.store.items(vec![id]).await?.into_iter().next() else { return Ok(Landed::default()) };
            let ground = self.ground(cx, link);
            let mut landed = Landed::default();
            let mut draft = Draft::of(item);
            name_rewritten(&mut draft.item, history, &ground);
            let parts: Vec<_> = draft
                .item
                .attempts
                .iter()
                .filter(|attempt| attempt.kind == OutboxKind::Update && attempt.outcome != Outcome::InFlight)
                .flat_map(|attempt| {
                    attempt.fields.iter().map(move |part| (attempt.id, attempt.t_send_us, part.clone()))
                })
                .collect();
            for (id, began_us, part) in parts {
                let after = |entry: &&HistoryEntry| entry.field == part.field && is_since(entry, began_us, &ground);
                if part.field.is_set() {
                    let dated: Vec<&HistoryEntry> = history.iter().filter(after).collect();
                    let back = elements_back(&part, &dated, &ground).into_iter();
                    landed.elements.extend(back.map(|element| (id, part.field, element)));
                    continue;
                }
                // A value that the tracker rewrote stands in its history as rewritten.
                let is_sent = |to: &Value| own::set(&part, to);
                let ours = |entry: &&HistoryEntry| {
                    entry.user == Some(link.account.self_id) && entry.to.as_ref().is_some_and(is_sent)
                };
                let written = history.iter().filter(after).position(|entry| ours(&entry));
                if let Some(position) = written
                    && history
                        .iter()
                        .filter(after)
                        .skip(position + 1)
                        .any(|entry| !entry.to.as_ref().is_some_and(is_sent))
                {
                    landed.fields.insert((id, part.field));
                }
                // Its entry was counted already when it was audited by its echo: it must not stand for that of a later write.
                if !part.audited
                    && let Some(from) = history.iter().filter(after).find(ours).and_then(|entry| entry.from.clone())
                {
                    audit::audit_field(&mut draft, part.field, &from, Some(&part.sent), &ground);
                }
            }
            // A write in flight is not in this history yet; its own audit follows. And an echo may still be on its way.
            for attempt in draft.item.attempts.iter_mut().filter(|attempt| attempt.outcome != Outcome::InFlight) {
                let early = ground.now_us < attempt.t_send_us + self.timing.echo_wait_us;
                let parts = attempt.fields.iter_mut().filter(|part| !early || own::has_history(part.field));
                parts.for_each(|part| part.audited = true);
            }
            own::forget_settled(&mut draft.item);
            let (set, _, _) = draft.finish(cx, link, Some("audit"));
            if set.is_empty() || self.commit_set(set).await? {
                return Ok(landed);
            }
        }
        Err(StepError::Contended)
    }

    async fn history(&self, cx: &Cx, link: &mut Link, issue: i64) -> Result<Vec<HistoryEntry>, StepError> {
        let mut history = Vec::new();
        for page in 1..=HISTORY_PAGES_MAX {
            match self.ask(cx, link, Lane::Read, &Call::History { issue, page }).await {
                Ok(answered) => {
                    let Answer::History(entries, more) = answered.answer else { break };
                    history.extend(entries);
                    if !more {
                        break;
                    }
                }
                // A tracker without history, or an issue that is gone: there is nothing to learn.
                Err(StepError::Call(CallError::Gone)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(history)
    }
}

/// Whether a dated change can have been made since a time of the store's clock.
fn is_since(entry: &HistoryEntry, since_us: i64, ground: &Ground<'_>) -> bool {
    let at_us = ground.theta.to_local(entry.time_us, ground.now_us);
    at_us.saturating_add(ground.theta.eps_of(entry.time_us, ground.now_us)) >= since_us
}

/// What the tracker made of a value stands in its history alone where the answer was lost: a change by our own account that no other write
/// explains. Of several writes without an answer the oldest that can have made it counts.
fn name_rewritten(item: &mut Item, history: &[HistoryEntry], ground: &Ground<'_>) {
    let self_id = ground.link.account.self_id;
    let mut ours: Vec<(&HistoryEntry, &Value)> = history
        .iter()
        .filter(|entry| entry.user == Some(self_id) && !entry.field.is_set())
        .filter_map(|entry| Some((entry, entry.to.as_ref()?)))
        .collect();
    let mut unnamed = Vec::new();
    for attempt in item.attempts.iter_mut() {
        let (began_us, is_unknown) = (attempt.t_send_us, attempt.outcome == Outcome::Unknown);
        for part in attempt.fields.iter_mut() {
            let made = |(entry, to): &(&HistoryEntry, &Value)| {
                entry.field == part.field && is_since(entry, began_us, ground) && own::set(part, to)
            };
            if let Some(at) = ours.iter().position(made) {
                ours.remove(at);
            } else if is_unknown && !part.audited && part.became.is_none() {
                unnamed.push((began_us, part));
            }
        }
    }
    for (began_us, part) in unnamed {
        let can_be = |(entry, to): &(&HistoryEntry, &Value)| {
            entry.field == part.field && is_since(entry, began_us, ground) && part.read.as_ref() != Some(to)
        };
        if let Some(at) = ours.iter().position(can_be) {
            part.became = Some(ours.remove(at).1.clone());
        }
    }
}

/// Elements that our attempt set and that somebody changed back, by their dated changes since.
fn elements_back(part: &AttemptField, dated: &[&HistoryEntry], ground: &Ground<'_>) -> Vec<String> {
    let rules = &ground.link.connection.capabilities.canon;
    let has = |value: &Option<Value>, element: &str| {
        let value = value.as_ref().map(|value| issuesync_merge::canon_value(part.field, value, rules));
        value.as_ref().and_then(Value::as_set).is_some_and(|set| set.contains(element))
    };
    let is_back = |(element, on): &(String, bool)| {
        let mut turns = dated.iter().filter(|entry| has(&entry.from, element) != has(&entry.to, element));
        turns.any(|entry| entry.user == Some(ground.link.account.self_id) && has(&entry.to, element) == *on)
            && turns.next_back().is_some_and(|entry| has(&entry.to, element) != *on)
    };
    own::asked(part).into_iter().filter(is_back).map(|(element, _)| element).collect()
}

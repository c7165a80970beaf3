//! The tracker's dated history of an item, weighed against our writes to it: what they replaced, what became of those without an answer, and which
//! of them landed and were taken back. Of bodies no tracker keeps one; their echo alone tells ([`crate::audit`]).

use crate::account::Lane;
use crate::audit;
use crate::draft::{Draft, ROUNDS};
use crate::engine::Engine;
use crate::error::StepError;
use crate::ground::Ground;
use crate::link::Link;
use crate::outbox;
use crate::own::{self, Landed};
use issuesync_model::{AttemptField, Cx, Item, OutboxKind, Outcome, Value};
use issuesync_provider::{Answer, Call, CallError, HistoryEntry};

/// More pages than any history has.
const HISTORY_PAGES_MAX: i64 = 200;

impl Engine {
    /// Compares our dated writes with what was read before them; answers the fields of which the history shows our value, replaced later.
    pub(crate) async fn audit_item(
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
            if !outbox::is_writing(&draft.item, ground.now_us) {
                // Whoever sent them died over it: nothing is on its way any more.
                let left = draft.item.attempts.iter_mut().filter(|attempt| attempt.outcome == Outcome::InFlight);
                left.for_each(|attempt| attempt.outcome = Outcome::Unknown);
            }
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
                let shows_it = |entry: &&HistoryEntry| entry.to.as_ref().is_some_and(is_sent);
                let is_own = |entry: &&HistoryEntry| entry.user == Some(link.account.self_id);
                let ours = |entry: &&HistoryEntry| is_own(entry) && shows_it(entry);
                if history.iter().rfind(after).is_some_and(|last| shows_it(&last) && !is_own(&last)) {
                    landed.theirs.insert((id, part.field));
                }
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

    /// The history of an issue; empty where the tracker shows the issue and keeps none.
    pub(crate) async fn history_of(
        &self,
        cx: &Cx,
        link: &mut Link,
        issue: i64,
    ) -> Result<Vec<HistoryEntry>, StepError> {
        match self.history(cx, link, issue).await {
            Err(StepError::Call(CallError::Gone)) => {}
            other => return other,
        }
        self.look_at(cx, link, Lane::Read, (issue, None)).await?;
        // It may have been out of sight for that moment alone.
        match self.history(cx, link, issue).await {
            Err(StepError::Call(CallError::Gone)) => Ok(Vec::new()),
            other => other,
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

/// Whether a dated change can have been made since a time of the store's clock.
fn is_since(entry: &HistoryEntry, since_us: i64, ground: &Ground<'_>) -> bool {
    let at_us = ground.theta.to_local(entry.time_us, ground.now_us);
    at_us.saturating_add(ground.theta.eps_of(entry.time_us, ground.now_us)) >= since_us
}

/// What the tracker made of a value stands in its history alone where the answer was lost: a change by our own account that no other write
/// explains. Of several writes without an answer the oldest that can have made it counts;
/// a write takes effect within its lease.
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
            entry.field == part.field
                && is_since(entry, began_us, ground)
                && !is_since(
                    entry,
                    began_us + ground.timing.lease_us + 2 * ground.theta.eps_of(entry.time_us, ground.now_us),
                    ground,
                )
                && part.read.as_ref() != Some(to)
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

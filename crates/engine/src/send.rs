//! Sends the calls of one attempt, observes what they answer, and turns errors into decisions (sync.md 1.5).

use crate::account::Lane;
use crate::draft::Draft;
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use crate::link::Link;
use crate::look::Target;
use crate::outbox;
use crate::own;
use crate::pass::Standing;
use crate::push::Next;
use crate::seen::{Door, Seen};
use issuesync_merge::Push;
use issuesync_model::log::Entry;
use issuesync_model::{
    AttemptId, Catalog, Cx, Direction, Event, Field, Item, ItemId, ItemKind, LogKind, OutboxStatus, Outcome,
};
use issuesync_provider::{Answer, Call, CallError, PlanError, WritePlan};

/// How many races in a row are run again at once.
const RACES_MAX: u32 = 3;
/// Retries before a row is given up.
const RETRIES_MAX: u32 = 5;
/// Colour of a label that an edit names and nobody defined.
const LABEL_COLOUR: &str = "ededed";

impl Engine {
    /// Sends what the intent said, call by call, and commits after each what its answer shows.
    pub(crate) async fn write(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: Item,
        attempt: AttemptId,
        push: &Push,
        target: Target,
    ) -> Result<Next, StepError> {
        let calls = self.plan(cx, link, &item, push, target).await?;
        let mut sent: Vec<Field> = Vec::new();
        let mut blind = calls.is_empty();
        for call in calls {
            match self.ask(cx, link, Lane::Push, &call).await {
                Ok(answered) => {
                    sent.extend(call.sends());
                    blind = true;
                    if let Answer::Item(observation) = answered.answer {
                        self.observe_answer(cx, link, *observation, &item, attempt, sent.clone()).await?;
                        blind = false;
                    }
                }
                Err(StepError::Call(CallError::Refused(message))) if call.sends().len() == 1 => {
                    self.refuse(cx, link, item.id, attempt, call.sends()[0], &message).await?;
                }
                Err(StepError::Call(error)) => {
                    if !was_turned_away(&error) {
                        sent.extend(call.sends());
                    }
                    self.amend(cx, link, item.id, |draft| own::unsent(&mut draft.item, attempt, &sent)).await?;
                    self.conclude(cx, link, item.id, attempt, Outcome::Unknown).await?;
                    return self.write_failed(cx, link, &item, target, &call, error).await;
                }
                Err(error) => return Err(error),
            }
        }
        if blind {
            match self.look_at(cx, link, Lane::Push, target).await {
                Ok(observation) => {
                    if self.observe_answer(cx, link, observation, &item, attempt, sent).await? {
                        self.conclude(cx, link, item.id, attempt, Outcome::Unknown).await?;
                        return Ok(Next::Later(cx.now_us() + self.timing.reread_us()));
                    }
                }
                Err(StepError::Call(error)) => {
                    self.conclude(cx, link, item.id, attempt, Outcome::Unknown).await?;
                    return Ok(Next::Fail(error));
                }
                Err(error) => return Err(error),
            }
        }
        self.conclude(cx, link, item.id, attempt, Outcome::Done).await?;
        Tallies::add(&self.tallies.pushes, 1);
        Ok(Next::Settle)
    }

    /// Lets an answer in; answers whether it was older than what is known.
    async fn observe_answer(
        &self,
        cx: &Cx,
        link: &Link,
        observation: issuesync_model::Observation,
        item: &Item,
        attempt: AttemptId,
        sent: Vec<Field>,
    ) -> Result<bool, StepError> {
        let mut seen = Seen::new(observation);
        seen.parent = item.parent;
        seen.door = Door::Answer(attempt, sent);
        seen.cause = Some(format!("attempt {attempt}"));
        let observed = self.observe(cx, link, vec![seen], None).await?;
        Ok(observed.stale.first() == Some(&true))
    }

    /// The calls of a push; labels that nobody defined are created first, where that is wanted.
    async fn plan(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        push: &Push,
        target: Target,
    ) -> Result<Vec<Call>, StepError> {
        let marker = self.wrote(link, item).then_some(item.marker.as_str());
        let remote = item.remote.as_ref().map(|remote| remote.fields.clone()).unwrap_or_default();
        let body = push.scalars.text(Field::Body).to_owned();
        let plan = match target {
            (issue, Some(id)) => WritePlan::UpdateComment { issue, id, body: &body, marker },
            (number, None) => WritePlan::UpdateIssue {
                number,
                scalars: &push.scalars,
                add: &push.add,
                remove: &push.remove,
                remote: &remote,
                marker,
                content_version: item.remote.as_ref().and_then(|remote| remote.content_version),
            },
        };
        let one_by_one = item.outbox.one_by_one;
        self.calls_of(cx, link, &plan, one_by_one).await
    }

    /// Whether the item was created by our own account through this mirror, so that its body carries the marker.
    fn wrote(&self, link: &Link, item: &Item) -> bool {
        item.author.as_ref().is_some_and(|author| author.id == link.account.self_id) && item.made_here
    }

    /// A plan's calls, after creating what the catalog lacks.
    pub(crate) async fn calls_of(
        &self,
        cx: &Cx,
        link: &mut Link,
        plan: &WritePlan<'_>,
        one_by_one: bool,
    ) -> Result<Vec<Call>, StepError> {
        let mut catalog: Catalog = self.store.catalog(link.connection.id).await?;
        for _ in 0..2 {
            match link.provider.plan(plan, &catalog, &link.connection.capabilities, one_by_one) {
                Ok(calls) => return Ok(calls),
                Err(PlanError::UnknownLabels(names)) if link.connection.settings.create_labels => {
                    // Somebody may have defined it meanwhile: names are not unique on every tracker.
                    catalog = self.refresh_catalog(cx, link).await?;
                    let fold = link.connection.capabilities.canon.label_fold;
                    for name in names {
                        if catalog.labels_named(&name, fold).next().is_none() {
                            let call = Call::CreateLabel { name, colour: LABEL_COLOUR.to_owned() };
                            self.ask(cx, link, Lane::Push, &call).await?;
                        }
                    }
                    catalog = self.refresh_catalog(cx, link).await?;
                }
                Err(PlanError::UnknownUsers(_)) => catalog = self.refresh_catalog(cx, link).await?,
                Err(error) => return Err(CallError::Refused(error.to_string()).into()),
            }
        }
        link.provider
            .plan(plan, &catalog, &link.connection.capabilities, one_by_one)
            .map_err(|error| CallError::Refused(error.to_string()).into())
    }

    /// Ends an attempt: its outcome is known, or known to be unknown.
    async fn conclude(
        &self,
        cx: &Cx,
        link: &Link,
        id: ItemId,
        attempt: AttemptId,
        outcome: Outcome,
    ) -> Result<(), StepError> {
        self.amend(cx, link, id, |draft| {
            let now_us = cx.now_us();
            if let Some(known) = draft.item.attempts.iter_mut().find(|known| known.id == attempt) {
                known.outcome = outcome;
                known.t_done_us = Some(now_us);
                if outcome == Outcome::Done {
                    known.fields.iter_mut().for_each(|part| part.settled = true);
                    let mut entry = Entry::new(Direction::Outbound, LogKind::Push);
                    entry.before = known
                        .fields
                        .iter()
                        .filter_map(|part| part.read.clone().map(|value| (part.field, value)))
                        .collect();
                    entry.after = known.fields.iter().map(|part| (part.field, part.sent.clone())).collect();
                    entry.cause = Some(format!("attempt {attempt}"));
                    draft.log(entry);
                }
            }
            own::forget_settled(&mut draft.item);
        })
        .await
    }

    async fn refuse(
        &self,
        cx: &Cx,
        link: &Link,
        id: ItemId,
        attempt: AttemptId,
        field: Field,
        message: &str,
    ) -> Result<(), StepError> {
        self.amend(cx, link, id, |draft| {
            for entry in own::refused(&mut draft.item, attempt, field, message, cx.now_us()) {
                draft.log(entry);
            }
        })
        .await
    }

    /// A call of an attempt failed: what took effect is looked at, unless the tracker is ill, and the error decides the rest.
    async fn write_failed(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        target: Target,
        call: &Call,
        error: CallError,
    ) -> Result<Next, StepError> {
        if !matches!(error, CallError::Ill(_)) && !was_turned_away(&error) {
            match self.look_at(cx, link, Lane::Push, target).await {
                Ok(observation) => {
                    let mut seen = Seen::new(observation);
                    seen.parent = item.parent;
                    self.observe(cx, link, vec![seen], None).await?;
                }
                Err(StepError::Call(second @ CallError::Ill(_))) => return Ok(Next::Fail(second)),
                Err(StepError::Call(_)) => {}
                Err(other) => return Err(other),
            }
        }
        match error {
            CallError::Refused(_) if call.sends().len() > 1 => {
                self.amend(cx, link, item.id, |draft| draft.item.outbox.one_by_one = true).await?;
                Ok(Next::Later(cx.now_us()))
            }
            error => {
                if call.sends().len() > 1 && error.is_ambiguous() {
                    self.amend(cx, link, item.id, |draft| draft.item.outbox.one_by_one = true).await?;
                }
                Ok(Next::Fail(error))
            }
        }
    }

    /// The error of a push decides what becomes of the row.
    pub(crate) async fn fail(
        &self,
        cx: &Cx,
        link: &mut Link,
        id: ItemId,
        fence: i64,
        error: CallError,
    ) -> Result<(), StepError> {
        let now_us = cx.now_us();
        match error {
            CallError::Budget { retry_after_ms } => {
                self.store.release(id, fence, now_us + retry_after_ms.saturating_mul(1000)).await?;
            }
            CallError::Raced => self.retry_later(cx, link, id, fence, &error, true).await?,
            CallError::Gone | CallError::Moved { .. } => {
                if let Some(item) = self.mine(id, fence).await?
                    && let Some(target) = self.target_of(&item).await?
                {
                    self.owe_gone(cx, link.connection.id, target).await?;
                } else {
                    self.park_if_lost(cx, link).await?;
                }
                self.store.release(id, fence, now_us + 2 * self.timing.gone_confirm_us).await?;
            }
            CallError::Token => match self.park_account(cx, link).await {
                Ok(true) => {
                    self.store.release(id, fence, now_us).await?;
                }
                Ok(false) => {
                    let why = CallError::Forbidden("its scope does not cover this".to_owned());
                    self.give_up(cx, link, id, fence, &why).await?;
                }
                Err(_) => self.retry_later(cx, link, id, fence, &error, false).await?,
            },
            CallError::Forbidden(_) => {
                if self.park_if_lost(cx, link).await? {
                    self.store.release(id, fence, now_us).await?;
                } else {
                    self.give_up(cx, link, id, fence, &error).await?;
                }
            }
            CallError::Refused(_) => self.give_up(cx, link, id, fence, &error).await?,
            CallError::Ill(_) | CallError::Ask(_) | CallError::Malformed(_) | CallError::NotSent(_) => {
                self.retry_later(cx, link, id, fence, &error, false).await?;
            }
        }
        Ok(())
    }

    /// Parks the connection when the repository itself is not to be seen; answers whether it did.
    pub(crate) async fn park_if_lost(&self, cx: &Cx, link: &mut Link) -> Result<bool, StepError> {
        let reason = match self.standing(cx, link).await {
            Ok(Standing::Good(_)) => return Ok(false),
            Ok(Standing::IssuesOff) => "the repository's issues are switched off".to_owned(),
            Ok(Standing::Lost(reason)) => reason,
            Err(StepError::Parked(_)) => return Ok(true),
            Err(StepError::Call(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        self.park(cx, &link.connection, &reason).await?;
        Ok(true)
    }

    async fn retry_later(
        &self,
        cx: &Cx,
        link: &Link,
        id: ItemId,
        fence: i64,
        error: &CallError,
        raced: bool,
    ) -> Result<(), StepError> {
        let jitter = cx.below(1 << 20);
        let now_us = cx.now_us();
        self.amend(cx, link, id, |draft| {
            let row = &mut draft.item.outbox;
            if row.fence != fence || row.status != OutboxStatus::Pending {
                return;
            }
            row.lease_until_us = 0;
            row.last_error = Some(error.to_string());
            if raced && row.races < RACES_MAX {
                row.races += 1;
                row.next_retry_us = now_us;
                return;
            }
            row.races = 0;
            row.retry_count += 1;
            if row.retry_count > RETRIES_MAX {
                fail_row(draft, cx, error);
                return;
            }
            let pause_us = self.timing.retry_us(row.retry_count);
            row.next_retry_us = now_us + pause_us + pause_us / 5 * jitter / (1 << 20);
            let retry_count = row.retry_count;
            let mut entry = Entry::new(Direction::Outbound, LogKind::Retry);
            entry.cause = Some(format!("retry {retry_count}: {error}"));
            draft.log(entry);
        })
        .await
    }

    async fn give_up(&self, cx: &Cx, link: &Link, id: ItemId, fence: i64, error: &CallError) -> Result<(), StepError> {
        self.amend(cx, link, id, |draft| {
            if draft.item.outbox.fence == fence && draft.item.outbox.status == OutboxStatus::Pending {
                draft.item.outbox.lease_until_us = 0;
                fail_row(draft, cx, error);
            }
        })
        .await
    }
}

/// Whether a call was turned away at the door, before any of it could take effect.
fn was_turned_away(error: &CallError) -> bool {
    matches!(error, CallError::Token | CallError::NotSent(_) | CallError::Budget { .. })
}

fn fail_row(draft: &mut Draft, cx: &Cx, error: &CallError) {
    draft.item.outbox.status = OutboxStatus::Failed;
    draft.item.outbox.last_error = Some(error.to_string());
    let what = if draft.item.kind() == ItemKind::Issue { "An issue" } else { "A comment" };
    let mut entry = Entry::new(Direction::Outbound, LogKind::Failed);
    entry.cause = Some(error.to_string());
    draft.log(entry);
    draft.notify(cx, Event::PushFailed, format!("{what} could not be sent: {error}"));
}

/// Brings an outbox row that a person wants sent again to the front.
pub(crate) fn send_again(item: &mut Item, now_us: i64) {
    let kind = item.outbox.kind;
    outbox::make_due(&mut item.outbox, kind, now_us);
}

//! Step 9: a due row is claimed under a lease, the tracker is read, the merge made anew, the intent committed, and only then
//! what still differs is sent; the answer is observed and the row settled.
//!
//! Races handled: a claimer that dies at any step (the lease ends, the attempt is remembered, the next claimer reads first), a
//! claimer that is too slow (the fence moved on: its outcome is dropped), a local edit meanwhile (`rev`), a foreign edit
//! before the intent (read before write). A foreign edit between the read and the write reaches nobody's eyes before it is overwritten: the audit of the echo
//! finds it afterwards.

use crate::account::Lane;
use crate::agreement::{merge_known, unconfirmed};
use crate::draft::{Draft, ROUNDS};
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use crate::ground::{Ground, merge_held};
use crate::link::Link;
use crate::look::Target;
use crate::seen::Seen;
use futures_util::future::join_all;
use issuesync_merge::Push;
use issuesync_model::log::Entry;
use issuesync_model::{
    AccountId, Attempt, AttemptField, AttemptId, Check, CheckKey, CheckKind, Conflict, ConflictKind, Connection,
    ConnectionId, Cx, Direction, Event, Evidence, Field, Fields, Item, ItemId, Lifecycle, LogKind, OutboxKind,
    OutboxStatus, Outcome, Value,
};
use issuesync_provider::CallError;
use std::collections::BTreeSet;

/// Rows claimed at once.
const BATCH: usize = 8;
/// Writes of one field without a person's edit between them that count as a loop.
const LOOP_WRITES: usize = 10;

/// How a claimed row goes on.
pub(crate) enum Next {
    /// Settle it by what the merge leaves.
    Settle,
    /// Give the lease back; due again at this time. Nothing was anybody's fault.
    Later(i64),
    /// The error decides.
    Fail(CallError),
    /// It is gone from our hands (deleted, parked, claimed by another).
    Done,
}

impl Engine {
    /// Claims due rows and pushes them; answers how many it claimed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn push(&self, cx: &Cx) -> Result<usize, StepError> {
        let connections = self.pushable(cx).await?;
        if connections.is_empty() {
            return Ok(0);
        }
        let claimed = self.store.claim(connections, cx.now_us(), self.timing.lease_us, BATCH).await?;
        let count = claimed.len();
        // Boxed: they are large, and moved about when they are joined.
        let pushed = join_all(claimed.into_iter().map(|item| Box::pin(self.push_claimed(cx, item)))).await;
        pushed.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }

    /// Connections whose rows may be sent: not parked, past their first pass, their account not resting.
    pub(crate) async fn pushable(&self, cx: &Cx) -> Result<Vec<ConnectionId>, StepError> {
        let now_us = cx.now_us();
        let all = self.store.connections().await?;
        let may = all.into_iter().filter(|connection| self.held_until(connection, now_us).is_none());
        Ok(may.map(|connection| connection.id).collect())
    }

    /// Until when no row of a connection is sent, microseconds: without end while it is parked or before its first pass, until its account
    /// has rested; `None` when its rows may go.
    #[must_use]
    pub fn held_until(&self, connection: &Connection, now_us: i64) -> Option<i64> {
        if connection.parked.is_some() || !self.is_ready(connection.id) {
            return Some(i64::MAX);
        }
        self.rests_until(connection.account, now_us)
    }

    /// Until when an account asks its tracker nothing, microseconds: a breaker is open or a budget is spent.
    #[must_use]
    pub fn rests_until(&self, account: AccountId, now_us: i64) -> Option<i64> {
        self.accounts.rests_until(account, now_us)
    }

    async fn push_claimed(&self, cx: &Cx, item: Item) -> Result<(), StepError> {
        let mut link = match self.link(item.connection).await {
            Err(StepError::NoConnection) => return Ok(()),
            other => other?,
        };
        let (id, fence) = (item.id, item.outbox.fence);
        link.until_us = item.outbox.lease_until_us - self.timing.lease_margin_us();
        let next = match item.outbox.kind {
            OutboxKind::Create => self.push_create(cx, &mut link, item).await,
            OutboxKind::Update => self.push_update(cx, &mut link, item).await,
            OutboxKind::Delete => self.push_delete(cx, &mut link, item, None).await,
        };
        let next = match next {
            Ok(next) => next,
            Err(StepError::Call(error)) => Next::Fail(error),
            Err(StepError::Parked(_) | StepError::Contended) => Next::Later(cx.now_us() + self.timing.reread_us()),
            Err(error) => return Err(error),
        };
        match next {
            Next::Done => Ok(()),
            Next::Settle => self.settle_push(cx, &link, id, fence).await,
            Next::Later(at_us) => self.store.release(id, fence, at_us).await.map(drop).map_err(Into::into),
            Next::Fail(error) => {
                Tallies::add(&self.tallies.push_failures, 1);
                self.fail(cx, &mut link, id, fence, error).await
            }
        }
    }

    /// Reads the tracker, then sends what the fresh merge leaves to send.
    async fn push_update(&self, cx: &Cx, link: &mut Link, item: Item) -> Result<Next, StepError> {
        let fence = item.outbox.fence;
        let Some(target) = self.target_of(&item).await? else { return Ok(Next::Settle) };
        let observation = match self.read_target(cx, link, target).await? {
            Ok(observation) => observation,
            Err(next) => return Ok(next),
        };
        let asked_us = observation.t_send_us;
        let mut seen = Seen::new(observation);
        seen.parent = item.parent;
        let observed = self.observe(cx, link, vec![seen], None).await?;
        if observed.stale.first() == Some(&true) {
            return Ok(Next::Later(cx.now_us() + self.timing.reread_us()));
        }
        for _ in 0..ROUNDS {
            let Some(item) = self.mine(item.id, fence).await? else { return Ok(Next::Done) };
            let (draft, push) = self.left_to_push(cx, link, item, asked_us);
            let (set, item, merged) = draft.finish(cx, link, None);
            if merged && !self.commit_set(set).await? {
                continue;
            }
            // The read may have completed the row although the sides differ: it stopped matching the filter.
            let wanted = item.outbox.kind == OutboxKind::Update && item.outbox.status == OutboxStatus::Pending;
            if push.is_empty() || !wanted {
                return Ok(Next::Settle);
            }
            match self.intend(cx, link, item, &push, target).await? {
                Some((item, attempt, push)) => return self.write(cx, link, item, attempt, &push, target).await,
                None => continue,
            }
        }
        Err(StepError::Contended)
    }

    /// The row, while the fence is still ours.
    pub(crate) async fn mine(&self, id: ItemId, fence: i64) -> Result<Option<Item>, StepError> {
        let item = self.store.items(vec![id]).await?.into_iter().next();
        Ok(item.filter(|item| item.outbox.fence == fence && item.lifecycle != Lifecycle::Deleted))
    }

    /// The read before the write. Something missing becomes a check, for which the row waits without using up a retry.
    pub(crate) async fn read_target(
        &self,
        cx: &Cx,
        link: &mut Link,
        target: Target,
    ) -> Result<Result<issuesync_model::Observation, Next>, StepError> {
        match self.look_at(cx, link, Lane::Push, target).await {
            Ok(observation) => Ok(Ok(observation)),
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => {
                self.owe_gone(cx, link.connection.id, target).await?;
                Ok(Err(Next::Later(cx.now_us() + 2 * self.timing.gone_confirm_us)))
            }
            Err(error) => Err(error),
        }
    }

    /// What the merge leaves to send after a read that was asked for at `asked_us`, without the fields that wait for dated history; and the
    /// row as merged, which changes where a field was held back for a write that came to nothing.
    fn left_to_push(&self, cx: &Cx, link: &Link, item: Item, asked_us: i64) -> (Draft, Push) {
        let ground = self.ground(cx, link);
        let waiting = self.waiting(&ground, &item, asked_us);
        let shown_us = asked_us.saturating_sub(self.timing.replica_lag_us());
        let shown = item.remote.iter().flat_map(|remote| unconfirmed(&item, &remote.fields, shown_us));
        let held = shown.collect();
        let mut draft = Draft::of(item);
        let mut push = merge_held(&mut draft, &held, &ground);
        waiting.into_iter().for_each(|field| push.leave_out(field));
        (draft, push)
    }

    /// Commits what is about to be sent (T5). `None` when the row changed since it was read: the step starts again.
    async fn intend(
        &self,
        cx: &Cx,
        link: &Link,
        item: Item,
        push: &Push,
        target: Target,
    ) -> Result<Option<(Item, AttemptId, Push)>, StepError> {
        let now_us = cx.now_us();
        let mut push = push.clone();
        let mut draft = Draft::of(item);
        let looping = self.loops(cx, &mut draft, &push);
        looping.into_iter().for_each(|field| push.leave_out(field));
        let id = AttemptId(cx.uuid());
        let item = &mut draft.item;
        let remote = item.remote.as_ref().map(|remote| remote.fields.clone()).unwrap_or_default();
        let fields = push.fields().into_iter().map(|field| part_of(field, &push, &remote)).collect();
        item.attempts.push(Attempt {
            id,
            fence: item.outbox.fence,
            kind: OutboxKind::Update,
            t_send_us: now_us,
            t_done_us: None,
            fields,
            outcome: Outcome::InFlight,
            max_number_seen: 0,
        });
        // Owed from the start: whoever dies over the write, its echo or its dated history is looked at.
        let key =
            CheckKey { connection: link.connection.id, number: target.0, comment: target.1, kind: CheckKind::Audit };
        let due_us = now_us + self.timing.echo_wait_us;
        let window_us = self.timing.loop_window_us();
        for field in push.fields() {
            let times = item.writes.entry(field).or_default();
            times.retain(|at_us| now_us - at_us < window_us);
            times.push(now_us);
        }
        draft.set.checks.push(Check { key, due_us, evidence: Evidence::default(), tries: 0 });
        let (set, item, _) = draft.finish(cx, link, None);
        Ok(self.commit_set(set).await?.then_some((item, id, push)))
    }

    /// Opens a `loop` for each field that is written again and again without a person's edit, and answers those fields.
    fn loops(&self, cx: &Cx, draft: &mut Draft, push: &Push) -> Vec<Field> {
        let now_us = cx.now_us();
        let window_us = self.timing.loop_window_us();
        let recent = |times: &Vec<i64>| times.iter().filter(|at_us| now_us - **at_us < window_us).count();
        let looping: Vec<Field> = push
            .fields()
            .into_iter()
            .filter(|field| draft.item.writes.get(field).is_some_and(|times| recent(times) >= LOOP_WRITES))
            .collect();
        for &field in &looping {
            let item = &mut draft.item;
            let remote = item.remote.as_ref().map_or_else(|| field.empty(), |remote| remote.fields.value(field));
            let conflict = Conflict {
                field,
                kind: ConflictKind::Loop,
                base: item.base.value(field),
                local: item.local.value(field),
                remote,
                lost: None,
                suggestion: None,
                at_us: item.edits.get(&field).map_or(0, |edit| edit.at_us),
                change: None,
                opened_us: now_us,
            };
            let mut entry = Entry::new(Direction::Outbound, LogKind::ConflictOpen);
            entry.before = Fields::new().with(field, conflict.remote.clone());
            entry.after = Fields::new().with(field, conflict.local.clone());
            entry.cause =
                Some("loop: something on the tracker changes this field back after each of our writes".to_owned());
            item.conflicts.push(conflict);
            draft.log(entry);
            draft.notify(
                cx,
                Event::ConflictOpened,
                format!("{field} is changed back after each write; choose a value."),
            );
        }
        looping
    }

    /// The result (T6): settles the row by what the merge of this very commit leaves, if the fence is still ours.
    pub(crate) async fn settle_push(&self, cx: &Cx, link: &Link, id: ItemId, fence: i64) -> Result<(), StepError> {
        for _ in 0..ROUNDS {
            let Some(item) = self.mine(id, fence).await? else { return Ok(()) };
            let ground = self.ground(cx, link);
            let mut draft = Draft::of(item);
            draft.item.outbox.lease_until_us = 0;
            let waits = !self.waiting(&ground, &draft.item, ground.now_us).is_empty();
            if draft.item.outbox.kind == OutboxKind::Update {
                let push = merge_known(&mut draft, &ground);
                let outbox = &mut draft.item.outbox;
                if outbox.status == OutboxStatus::Pending && !push.is_empty() {
                    outbox.next_retry_us = ground.now_us + if waits { self.timing.reread_us() } else { 0 };
                    outbox.retry_count = 0;
                    outbox.last_error = None;
                }
            }
            let (set, _, _) = draft.finish(cx, link, None);
            if self.commit_set(set).await? {
                return Ok(());
            }
        }
        Err(StepError::Contended)
    }

    /// Fields that perhaps held our value and were taken back: they wait for the dated history.
    fn waiting(&self, ground: &Ground<'_>, item: &Item, asked_us: i64) -> BTreeSet<Field> {
        let u_us = item.remote.as_ref().map_or(i64::MIN, |remote| ground.latest_us(remote.u_us));
        crate::own::waiting(item, u_us, asked_us, &self.timing)
    }
}

/// One field of an attempt: the value just read and the value to be sent.
fn part_of(field: Field, push: &Push, remote: &Fields) -> AttemptField {
    let read = remote.get(field).cloned();
    let sent = match push.scalars.get(field) {
        Some(value) => value.clone(),
        None => {
            let mut set = remote.elements(field);
            set.extend(push.add.get(&field).cloned().unwrap_or_default());
            for element in push.remove.get(&field).into_iter().flatten() {
                set.remove(element);
            }
            Value::Set(set)
        }
    };
    AttemptField { field, read, sent, became: None, outpaced: None, settled: false, audited: false }
}

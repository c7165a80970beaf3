//! Creates at most one remote item per local one (sync.md 1.6).
//!
//! The attempt is committed before the POST. When its answer is lost nothing is posted again before the item was searched
//! for by its marker: in the list, by every number that it could have, and not before `create_settle` passed. Before every POST its
//! place is read: a path may belong to another repository since the last pass.

use crate::account::Lane;
use crate::draft::Draft;
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use crate::link::Link;
use crate::pass::Standing;
use crate::push::Next;
use crate::search::Found;
use crate::seen::{Door, Seen};
use issuesync_model::{
    Attempt, AttemptField, AttemptId, Cx, Field, Fields, Item, ItemId, Lifecycle, OutboxKind, Outcome, Value,
};
use issuesync_provider::{Answer, Call, CallError, WritePlan};

impl Engine {
    pub(crate) async fn push_create(&self, cx: &Cx, link: &mut Link, item: Item) -> Result<Next, StepError> {
        let (id, fence) = (item.id, item.outbox.fence);
        let parent = match item.parent {
            Some(parent) => {
                match self.store.items(vec![parent]).await?.into_iter().next().and_then(|parent| parent.number) {
                    Some(number) => Some(number),
                    None => return Ok(Next::Later(cx.now_us() + self.timing.reread_us())),
                }
            }
            None => None,
        };
        let open = open_attempt(&item).cloned();
        if let Some(sent) = open.clone().or_else(|| self.forgotten_attempt(link, &item)) {
            // What is not there proves something between two looks that show our repository: a stranger may have the path for a while.
            if let Some(next) = self.misplaced(cx, link, parent).await? {
                return Ok(next);
            }
            // A search that begins within the wait may pass by what lands behind it.
            let settles_us = if open.is_some() { sent.t_send_us + self.timing.create_settle_us } else { i64::MIN };
            let waited = cx.now_us() >= settles_us;
            match self.search(cx, link, &item, &sent, parent).await? {
                Found::Adopted => return Ok(Next::Settle),
                Found::Absent if waited => {}
                Found::Absent | Found::Unsure => {
                    return Ok(Next::Later(settles_us.max(cx.now_us() + self.timing.reread_us())));
                }
            }
        }
        if let Some(next) = self.misplaced(cx, link, parent).await? {
            return Ok(next);
        }
        if let Some(open) = open {
            self.disprove(cx, link, id, open.id).await?;
        }
        let Some(item) = self.mine(id, fence).await? else { return Ok(Next::Done) };
        if item.lifecycle != Lifecycle::Creating {
            return Ok(Next::Settle);
        }
        if item.delete_wanted {
            self.bury(cx, link, id, "Deleted here before it reached the tracker.", None).await?;
            return Ok(Next::Done);
        }
        if open_attempt(&item).is_some() {
            return Ok(Next::Later(cx.now_us()));
        }
        self.post(cx, link, item, parent).await
    }

    /// The read before a POST. It names no id that the tracker could compare, so where its path leads is looked at just before:
    /// what is made in a stranger's repository cannot be taken back. `None` when it leads to our repository.
    async fn misplaced(&self, cx: &Cx, link: &mut Link, parent: Option<i64>) -> Result<Option<Next>, StepError> {
        match parent {
            None => match self.standing(cx, link).await? {
                Standing::Good(_) => Ok(None),
                Standing::IssuesOff | Standing::Lost(_) => {
                    self.park_if_lost(cx, link).await?;
                    Ok(Some(Next::Later(cx.now_us())))
                }
            },
            Some(issue) => match self.read_target(cx, link, (issue, None)).await? {
                Ok(observation) => {
                    self.observe(cx, link, vec![Seen::new(observation)], None).await?;
                    Ok(None)
                }
                Err(next) => Ok(Some(next)),
            },
        }
    }

    async fn post(&self, cx: &Cx, link: &mut Link, item: Item, parent: Option<i64>) -> Result<Next, StepError> {
        let plan = match parent {
            Some(issue) => WritePlan::CreateComment { issue, body: item.local.text(Field::Body), marker: &item.marker },
            None => WritePlan::CreateIssue { fields: &item.local, marker: &item.marker },
        };
        let calls = self.calls_of(cx, link, &plan, false).await?;
        let Some(call) = calls.into_iter().next() else { return Ok(Next::Settle) };
        let Some((item, attempt)) = self.intend_create(cx, link, item.clone(), &call).await? else {
            return Ok(Next::Later(cx.now_us()));
        };
        match self.ask(cx, link, Lane::Push, &call).await {
            Ok(answered) => {
                let Answer::Item(observation) = answered.answer else {
                    return Ok(Next::Fail(CallError::Malformed("the created item was expected".to_owned())));
                };
                let mut seen = Seen::new(*observation);
                seen.parent = item.parent;
                seen.door = Door::Answer(attempt, call.sends());
                seen.cause = Some(format!("attempt {attempt}"));
                seen.claims = Some(item.id);
                self.observe(cx, link, vec![seen], None).await?;
                Tallies::add(&self.tallies.pushes, 1);
                Ok(Next::Settle)
            }
            Err(StepError::Call(error)) => {
                if error.is_ambiguous() {
                    self.mark_unknown(cx, link, item.id, attempt).await?;
                } else {
                    self.disprove(cx, link, item.id, attempt).await?;
                }
                Ok(Next::Fail(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Commits the intent to POST. `None` when the row changed since it was read.
    async fn intend_create(
        &self,
        cx: &Cx,
        link: &Link,
        item: Item,
        call: &Call,
    ) -> Result<Option<(Item, AttemptId)>, StepError> {
        let connection = self.store.connection(link.connection.id).await?.ok_or(StepError::NoConnection)?;
        let id = AttemptId(cx.uuid());
        let fields = call
            .sends()
            .into_iter()
            .filter_map(|field| item.local.get(field).map(|value| (field, value.clone())))
            .map(|(field, sent)| AttemptField {
                field,
                read: None,
                sent,
                became: None,
                outpaced: None,
                settled: false,
                audited: false,
            })
            .collect();
        let mut draft = Draft::of(item);
        draft.item.made_here = true;
        draft.item.attempts.push(Attempt {
            id,
            fence: draft.item.outbox.fence,
            kind: OutboxKind::Create,
            t_send_us: cx.now_us(),
            t_done_us: None,
            fields,
            outcome: Outcome::InFlight,
            max_number_seen: connection.max_number_seen,
        });
        let (set, item, _) = draft.finish(cx, link, None);
        Ok(self.commit_set(set).await?.then_some((item, id)))
    }

    async fn mark_unknown(&self, cx: &Cx, link: &Link, id: ItemId, attempt: AttemptId) -> Result<(), StepError> {
        self.amend(cx, link, id, |draft| {
            draft
                .item
                .attempts
                .iter_mut()
                .filter(|known| known.id == attempt)
                .for_each(|known| known.outcome = Outcome::Unknown);
        })
        .await
    }

    /// This POST had no effect: its attempt is forgotten, so that another may be made. It alone: a search that outlived its lease
    /// knows nothing of what the next claimer sent.
    async fn disprove(&self, cx: &Cx, link: &Link, id: ItemId, attempt: AttemptId) -> Result<(), StepError> {
        self.amend(cx, link, id, |draft| draft.item.attempts.retain(|known| known.id != attempt)).await
    }
}

/// The newest POST of which it is not known what became of it.
fn open_attempt(item: &Item) -> Option<&Attempt> {
    let open = |attempt: &&Attempt| attempt.kind == OutboxKind::Create && attempt.outcome != Outcome::Done;
    item.attempts.iter().rev().find(open)
}

/// Everything a new issue has, empty where nothing was said.
pub(crate) fn complete(mut fields: Fields, issue_fields: issuesync_model::FieldSet) -> Fields {
    for field in Field::ALL {
        if issue_fields.has(field) && fields.get(field).is_none() {
            fields.set(field, field.empty());
        }
    }
    fields
}

/// A comment's fields.
pub(crate) fn comment(body: String) -> Fields {
    Fields::new().with(Field::Body, Value::Text(body))
}

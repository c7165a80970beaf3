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
use crate::seen::{Door, Seen};
use issuesync_model::{
    Attempt, AttemptField, AttemptId, Cx, Field, Fields, Item, ItemId, Lifecycle, Observation, OutboxKind, Outcome,
    Value,
};
use issuesync_provider::{Answer, Call, CallError, WritePlan};

/// Numbers in a row that must be free before the end of the sequence is believed.
const MISSES: u32 = 3;
/// The most numbers that one search looks at.
const PROBES_MAX: i64 = 500;
/// More pages than a search back to one attempt needs.
const PAGES_MAX: i64 = 1000;

/// What a search found.
enum Found {
    /// It is there and was adopted.
    Adopted,
    /// It is not there, and something newer or the end of the numbers was seen.
    Absent,
    /// Nothing proves that the list is fresh.
    Unsure,
}

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

    /// What stands for the attempts of which a database that came back from a backup knows nothing. Where lists are fresh the first pass
    /// shows all that was made before this process began; where they may lag, a row that is older than that pass is searched for.
    fn forgotten_attempt(&self, link: &Link, item: &Item) -> Option<Attempt> {
        let first = self.first_pass(link.connection.id)?;
        let may_lag = !link.connection.capabilities.list_is_fresh;
        (may_lag && item.attempts.is_empty() && item.created_us <= first.began_us).then(|| Attempt {
            id: AttemptId(item.id.0),
            fence: item.outbox.fence,
            kind: OutboxKind::Create,
            t_send_us: first.began_us,
            t_done_us: None,
            fields: Vec::new(),
            outcome: Outcome::Unknown,
            max_number_seen: first.number,
        })
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

    async fn search(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        attempt: &Attempt,
        parent: Option<i64>,
    ) -> Result<Found, StepError> {
        match parent {
            Some(issue) => self.search_comments(cx, link, item, attempt, issue).await,
            None => self.search_issues(cx, link, item, attempt).await,
        }
    }

    /// The list of the issue's comments. Where lists may lag, one that is shorter than the issue says it should be proves nothing, as long
    /// as the lag can explain it.
    async fn search_comments(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        attempt: &Attempt,
        issue: i64,
    ) -> Result<Found, StepError> {
        let may_lag = !link.connection.capabilities.list_is_fresh
            && cx.now_us() < attempt.t_send_us.saturating_add(self.timing.stale_list_us());
        let count = if may_lag {
            self.look_at(cx, link, Lane::Push, (issue, None)).await?.comment_count.unwrap_or(i64::MAX)
        } else {
            0
        };
        let mut listed = 0_i64;
        for page in 1..=PAGES_MAX {
            let Answer::Page(list) = self.ask(cx, link, Lane::Push, &Call::CommentsOf { issue, page }).await?.answer
            else {
                return Err(CallError::Malformed("a page of comments was expected".to_owned()).into());
            };
            let more = list.more;
            listed = listed.saturating_add(i64::try_from(list.items.len()).unwrap_or(i64::MAX));
            if self.adopt_from(cx, link, item, list.items).await? {
                return Ok(Found::Adopted);
            }
            if !more {
                break;
            }
        }
        Ok(if listed < count { Found::Unsure } else { Found::Absent })
    }

    /// The list back to the attempt, then every number that the issue could have.
    async fn search_issues(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        attempt: &Attempt,
    ) -> Result<Found, StepError> {
        let theta = self.accounts.theta(link.account.id);
        let now_us = cx.now_us();
        let mut highest =
            self.store.connection(link.connection.id).await?.map_or(0, |connection| connection.max_number_seen);
        // An old list that shows what was created after the last moment at which this could land shows this too.
        let landed_us = attempt.t_send_us.saturating_add(self.timing.create_settle_us);
        let mut witness = false;
        // By updates at or after the attempt, so that neither order of the list hides what was created since.
        let since_us =
            attempt.t_send_us.saturating_sub(theta.eps_us(now_us)).saturating_sub(self.timing.poll_overlap_us);
        for page in 1..=PAGES_MAX {
            let call = Call::Issues { since_us: Some(since_us), page };
            let Answer::Page(list) = self.ask(cx, link, Lane::Push, &call).await?.answer else {
                return Err(CallError::Malformed("a page of issues was expected".to_owned()).into());
            };
            highest = highest.max(list.items.iter().map(|seen| seen.number).max().unwrap_or(0));
            witness |= list.items.iter().any(|seen| theta.to_local(seen.created_us, now_us) > landed_us);
            let more = list.more;
            if self.adopt_from(cx, link, item, list.items).await? {
                return Ok(Found::Adopted);
            }
            if !more {
                break;
            }
        }
        self.probe_numbers(cx, link, item, attempt.max_number_seen + 1, highest, witness).await
    }

    async fn probe_numbers(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        first: i64,
        highest: i64,
        witness: bool,
    ) -> Result<Found, StepError> {
        let mut misses = 0;
        for number in first..first.saturating_add(PROBES_MAX) {
            match self.ask(cx, link, Lane::Push, &Call::Issue { number }).await {
                Ok(answered) => {
                    misses = 0;
                    if let Answer::Item(observation) = answered.answer
                        && self.adopt_from(cx, link, item, vec![*observation]).await?
                    {
                        return Ok(Found::Adopted);
                    }
                }
                Err(StepError::Call(CallError::Gone)) => misses += 1,
                Err(error) => return Err(error),
            }
            if number > highest && misses >= MISSES {
                return Ok(Found::Absent);
            }
        }
        Ok(if witness { Found::Absent } else { Found::Unsure })
    }

    /// Lets observations with our marker in; answers whether the row is on the tracker now.
    async fn adopt_from(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        items: Vec<Observation>,
    ) -> Result<bool, StepError> {
        let ours: Vec<Seen> = items
            .into_iter()
            .filter(|seen| seen.marker.as_deref() == Some(item.marker.as_str()))
            .map(|observation| {
                let mut seen = Seen::new(observation);
                seen.parent = item.parent;
                seen
            })
            .collect();
        if ours.is_empty() {
            return Ok(false);
        }
        if item.parent.is_some() {
            // A comment names no repository: a stranger who has the path may have got our POST, and show it.
            self.stop_unless_good(cx, link).await?;
        }
        self.observe(cx, link, ours, None).await?;
        let now = self.store.items(vec![item.id]).await?;
        Ok(now.first().is_some_and(|item| item.lifecycle != Lifecycle::Creating))
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

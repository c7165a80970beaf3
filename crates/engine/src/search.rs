//! Finds by its marker what a POST made whose answer was lost (sync.md 1.6): in the list, and by every number that it could have.
//!
//! What is not found is said to be absent only where something proves it: a list that is fresh, one that shows what is newer, or numbers
//! that are free.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::seen::Seen;
use issuesync_model::{Attempt, AttemptId, Cx, Item, Lifecycle, Observation, OutboxKind, Outcome};
use issuesync_provider::{Answer, Call, CallError};

/// Numbers in a row that must be free before the end of the sequence is believed.
const MISSES: u32 = 3;
/// The most numbers that one search looks at.
const PROBES_MAX: i64 = 500;
/// Numbers below the highest that was known, among which an issue is looked for that a list of our repository has to show.
const ANCHORS: i64 = 20;
/// More pages than a search back to one attempt needs.
const PAGES_MAX: i64 = 1000;

/// What a search found.
pub(crate) enum Found {
    /// It is there and was adopted.
    Adopted,
    /// It is not there, and something proves it.
    Absent,
    /// It was not seen, and nothing proves that it is not there.
    Unsure,
}

impl Engine {
    /// What stands for the attempts of which a database that came back from a backup knows nothing: a row that is older than the first pass of
    /// this process is searched for. That pass need not show what was made: lists may lag, and a clock that stood behind meanwhile stamps
    /// things as older than what the backup has seen.
    pub(crate) fn forgotten_attempt(&self, link: &Link, item: &Item) -> Option<Attempt> {
        let first = self.first_pass(link.connection.id)?;
        (item.attempts.is_empty() && item.created_us <= first.began_us).then(|| Attempt {
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

    /// Looks for what this attempt may have made, under `parent` if it is a comment, and adopts it.
    pub(crate) async fn search(
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
        let count = if self.may_lag(cx, link, attempt) {
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

    /// Whether a list may still be older than what this attempt made.
    fn may_lag(&self, cx: &Cx, link: &Link, attempt: &Attempt) -> bool {
        !link.connection.capabilities.list_is_fresh
            && cx.now_us() < attempt.t_send_us.saturating_add(self.timing.stale_list_us())
    }

    /// The list back to the attempt, then every number that the issue could have. Numbers that are free may be those of issues that were
    /// deleted before anybody saw them: while the list may lag, they are no proof against an attempt that was made. Against one that
    /// a backup may have forgotten they are, or every restart would hold new issues back.
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
        let mut since_us =
            attempt.t_send_us.saturating_sub(theta.eps_us(now_us)).saturating_sub(self.timing.poll_overlap_us);
        let anchor = self.anchor(link, attempt.max_number_seen).await?;
        if let Some(known) = anchor.as_ref().and_then(|anchor| anchor.remote.as_ref()) {
            since_us = since_us.min(known.u_us);
        }
        let mut ours = anchor.is_none();
        for page in 1..=PAGES_MAX {
            let call = Call::Issues { since_us: Some(since_us), page };
            let Answer::Page(list) = self.ask(cx, link, Lane::Push, &call).await?.answer else {
                return Err(CallError::Malformed("a page of issues was expected".to_owned()).into());
            };
            highest = highest.max(list.items.iter().map(|seen| seen.number).max().unwrap_or(0));
            ours |= anchor.as_ref().is_some_and(|anchor| list.items.iter().any(|seen| is_of(anchor, seen)));
            witness |= list.items.iter().any(|seen| theta.to_local(seen.created_us, now_us) > landed_us);
            let more = list.more;
            if self.adopt_from(cx, link, item, list.items).await? {
                return Ok(Found::Adopted);
            }
            if !more {
                break;
            }
        }
        let found = self.probe_numbers(cx, link, item, attempt.max_number_seen + 1, highest).await?;
        Ok(match found {
            Found::Absent | Found::Unsure if !ours => Found::Unsure,
            Found::Absent | Found::Unsure if witness => Found::Absent,
            Found::Absent if !item.attempts.is_empty() && self.may_lag(cx, link, attempt) => Found::Unsure,
            found => found,
        })
    }

    /// An issue that is on the tracker as far as is known, the latest to change of those made last: the list of our repository shows it, that
    /// of a stranger who has the path for a while does not. `None` when none is known.
    async fn anchor(&self, link: &Link, highest: i64) -> Result<Option<Item>, StepError> {
        let numbers = (highest.saturating_sub(ANCHORS).max(0)..highest).map(|number| number + 1).collect();
        let known = self.store.issues_numbered(link.connection.id, numbers).await?;
        let there = known.into_iter().filter(|item| item.lifecycle == Lifecycle::Linked);
        Ok(there.max_by_key(|item| item.remote.as_ref().map(|remote| remote.u_us)))
    }

    /// Every number from `first` to `highest` and on, to where some in a row are free.
    async fn probe_numbers(
        &self,
        cx: &Cx,
        link: &mut Link,
        item: &Item,
        first: i64,
        highest: i64,
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
        Ok(Found::Unsure)
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

/// Whether a list shows this very issue, and not one of the same number in another repository.
fn is_of(anchor: &Item, seen: &Observation) -> bool {
    let author = |author: &Option<issuesync_model::Author>| author.as_ref().map(|author| author.id);
    anchor.number == Some(seen.number)
        && anchor.created_us == seen.created_us
        && author(&anchor.author) == author(&seen.author)
}

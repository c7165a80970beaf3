//! Step 4: passes over a connection. Webhooks carry speed; these carry correctness.
//!
//! An incremental pass lists what changed since the cursor, issues and comments. A full pass lists everything, finds what
//! is missing, refreshes the catalog and mends the webhook. An import is the first incremental pass; interrupted, it goes
//! on at the page it noted, less one.

use crate::account::Lane;
use crate::engine::{Engine, FirstPass, Tallies};
use crate::error::{PassError, StepError};
use crate::link::{Answered, Link};
use crate::pass::Standing;
use crate::seen::Seen;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{Check, CheckKey, CheckKind, ConnectionChange, ConnectionId, Cx, Evidence, ListOrder};
use issuesync_provider::{Answer, Call, CallError, IssuePage};
use issuesync_store::Tail;
use std::collections::BTreeSet;

/// More pages than any repository has: a server that never ends a list must not hold a pass for ever.
pub(crate) const PAGES_MAX: i64 = 1_000_000;
/// How often a pass starts again because the list shrank under it.
const RESTARTS_MAX: u32 = 3;

/// What a pass found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct PassReport {
    /// Issues and comments that were listed.
    pub listed: usize,
    /// Rows that changed.
    pub changed: usize,
    /// Rows that were missing on the tracker and are looked at again.
    pub gone: usize,
}

/// What the issue pages of a pass showed.
#[derive(Default)]
pub(crate) struct Listed {
    pub report: PassReport,
    numbers: BTreeSet<i64>,
    newest_u_us: Option<i64>,
    first_send_us: Option<i64>,
    server_us: Option<i64>,
    miscounted: Vec<i64>,
    /// Something older than what is known was listed, and passed over: the pass does not vouch for everything that it saw.
    pub dropped: bool,
}

impl Engine {
    /// Makes a pass over a connection now.
    ///
    /// # Errors
    /// When there is none, when another pass is running, or when the tracker or the store does not answer.
    pub async fn sync(&self, cx: &Cx, id: ConnectionId, full: bool) -> Result<PassReport, PassError> {
        let mut link = match self.link(id).await {
            Err(StepError::NoConnection) => return Err(PassError::NotFound),
            other => other?,
        };
        if self.is_unreleased(id) {
            self.store.release_pass(id).await?;
        }
        let now_us = cx.now_us();
        if !self.store.claim_pass(id, now_us, now_us + self.timing.lease_us.max(self.timing.full_us)).await? {
            return Err(PassError::Busy);
        }
        let result = self.pass(cx, &mut link, full).await;
        // A store that fails now must not keep the next pass waiting for the end of the lease.
        self.set_unreleased(id, true);
        self.store.release_pass(id).await?;
        self.set_unreleased(id, false);
        Ok(result?)
    }

    async fn pass(&self, cx: &Cx, link: &mut Link, full: bool) -> Result<PassReport, StepError> {
        if link.connection.parked.is_some() && !self.probe_parked(cx, link).await? {
            return Err(StepError::Parked(link.connection.parked.clone().unwrap_or_default()));
        }
        // Boxed: it is large, and would be moved about with every step that waits for it.
        let result = Box::pin(self.pass_unparked(cx, link, full)).await;
        match result {
            // A repository that cannot be listed is looked at as such before anything is believed.
            Err(StepError::Call(
                CallError::Gone | CallError::Forbidden(_) | CallError::Moved { .. } | CallError::Token,
            )) => {
                self.park_unless_good(cx, link).await?;
                result
            }
            other => other,
        }
    }

    /// Parks the connection unless its repository is there, ours, and has its issues switched on.
    pub(crate) async fn park_unless_good(&self, cx: &Cx, link: &mut Link) -> Result<(), StepError> {
        match self.standing(cx, link).await? {
            Standing::Good(_) => Ok(()),
            Standing::IssuesOff => self.park(cx, &link.connection, "the repository's issues are switched off").await,
            Standing::Lost(reason) => self.park(cx, &link.connection, &reason).await,
        }
    }

    /// The same, and the step ends when it is parked.
    pub(crate) async fn stop_unless_good(&self, cx: &Cx, link: &mut Link) -> Result<(), StepError> {
        self.park_unless_good(cx, link).await?;
        self.stop_if_parked(link).await
    }

    async fn pass_unparked(&self, cx: &Cx, link: &mut Link, full: bool) -> Result<PassReport, StepError> {
        let dirty_gen = link.connection.dirty_gen;
        let first = FirstPass { began_us: cx.now_us(), number: link.connection.max_number_seen };
        let import = link.connection.cursor_us.is_none();
        let resumed = import && link.connection.import_page.is_some_and(|noted| noted > 2);
        if full || import {
            self.stop_unless_good(cx, link).await?;
            self.ensure_hook(cx, link).await?;
            self.refresh_catalog(cx, link).await?;
        }
        let mut listed = self.list_issues(cx, link, full, import).await?;
        // What is listed names its repository, and an empty list does not: it may be that of a stranger who has the path for a while.
        // It counts between two looks that show ours.
        if listed.numbers.is_empty() && !(full || import) {
            self.stop_unless_good(cx, link).await?;
            listed = self.list_issues(cx, link, full, import).await?;
        }
        let comment_cursor_us = self.list_comments(cx, link, &mut listed).await?;
        if listed.numbers.is_empty() {
            self.stop_unless_good(cx, link).await?;
        }
        if full {
            self.compare(cx, link, &mut listed).await?;
        }
        let now_us = cx.now_us();
        // A time that a client set on the tracker must not blind the next pass, so the cursor never passes the server's own clock.
        let server_us = listed.server_us.unwrap_or(now_us);
        // Where nothing was listed it stays: what was there last is listed by the next pass too, and names its repository.
        let newest_us = listed.newest_u_us.or(link.connection.cursor_us);
        let cursor_us = newest_us.unwrap_or(server_us).min(server_us);
        let mut changes = vec![
            ConnectionChange::Cursor(cursor_us),
            ConnectionChange::Clock(self.accounts.theta(link.account.id)),
            ConnectionChange::Polled(now_us),
            ConnectionChange::NumberSeen(listed.numbers.last().copied().unwrap_or(0)),
        ];
        changes.extend(comment_cursor_us.map(|us| ConnectionChange::CommentCursor(us.min(server_us))));
        if resumed {
            // Its first pages were read before the interruption: only a full pass knows what happened to them since.
            changes.push(ConnectionChange::Dirty);
        } else if !listed.dropped {
            changes.push(ConnectionChange::PassOk(listed.first_send_us.unwrap_or(now_us)));
        }
        if import {
            changes.push(ConnectionChange::Import(None, link.connection.import_total));
        }
        if full {
            changes.push(ConnectionChange::Clean(dirty_gen));
            changes.push(ConnectionChange::FullPassed(now_us));
        }
        self.store.change_connection(link.connection.id, changes, Vec::new()).await?;
        self.make_ready(link.connection.id, first);
        Tallies::add(&self.tallies.passes, 1);
        self.committed();
        Ok(listed.report)
    }

    /// How far behind single reads this tracker's lists may be.
    fn lag_us(&self, link: &Link) -> i64 {
        if link.connection.capabilities.list_is_fresh { 0 } else { self.timing.stale_list_us() }
    }

    /// How far before its cursor a pass begins: what a lagging list did not show yet must not fall behind the cursor.
    fn overlap_us(&self, link: &Link) -> i64 {
        self.timing.poll_overlap_us.max(self.lag_us(link))
    }

    /// Where a list must begin to show all that changed since the last pass, tracker time; `None` is the beginning.
    ///
    /// What was written since bears a stamp past the cursor, or, where the tracker's clock was set back meanwhile, one past
    /// what that clock, as it goes now, showed when the last pass began.
    pub(crate) fn since_us(&self, link: &Link, cursor_us: Option<i64>, now_us: i64) -> Option<i64> {
        let theta = self.accounts.theta(link.account.id);
        let passed_us = theta.to_server_floor(link.connection.pass_ok_us?, now_us).unwrap_or(i64::MAX);
        Some(cursor_us?.min(passed_us).saturating_sub(self.overlap_us(link)))
    }

    /// [`StepError::Parked`] when the connection is parked by now.
    pub(crate) async fn stop_if_parked(&self, link: &Link) -> Result<(), StepError> {
        match self.store.connection(link.connection.id).await?.ok_or(StepError::NoConnection)?.parked {
            Some(reason) => Err(StepError::Parked(reason)),
            None => Ok(()),
        }
    }

    async fn list_issues(&self, cx: &Cx, link: &mut Link, full: bool, import: bool) -> Result<Listed, StepError> {
        let keyset = link.connection.capabilities.list_order == ListOrder::UpdatedAsc;
        let cursor_us = link.connection.cursor_us.filter(|_| !full);
        let begin_us = |link: &Link| self.since_us(link, cursor_us, cx.now_us());
        let mut listed = Listed::default();
        let (mut page, mut since_us, mut total, mut restarts) = (1, begin_us(link), None, 0);
        if import && !keyset {
            page = link.connection.import_page.map_or(1, |noted| (noted - 1).max(1));
        }
        for _ in 0..PAGES_MAX {
            let Answered { answer, t_send_us } =
                self.ask(cx, link, Lane::Read, &Call::Issues { since_us, page }).await?;
            let Answer::Page(list) = answer else { return Err(page_expected()) };
            let first = listed.first_send_us.is_none();
            listed.first_send_us.get_or_insert(t_send_us);
            if listed.server_us.is_none() {
                listed.server_us = list.date_us;
            }
            let earlier_us = begin_us(link);
            if first && earlier_us.map(|us| us.saturating_add(SECOND_US)) < since_us {
                // This very answer told that the tracker's clock was set back.
                since_us = earlier_us;
                continue;
            }
            if !keyset && list.total.zip(total).is_some_and(|(now, first)| now < first) && restarts < RESTARTS_MAX {
                // An entry left the list and moved the others up: some may have slipped to a page that was read.
                (page, total, restarts) = (1, list.total, restarts + 1);
                continue;
            }
            total = total.or(list.total);
            let (more, last_u_us) = (list.more, list.items.last().map(|seen| seen.u_us));
            self.take_page(cx, link, &mut listed, list, import.then_some((page + 1, total))).await?;
            if !more {
                break;
            }
            match last_u_us {
                Some(u_us) if keyset && Some(u_us) != since_us => (since_us, page) = (Some(u_us), 1),
                _ => page += 1,
            }
        }
        if import {
            link.connection.import_total = total;
        }
        Ok(listed)
    }

    async fn take_page(
        &self,
        cx: &Cx,
        link: &Link,
        listed: &mut Listed,
        page: IssuePage,
        import: Option<(i64, Option<i64>)>,
    ) -> Result<(), StepError> {
        let seen: Vec<Seen> = page.items.into_iter().map(Seen::new).collect();
        let tail = import
            .map(|(next, total)| Tail::changes(link.connection.id, vec![ConnectionChange::Import(Some(next), total)]));
        let shown: Vec<(i64, i64, Option<i64>)> = seen
            .iter()
            .map(|seen| (seen.observation.number, seen.observation.u_us, seen.observation.comment_count))
            .collect();
        let observed = self.observe(cx, link, seen, tail).await?;
        listed.report.listed += shown.len();
        listed.report.changed += observed.changed;
        listed.dropped |= observed.stale.contains(&true);
        let ids = observed.items.iter().flatten().map(|item| item.id).collect();
        let counts = self.store.comment_counts(ids).await?;
        for ((number, u_us, comment_count), item) in shown.into_iter().zip(&observed.items) {
            listed.numbers.insert(number);
            listed.newest_u_us = listed.newest_u_us.max(Some(u_us));
            let known = item.as_ref().map(|item| counts.get(&item.id).copied().unwrap_or(0));
            if known.is_some() && comment_count.is_some() && known != comment_count {
                listed.miscounted.push(number);
            }
        }
        Ok(())
    }

    /// What only a full pass finds: issues that are missing, and comments that are missing where the counts differ.
    async fn compare(&self, cx: &Cx, link: &mut Link, listed: &mut Listed) -> Result<(), StepError> {
        let connection = link.connection.id;
        let now_us = cx.now_us();
        let gone = |number, comment| Check {
            key: CheckKey { connection, number, comment, kind: CheckKind::Gone },
            due_us: now_us,
            evidence: Evidence::default(),
            tries: 0,
        };
        let mut checks: Vec<Check> = self
            .store
            .known_issues(connection)
            .await?
            .into_iter()
            .filter(|known| !listed.numbers.contains(&known.number))
            .map(|known| gone(known.number, None))
            .collect();
        for issue in std::mem::take(&mut listed.miscounted) {
            let present = self.comments_present(cx, link, listed, issue).await?;
            let Some(parent) = self.store.issues_numbered(connection, vec![issue]).await?.into_iter().next() else {
                continue;
            };
            let live = self.store.comments_of(parent.id, false).await?;
            let missing =
                live.into_iter().filter_map(|comment| comment.number).filter(|number| !present.contains(number));
            checks.extend(missing.map(|number| gone(issue, Some(number))));
        }
        listed.report.gone = checks.len();
        self.store.put_checks(checks).await?;
        self.signals.work.notify_one();
        self.review_fuse(cx, link, &listed.numbers).await
    }
}

pub(crate) fn page_expected() -> StepError {
    CallError::Malformed("a page of a list was expected".to_owned()).into()
}

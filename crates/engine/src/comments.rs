//! The comments of a pass. An issue names its repository, a comment does not: who has our path for a while may show comments of his own, or
//! none, and what he shows must neither be mirrored nor pass for the state of ours.
//!
//! Ids of comments are unique on a tracker, so a page that shows one of ours is ours. Every other page counts between two looks that
//! show our repository, and what is new on it is taken from a second reading between them.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::poll::{Listed, PAGES_MAX, page_expected};
use crate::seen::Seen;
use issuesync_model::{Cx, Lifecycle, Observation};
use issuesync_provider::{Answer, Call, IssuePage};
use std::collections::BTreeSet;

impl Engine {
    /// Lists the comments that changed since the last pass; answers the newest `u` seen.
    pub(crate) async fn list_comments(
        &self,
        cx: &Cx,
        link: &mut Link,
        listed: &mut Listed,
    ) -> Result<Option<i64>, StepError> {
        let since_us = self.since_us(link, link.connection.comment_cursor_us, cx.now_us());
        // Where no comment was ever seen an empty list passes nothing by, whoever answers it: the next pass begins where this one began.
        let unseen = link.connection.comment_cursor_us.is_none();
        let (mut newest, mut placed) = (None, false);
        for page in 1..=PAGES_MAX {
            let list = self
                .comments_page(cx, link, &Call::Comments { since_us, page }, unseen && page == 1, &mut placed)
                .await?;
            let more = list.more;
            newest = newest.max(list.items.iter().map(|seen| seen.u_us).max());
            self.take_comments(cx, link, listed, list.items).await?;
            if !more {
                break;
            }
        }
        Ok(newest)
    }

    /// The comments of one issue, all of them; answers their ids.
    pub(crate) async fn comments_present(
        &self,
        cx: &Cx,
        link: &mut Link,
        listed: &mut Listed,
        issue: i64,
    ) -> Result<BTreeSet<i64>, StepError> {
        let (mut present, mut placed) = (BTreeSet::new(), false);
        for page in 1..=PAGES_MAX {
            let list = self.comments_page(cx, link, &Call::CommentsOf { issue, page }, false, &mut placed).await?;
            present.extend(list.items.iter().map(|comment| comment.number));
            let more = list.more;
            self.take_comments(cx, link, listed, list.items).await?;
            if !more {
                break;
            }
        }
        Ok(present)
    }

    /// Reads the comments of an issue that is about to be deleted: its tombstone keeps them. Answers whether all that they show is known now.
    pub(crate) async fn know_comments(&self, cx: &Cx, link: &mut Link, issue: i64) -> Result<bool, StepError> {
        let mut listed = Listed::default();
        self.comments_present(cx, link, &mut listed, issue).await?;
        Ok(!listed.dropped)
    }

    /// One page of comments of our repository, or, where `may_be_empty`, an empty one of anybody's. `placed` tells whether the request before
    /// this one was made to show that the path is ours; after it, it was. [`StepError::Parked`] when the path leads elsewhere.
    async fn comments_page(
        &self,
        cx: &Cx,
        link: &mut Link,
        call: &Call,
        may_be_empty: bool,
        placed: &mut bool,
    ) -> Result<IssuePage, StepError> {
        let mut list = self.page_of(cx, link, call).await?;
        if may_be_empty && list.items.is_empty() {
            return Ok(list);
        }
        let mut ours = self.shows_ours(link, &list).await?;
        let shows_any = list.items.iter().any(|comment| !comment.is_pull);
        if shows_any && !ours && !*placed {
            self.stop_unless_good(cx, link).await?;
            list = self.page_of(cx, link, call).await?;
            ours = self.shows_ours(link, &list).await?;
        }
        if !ours {
            self.stop_unless_good(cx, link).await?;
        }
        *placed = true;
        Ok(list)
    }

    async fn page_of(&self, cx: &Cx, link: &mut Link, call: &Call) -> Result<IssuePage, StepError> {
        match self.ask(cx, link, Lane::Read, call).await?.answer {
            Answer::Page(list) => Ok(list),
            _ => Err(page_expected()),
        }
    }

    /// Whether a page shows a comment that is known to be ours. Nothing is known of an empty one.
    async fn shows_ours(&self, link: &Link, list: &IssuePage) -> Result<bool, StepError> {
        if list.items.is_empty() {
            return Ok(false);
        }
        let ids = list.items.iter().map(|comment| comment.number).collect();
        let known = self.store.comments_numbered(link.connection.id, ids).await?;
        Ok(known.iter().any(|comment| comment.lifecycle != Lifecycle::Deleted))
    }

    async fn take_comments(
        &self,
        cx: &Cx,
        link: &mut Link,
        listed: &mut Listed,
        comments: Vec<Observation>,
    ) -> Result<(), StepError> {
        let comments: Vec<Observation> = comments.into_iter().filter(|comment| !comment.is_pull).collect();
        let issues: BTreeSet<i64> = comments.iter().filter_map(|comment| comment.issue_number).collect();
        let known: BTreeSet<i64> = self
            .store
            .issues_numbered(link.connection.id, issues.iter().copied().collect())
            .await?
            .into_iter()
            .filter_map(|item| item.number)
            .collect();
        for issue in issues.difference(&known) {
            self.know_parent(cx, link, *issue).await?;
        }
        listed.report.listed += comments.len();
        let observed = self.observe(cx, link, comments.into_iter().map(Seen::new).collect(), None).await?;
        listed.report.changed += observed.changed;
        listed.dropped |= observed.stale.contains(&true);
        Ok(())
    }
}

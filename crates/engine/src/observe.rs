//! The one door for remote facts: observations are absorbed and committed, and done again for rows that changed meanwhile.
//!
//! Races handled: two workers on one item, a push in flight, a local edit between load and commit (`rev` tells all of
//! them), one item twice in a batch, a comment before its issue. Two observations of one item are ordered by the accept rule, not by arrival.

use crate::absorb;
use crate::draft::ROUNDS;
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use crate::ground::Ground;
use crate::link::Link;
use crate::seen::Seen;
use issuesync_merge::Policy;
use issuesync_model::{ConnectionChange, Cx, Item, ItemKind, Lifecycle, OutboxKind};
use issuesync_store::{Answer, Batch, ChangeSet, Tail};
use std::collections::BTreeMap;

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// The rows after the commit, in the order of the observations; `None` for those that are not mirrored.
    pub items: Vec<Option<Item>>,
    /// How many rows changed.
    pub changed: usize,
    /// Which observations were older than what is known, or may have been.
    pub stale: Vec<bool>,
}

impl Engine {
    /// What stays the same for all observations of a step.
    pub(crate) fn ground<'a>(&'a self, cx: &'a Cx, link: &'a Link) -> Ground<'a> {
        Ground {
            cx,
            link,
            timing: &self.timing,
            theta: self.accounts.theta(link.account.id),
            policy: Policy::from(&link.connection.settings),
            now_us: cx.now_us(),
        }
    }

    /// Lets observations in. The tail (a cursor, say) is written with the last of them.
    pub(crate) async fn observe(
        &self,
        cx: &Cx,
        link: &Link,
        mut batch: Vec<Seen>,
        tail: Option<Tail>,
    ) -> Result<Observed, StepError> {
        self.same_repository(cx, link, &batch).await?;
        self.learn_definitions(link, &batch).await?;
        let tail = self.with_clock(link, tail);
        let mut result = Observed { items: vec![None; batch.len()], changed: 0, stale: vec![false; batch.len()] };
        let mut open: Vec<usize> = (0..batch.len()).collect();
        Tallies::add(&self.tallies.observations, batch.len());
        for _ in 0..ROUNDS {
            let mut rows = self.rows(link, &mut batch, &open).await?;
            let ground = self.ground(cx, link);
            let mut sets = Vec::new();
            let mut owners = Vec::new();
            for &index in &open {
                let seen = &batch[index];
                if seen.observation.is_pull || (seen.observation.issue_number.is_some() && seen.parent.is_none()) {
                    // Nothing is mirrored of it, and nothing is owed for it either.
                    let set = absorb::settled(ChangeSet::default(), seen);
                    if !set.is_empty() {
                        sets.push(set);
                        owners.push((index, false));
                    }
                    continue;
                }
                let absorbed = absorb::absorb(rows[index].take(), seen, &ground);
                result.items[index] = absorbed.item;
                result.stale[index] = absorbed.stale;
                result.changed += usize::from(absorbed.changed);
                if !absorbed.set.is_empty() {
                    sets.push(absorbed.set);
                    owners.push((index, absorbed.changed));
                }
            }
            if sets.is_empty() && tail.is_none() {
                open.clear();
                break;
            }
            let work = sets.iter().any(|set| !set.checks.is_empty());
            let answers = self.store.commit(Batch { sets, tail: tail.clone() }).await?;
            if work {
                self.signals.work.notify_one();
            }
            self.committed();
            let lost = answers.iter().zip(&owners).filter(|(answer, _)| **answer == Answer::Stale);
            open = lost
                .map(|(_, &(index, changed))| {
                    result.changed -= usize::from(changed);
                    index
                })
                .collect();
            if open.is_empty() {
                break;
            }
        }
        Tallies::add(&self.tallies.stale_dropped, result.stale.iter().filter(|stale| **stale).count());
        if open.is_empty() { Ok(result) } else { Err(StepError::Contended) }
    }

    /// Stamps are kept together with the clock that made them: a process that dies now leaves no stamp that the next one would read by a
    /// clock from before it was set.
    fn with_clock(&self, link: &Link, tail: Option<Tail>) -> Option<Tail> {
        let clock = self.accounts.theta(link.account.id);
        if clock.same_step(&link.connection.clock) {
            return tail;
        }
        let mut tail = tail.unwrap_or_else(|| Tail::changes(link.connection.id, Vec::new()));
        tail.changes.push(ConnectionChange::Clock(clock));
        Some(tail)
    }

    /// The rows of the batch's open observations, each at its index; finds parents of comments and owners of markers on the way.
    async fn rows(&self, link: &Link, batch: &mut [Seen], open: &[usize]) -> Result<Vec<Option<Item>>, StepError> {
        let connection = link.connection.id;
        let issue_numbers: Vec<i64> = open
            .iter()
            .map(|&index| &batch[index].observation)
            .map(|seen| seen.issue_number.unwrap_or(seen.number))
            .collect();
        let comment_ids: Vec<i64> = open
            .iter()
            .map(|&index| &batch[index].observation)
            .filter(|seen| seen.issue_number.is_some())
            .map(|seen| seen.number)
            .collect();
        let issues = self.store.issues_numbered(connection, issue_numbers).await?;
        let issues = by_number(&issues);
        let comments = if comment_ids.is_empty() {
            Vec::new()
        } else {
            self.store.comments_numbered(connection, comment_ids).await?
        };
        let comments = by_number(&comments);
        let mut rows = vec![None; batch.len()];
        let mut marked = Vec::new();
        for &index in open {
            let seen = &mut batch[index];
            let known = match seen.observation.issue_number {
                Some(issue) => {
                    seen.parent = issues.get(&issue).map(|item| item.id);
                    comments.get(&seen.observation.number)
                }
                None => issues.get(&seen.observation.number),
            };
            match known {
                Some(item) => rows[index] = Some(Item::clone(item)),
                None if seen.observation.marker.is_some() => marked.push(index),
                None => {}
            }
        }
        for &index in open {
            if let Some(id) = batch[index].claims.filter(|_| rows[index].is_none())
                && let Some(item) = self.store.items(vec![id]).await?.pop()
            {
                rows[index] = Some(item);
            }
        }
        marked.retain(|index| rows[*index].is_none());
        if !marked.is_empty() {
            self.claimed_by_marker(link, batch, &marked, &mut rows).await?;
        }
        Ok(rows)
    }

    /// A marker counts only on what our own account wrote, while its row is being created. What was known before it was sent is not it.
    /// Without a memory of the sending (a database that came back from a backup) nothing can be older than its row: nobody else has the
    /// marker, and the tracker's stamp may come from a time when its clock stood elsewhere.
    async fn claimed_by_marker(
        &self,
        link: &Link,
        batch: &mut [Seen],
        marked: &[usize],
        rows: &mut [Option<Item>],
    ) -> Result<(), StepError> {
        let markers = marked.iter().filter_map(|&index| batch[index].observation.marker.clone()).collect();
        let owners = self.store.items_marked(link.connection.id, markers).await?;
        for &index in marked {
            let seen = &mut batch[index];
            let observation = &seen.observation;
            let Some(owner) = owners.iter().find(|owner| Some(&owner.marker) == observation.marker.as_ref()) else {
                continue;
            };
            let is_comment = observation.issue_number.is_some();
            let sent = owner.attempts.iter().rev().find(|attempt| attempt.kind == OutboxKind::Create);
            let is_younger = is_comment || sent.is_none_or(|attempt| observation.number > attempt.max_number_seen);
            let ours = observation.author.as_ref().is_some_and(|author| author.id == link.account.self_id)
                && (owner.kind() == ItemKind::Comment) == is_comment
                && is_younger;
            if ours && owner.lifecycle == Lifecycle::Creating {
                rows[index] = Some(owner.clone());
            } else if ours && owner.number.is_some() {
                seen.twin = true;
            }
        }
        Ok(())
    }

    /// An answer that names another repository means that this path now belongs to somebody else.
    async fn same_repository(&self, cx: &Cx, link: &Link, batch: &[Seen]) -> Result<(), StepError> {
        let foreign = |seen: &&Seen| seen.observation.repo_id.is_some_and(|id| id != link.connection.repo_id);
        if batch.iter().any(|seen| foreign(&seen)) {
            let reason = format!("the path {} now belongs to another repository", link.connection.repo_path);
            self.park(cx, &link.connection, &reason).await?;
            return Err(StepError::Parked(reason));
        }
        Ok(())
    }
}

fn by_number(items: &[Item]) -> BTreeMap<i64, &Item> {
    items.iter().filter_map(|item| item.number.map(|number| (number, item))).collect()
}

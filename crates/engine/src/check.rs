//! Executes the looks that are owed, in due order. A look that fails stays owed.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::look::Target;
use crate::seen::{Door, Seen};
use issuesync_model::{Check, CheckKind, ConnectionChange, ConnectionId, Cx, Evidence, Item, Observation};
use issuesync_provider::CallError;

/// Checks taken at once.
const BATCH: usize = 20;

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

    /// The look of a check; something gone becomes a `gone` check.
    pub(crate) async fn owed_look(
        &self,
        cx: &Cx,
        link: &mut Link,
        check: &Check,
    ) -> Result<Option<Observation>, StepError> {
        match self.look_at(cx, link, Lane::Read, (check.key.number, check.key.comment)).await {
            Ok(observation) => Ok(Some(observation)),
            Err(StepError::Call(CallError::Gone)) => {
                self.owe_gone(cx, link.connection.id, (check.key.number, check.key.comment)).await?;
                if check.key.kind == CheckKind::Audit {
                    // What became of our writes is still to be told when it shows again.
                    self.later(cx, check.clone()).await?;
                } else {
                    self.store.settle_checks(vec![check.key.clone()]).await?;
                }
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
        // Two looks agree only about what is known since before the first of them: what was seen since then may be newer than both.
        let known_since = item.remote.as_ref().is_some_and(|remote| remote.t_recv_us > check.evidence.first_us);
        if older && (known_since || check.evidence.hash.as_ref() != Some(&hash)) {
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

    pub(crate) async fn item_of(&self, link: &Link, check: &Check) -> Result<Option<Item>, StepError> {
        self.item_at(link, (check.key.number, check.key.comment)).await
    }

    /// The row of what stands there on the tracker.
    pub(crate) async fn item_at(&self, link: &Link, target: Target) -> Result<Option<Item>, StepError> {
        let connection = link.connection.id;
        let found = match target {
            (_, Some(id)) => self.store.comments_numbered(connection, vec![id]).await?,
            (number, None) => self.store.issues_numbered(connection, vec![number]).await?,
        };
        Ok(found.into_iter().next())
    }
}

//! One look at one item of a tracker: by whom it is asked for (a worker, a check, a push, a person) makes no difference.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::seen::Seen;
use issuesync_model::{Check, CheckKey, CheckKind, ConnectionId, Cx, Evidence, Item, Observation};
use issuesync_provider::{Answer, Call, CallError};

/// What can be looked at: an issue's number, and the comment's id for a comment.
pub(crate) type Target = (i64, Option<i64>);

impl Engine {
    /// The issue's number, and the comment's id; `None` while it is not on the tracker.
    pub(crate) async fn target_of(&self, item: &Item) -> Result<Option<Target>, StepError> {
        let Some(number) = item.number else { return Ok(None) };
        match item.parent {
            None => Ok(Some((number, None))),
            Some(parent) => {
                let parent = self.store.items(vec![parent]).await?.into_iter().next();
                Ok(parent.and_then(|parent| parent.number).map(|issue| (issue, Some(number))))
            }
        }
    }

    /// Looks at one item, by one GET.
    pub(crate) async fn look_at(
        &self,
        cx: &Cx,
        link: &mut Link,
        lane: Lane,
        target: Target,
    ) -> Result<Observation, StepError> {
        let call = match target {
            (issue, Some(id)) => Call::Comment { issue, id },
            (number, None) => Call::Issue { number },
        };
        match self.ask(cx, link, lane, &call).await?.answer {
            Answer::Item(observation) => Ok(*observation),
            _ => Err(CallError::Malformed("an issue or a comment was expected".to_owned()).into()),
        }
    }

    /// Makes sure that a comment's issue is mirrored before the comment.
    pub(crate) async fn know_parent(&self, cx: &Cx, link: &mut Link, issue: i64) -> Result<(), StepError> {
        if self.store.issues_numbered(link.connection.id, vec![issue]).await?.is_empty() {
            match self.look_at(cx, link, Lane::Read, (issue, None)).await {
                Ok(observation) => {
                    self.observe(cx, link, vec![Seen::new(observation)], None).await?;
                }
                Err(StepError::Call(CallError::Gone)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Something was missing: it is looked at again, by the rules of deletions.
    pub(crate) async fn owe_gone(&self, cx: &Cx, connection: ConnectionId, target: Target) -> Result<(), StepError> {
        let key = CheckKey { connection, number: target.0, comment: target.1, kind: CheckKind::Gone };
        self.store
            .put_checks(vec![Check { key, due_us: cx.now_us(), evidence: Evidence::default(), tries: 0 }])
            .await?;
        self.signals.work.notify_one();
        Ok(())
    }
}

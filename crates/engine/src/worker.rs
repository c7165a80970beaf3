//! Step 5: deliveries are taken in a batch, folded by what they point at, looked at, observed, and settled with the commit.
//!
//! Races handled: a worker that dies (the lease ends, the delivery is taken again and its effect is a no-op), the same
//! event under several ids (state comparison), a poison delivery (given up after five tries, its connection marked dirty).
//! Nothing here trusts a payload: from these trackers a delivery only says where to look.

use crate::account::Lane;
use crate::audit::audit;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::look::Target;
use crate::seen::Seen;
use futures_util::future::join_all;
use issuesync_model::{
    Check, CheckKey, CheckKind, ConnectionChange, ConnectionId, Cx, Delivery, DeliveryKey, Evidence, ItemKind, Named,
};
use issuesync_provider::{Answer, Call, CallError, Notice};
use issuesync_store::Tail;
use std::collections::BTreeMap;

/// Deliveries taken at once.
const BATCH: usize = 100;
/// Tries before a delivery is given up.
const TRIES_MAX: u32 = 5;
/// Issues of one connection in a batch above which list pages are cheaper than single looks.
const LIST_FROM: usize = 10;

/// What several deliveries say about one item.
#[derive(Default)]
struct Folded {
    named: Vec<Named>,
    deliveries: Vec<DeliveryKey>,
    oldest_u_us: Option<i64>,
    deleted: bool,
    cause: String,
}

/// What the looks of one batch found.
struct Looked {
    seen: Vec<Seen>,
    /// What is missing, as checks.
    gone: Vec<(Check, Vec<DeliveryKey>)>,
    /// What the tracker did not answer for: one ill issue must not hold up the others.
    failed: Vec<(Vec<DeliveryKey>, StepError)>,
}

impl Engine {
    /// Takes and settles one batch of deliveries; answers how many it took.
    ///
    /// # Errors
    /// When the store does not answer; what a tracker did not answer is released and taken again later.
    pub async fn work(&self, cx: &Cx) -> Result<usize, StepError> {
        let batch = self.store.claim_deliveries(cx.now_us(), self.timing.lease_us, BATCH).await?;
        let taken = batch.len();
        let mut by_connection: BTreeMap<ConnectionId, Vec<Delivery>> = BTreeMap::new();
        for delivery in batch {
            by_connection.entry(delivery.key.connection).or_default().push(delivery);
        }
        for (connection, deliveries) in by_connection {
            let keys: Vec<DeliveryKey> = deliveries.iter().map(|delivery| delivery.key.clone()).collect();
            let worn: Vec<DeliveryKey> = deliveries
                .iter()
                .filter(|delivery| delivery.tries >= TRIES_MAX)
                .map(|delivery| delivery.key.clone())
                .collect();
            // Boxed, like all that only a step with work in hand needs: most steps find none, and stay small.
            let failed = match Box::pin(self.work_connection(cx, connection, deliveries)).await {
                Ok(failed) => failed,
                Err(error) => vec![(keys, error)],
            };
            for (keys, error) in failed {
                tracing::warn!(%connection, %error, "deliveries will be taken again");
                self.give_back(cx, keys, &worn, &error).await?;
            }
        }
        Ok(taken)
    }

    async fn give_back(
        &self,
        cx: &Cx,
        keys: Vec<DeliveryKey>,
        worn: &[DeliveryKey],
        error: &StepError,
    ) -> Result<(), StepError> {
        let waits = matches!(error, StepError::Call(CallError::Budget { .. }));
        let (worn, rest): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| !waits && worn.contains(key));
        for key in worn {
            self.store.bury(key, error.to_string()).await?;
        }
        let pause_us = match error {
            StepError::Call(CallError::Budget { retry_after_ms }) => retry_after_ms * 1000,
            _ => self.timing.retry_base_us / 4,
        };
        self.store.release_deliveries(rest, cx.now_us() + pause_us).await?;
        Ok(())
    }

    /// Answers the deliveries whose item could not be looked at; the others are settled.
    async fn work_connection(
        &self,
        cx: &Cx,
        connection: ConnectionId,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<(Vec<DeliveryKey>, StepError)>, StepError> {
        let mut link = match self.link(connection).await {
            Err(StepError::NoConnection) => {
                self.store.finish_deliveries(deliveries.into_iter().map(|delivery| delivery.key).collect()).await?;
                return Ok(Vec::new());
            }
            other => other?,
        };
        let last_us = deliveries.iter().map(|delivery| delivery.received_us).max().unwrap_or(0);
        let folded = self.fold(&link, deliveries).await?;
        if link.connection.parked.is_some() {
            // Unparking marks the connection dirty, so a full pass finds whatever these told, but for what our own writes replaced.
            for (target, folded) in folded {
                self.hear_echoes(cx, &link, target, &folded.named).await?;
                self.store.finish_deliveries(folded.deliveries).await?;
            }
            return Ok(Vec::new());
        }
        let Looked { seen, gone, failed } = self.look(cx, &mut link, folded).await?;
        let mut tail = Tail::changes(connection, vec![ConnectionChange::Delivered(last_us)]);
        let checks: Vec<Check> = gone.iter().map(|(check, _)| check.clone()).collect();
        self.store.put_checks(checks.clone()).await?;
        tail.deliveries_done = gone.into_iter().flat_map(|(_, deliveries)| deliveries).collect();
        self.observe(cx, &link, seen, Some(tail)).await?;
        for check in checks {
            // A comment is confirmed by its issue, at once, so its deletion shows at once too.
            if check.key.comment.is_some() {
                self.run_check(cx, check).await?;
            }
        }
        self.signals.work.notify_one();
        Ok(failed)
    }

    /// Folds deliveries by what they point at. Every named field is kept, not the last alone.
    async fn fold(&self, link: &Link, deliveries: Vec<Delivery>) -> Result<BTreeMap<Target, Folded>, StepError> {
        let mut folded: BTreeMap<Target, Folded> = BTreeMap::new();
        for delivery in deliveries {
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let json = link.provider.payload(&delivery.headers, &delivery.body);
                link.provider.notice(&delivery.headers, &json)
            }));
            let notice = match read {
                Ok(Ok(notice)) => notice,
                Ok(Err(malformed)) => {
                    self.store.bury(delivery.key, malformed.to_string()).await?;
                    continue;
                }
                Err(_) => {
                    self.store
                        .bury(
                            delivery.key,
                            "reading this delivery failed inside issuesync; please report it".to_owned(),
                        )
                        .await?;
                    continue;
                }
            };
            match target(&notice) {
                Some(target) => folded.entry(target).or_default().take(notice, delivery.key),
                None => self.store.finish_deliveries(vec![delivery.key]).await?,
            }
        }
        Ok(folded)
    }

    /// Looks at every item: many issues by list pages, the others one by one. What is gone becomes a check.
    async fn look(&self, cx: &Cx, link: &mut Link, mut folded: BTreeMap<Target, Folded>) -> Result<Looked, StepError> {
        let mut seen = Vec::new();
        if folded.keys().filter(|(_, comment)| comment.is_none()).count() > LIST_FROM
            && link.connection.capabilities.list_is_fresh
        {
            self.look_by_list(cx, link, &mut folded, &mut seen).await?;
        }
        let (mut gone, mut failed) = (Vec::new(), Vec::new());
        let looks = folded.into_iter().map(|(target, folded)| {
            let mut link = link.clone();
            Box::pin(async move {
                if folded.deleted && target.1.is_some() {
                    return (target, folded, Err(StepError::Call(CallError::Gone)));
                }
                let looked = self.look_at(cx, &mut link, Lane::Read, target).await;
                (target, folded, looked)
            })
        });
        for (target, folded, looked) in join_all(looks).await {
            match looked {
                Ok(observation) => {
                    let known = match observation.issue_number.filter(|_| !observation.is_pull) {
                        Some(issue) => self.know_parent(cx, link, issue).await,
                        None => Ok(()),
                    };
                    match known {
                        Ok(()) => seen.push(folded.into_seen(observation)),
                        Err(error @ StepError::Call(_)) => failed.push((folded.deliveries, error)),
                        Err(error) => return Err(error),
                    }
                }
                Err(StepError::Call(CallError::Gone)) => {
                    let key = CheckKey {
                        connection: link.connection.id,
                        number: target.0,
                        comment: target.1,
                        kind: CheckKind::Gone,
                    };
                    self.hear_echoes(cx, link, target, &folded.named).await?;
                    let check = Check { key, due_us: cx.now_us(), evidence: Evidence::default(), tries: 0 };
                    gone.push((check, folded.deliveries));
                }
                Err(error @ StepError::Call(_)) => {
                    // It may be given up in the end, and what its echoes tell with it.
                    self.hear_echoes(cx, link, target, &folded.named).await?;
                    failed.push((folded.deliveries, error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Looked { seen, gone, failed })
    }

    /// The echoes of our own writes to something that is not looked at: of what they replaced, nothing else may tell.
    async fn hear_echoes(&self, cx: &Cx, link: &Link, target: Target, named: &[Named]) -> Result<(), StepError> {
        if named.iter().all(|named| named.sender != Some(link.account.self_id)) {
            return Ok(());
        }
        let Some(item) = self.item_at(link, target).await? else { return Ok(()) };
        let ground = self.ground(cx, link);
        self.amend(cx, link, item.id, |draft| audit(draft, named, &ground)).await
    }

    async fn look_by_list(
        &self,
        cx: &Cx,
        link: &mut Link,
        folded: &mut BTreeMap<Target, Folded>,
        seen: &mut Vec<Seen>,
    ) -> Result<(), StepError> {
        let issues = folded.iter().filter(|((_, comment), _)| comment.is_none());
        let Some(oldest_us) = issues.clone().filter_map(|(_, folded)| folded.oldest_u_us).min() else { return Ok(()) };
        let pages = i64::try_from(issues.count() / LIST_FROM + 1).unwrap_or(1);
        for page in 1..=pages {
            let call = Call::Issues { since_us: Some(oldest_us), page };
            let Answer::Page(list) = self.ask(cx, link, Lane::Read, &call).await?.answer else { break };
            let more = list.more;
            for observation in list.items {
                if let Some(folded) = folded.remove(&(observation.number, None)) {
                    seen.push(folded.into_seen(observation));
                }
            }
            if !more {
                break;
            }
        }
        Ok(())
    }
}

fn target(notice: &Notice) -> Option<Target> {
    match notice.kind {
        _ if notice.ignored.is_some() => None,
        ItemKind::Issue => notice.number.map(|number| (number, None)),
        ItemKind::Comment => notice.number.zip(notice.comment).map(|(number, comment)| (number, Some(comment))),
    }
}

impl Folded {
    fn take(&mut self, notice: Notice, delivery: DeliveryKey) {
        self.oldest_u_us = match (self.oldest_u_us, notice.named.iter().filter_map(|named| named.u_us).min()) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        self.named.extend(notice.named);
        self.deleted |= notice.deleted;
        self.cause = format!("delivery {}", delivery.id);
        self.deliveries.push(delivery);
    }

    fn into_seen(self, observation: issuesync_model::Observation) -> Seen {
        let mut seen = Seen::new(observation);
        seen.named = self.named;
        seen.cause = Some(self.cause);
        seen.deliveries_done = self.deliveries;
        seen
    }
}

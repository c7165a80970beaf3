//! A link: one connection with everything that a call to its tracker needs, and the one door for calls.

use crate::account::Lane;
use crate::engine::{Engine, Tallies};
use crate::error::StepError;
use issuesync_model::{Account, Connection, ConnectionChange, ConnectionEvent, ConnectionId, Cx};
use issuesync_provider::{Answer, Call, CallError, Provider, Response, Target, TransportError};
use std::sync::Arc;

/// One connection, its account and its adapter.
#[derive(Clone)]
pub(crate) struct Link {
    pub connection: Connection,
    pub account: Account,
    pub provider: Arc<dyn Provider>,
    pub target: Target,
    /// No write is begun after this store time: the lease under which it would be sent may end before its answer comes.
    pub until_us: i64,
}

/// An answer with the store times of its exchange.
pub(crate) struct Answered {
    pub answer: Answer,
    pub t_send_us: i64,
}

impl Engine {
    /// Loads a connection with its account.
    pub(crate) async fn link(&self, id: ConnectionId) -> Result<Link, StepError> {
        let connection = self.store.connection(id).await?.ok_or(StepError::NoConnection)?;
        let account = self.store.account(connection.account).await?.ok_or(StepError::NoConnection)?;
        let provider = self.providers.get(&connection.provider).cloned().ok_or(StepError::NoConnection)?;
        self.accounts.recall(account.id, connection.clock);
        let target = Target {
            base_url: account.base_url.clone(),
            token: self.vault.open(&account.id.to_string(), &account.token_sealed)?,
            repo_path: connection.repo_path.clone(),
            repo_id: connection.repo_id,
            allow_private_network: connection.settings.allow_private_network,
            allow_http: connection.settings.allow_http,
        };
        Ok(Link { connection, account, provider, target, until_us: i64::MAX })
    }

    /// Sends one call. While the account rests (open breaker, spent budget) nothing is sent, and when the link's time is over no write, and
    /// the answer is [`CallError::Budget`].
    pub(crate) async fn call(&self, cx: &Cx, link: &Link, lane: Lane, call: &Call) -> Result<Answered, CallError> {
        let account = link.account.id;
        let permits = self.accounts.lane(account, lane);
        let _permit = permits.acquire().await.map_err(|_| CallError::NotSent("the engine is stopping".to_owned()))?;
        self.check_rest(cx, link)?;
        if self.accounts.needs_probe(account) {
            let probe = self.send(cx, link, &Call::Repository).await;
            if probe.is_err() {
                // Also when the caller asked for the repository itself: that the tracker is still ill is no failure of what waits.
                self.check_rest(cx, link)?;
            }
            if *call == Call::Repository {
                return probe;
            }
        }
        self.send(cx, link, call).await
    }

    fn check_rest(&self, cx: &Cx, link: &Link) -> Result<(), CallError> {
        let now_us = cx.now_us();
        match self.accounts.rests_until(link.account.id, now_us) {
            Some(until_us) => Err(CallError::Budget { retry_after_ms: (until_us - now_us) / 1000 + 1 }),
            None => Ok(()),
        }
    }

    async fn send(&self, cx: &Cx, link: &Link, call: &Call) -> Result<Answered, CallError> {
        let request = link.provider.request(&link.target, &link.connection.capabilities, call);
        // Looked at here and nowhere earlier: the wait for a place in the lane and the breaker's probe take their time.
        if request.method.writes() && cx.now_us() >= link.until_us {
            return Err(CallError::Budget { retry_after_ms: 0 });
        }
        Tallies::add(&self.tallies.requests, 1);
        let sent = self.transport.send(request, self.timing.http_timeout_us).await;
        let result = match sent {
            Ok(response) => {
                self.learn_clock(link, &response);
                link.provider
                    .answer(&link.target, &link.connection.capabilities, call, &response)
                    .map(|answer| Answered { answer, t_send_us: response.t_send_us })
            }
            Err(TransportError::NotSent(reason)) => Err(CallError::NotSent(reason)),
            Err(TransportError::NoAnswer(reason)) => Err(CallError::Ill(reason)),
        };
        self.accounts.record(link.account.id, result.as_ref().err(), cx.now_us(), &self.timing);
        result
    }

    fn learn_clock(&self, link: &Link, response: &Response) {
        if let Some(date_us) = response.date_us() {
            self.accounts.learn(link.account.id, date_us, response.t_send_us, response.t_recv_us);
        }
    }

    /// Sends one call; when the repository turns out to have another path, remembers that and sends it once more.
    pub(crate) async fn ask(&self, cx: &Cx, link: &mut Link, lane: Lane, call: &Call) -> Result<Answered, StepError> {
        match self.call(cx, link, lane, call).await {
            Err(CallError::Moved { location }) => {
                if self.follow_rename(cx, link, lane).await? {
                    Ok(self.call(cx, link, lane, call).await?)
                } else {
                    Err(CallError::Moved { location }.into())
                }
            }
            other => Ok(other?),
        }
    }

    /// Reads the repository by its id and takes over its new path. The address of a redirect is never followed: credentials stay where they belong.
    async fn follow_rename(&self, cx: &Cx, link: &mut Link, lane: Lane) -> Result<bool, StepError> {
        let Answer::Repository(repository) = self.call(cx, link, lane, &Call::RepositoryById).await?.answer else {
            return Ok(false);
        };
        if repository.id != link.connection.repo_id || repository.path == link.connection.repo_path {
            return Ok(false);
        }
        let detail = format!("The repository {} is now {}.", link.connection.repo_path, repository.path);
        let event = self.event(cx, link.connection.id, "rename", detail);
        let change = ConnectionChange::RepoPath(repository.path.clone());
        self.store.change_connection(link.connection.id, vec![change], vec![event]).await?;
        tracing::info!(connection = %link.connection.name, path = %repository.path, "repository renamed");
        link.connection.repo_path.clone_from(&repository.path);
        link.target.repo_path = repository.path;
        Ok(true)
    }

    /// A row of the connection log, now.
    pub(crate) fn event(&self, cx: &Cx, connection: ConnectionId, kind: &str, detail: String) -> ConnectionEvent {
        ConnectionEvent { connection, kind: kind.to_owned(), detail, time_us: cx.now_us() }
    }
}

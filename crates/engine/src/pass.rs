//! What passes share: when they are due, the filter, parking, and the identity of the repository.

use crate::account::Lane;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use issuesync_model::{Connection, ConnectionChange, Cx, Event, Field, Fields, Notification, Observation};
use issuesync_provider::{Answer, Call, CallError, Repository};
use issuesync_store::{Batch, Tail};

/// Whether an issue passes the connection's filter.
pub(crate) fn matches(link: &Link, observation: &Observation, observed: &Fields) -> bool {
    let filter = &link.connection.settings.filter;
    if filter.is_empty() {
        return true;
    }
    let labels = observed.elements(Field::Labels);
    let fold = link.connection.capabilities.canon.label_fold;
    let has_label =
        |wanted: &String| labels.contains(if fold { wanted.to_lowercase() } else { wanted.clone() }.as_str());
    let state_fits = match filter.state.as_str() {
        "open" => observed.state().is_open(),
        "closed" => !observed.state().is_open(),
        _ => true,
    };
    let author_fits = filter.author.is_empty()
        || observation.author.as_ref().is_some_and(|author| author.login.eq_ignore_ascii_case(&filter.author));
    let milestone_fits = filter.milestone.is_empty()
        || observation.seen.milestones.iter().any(|milestone| milestone.title == filter.milestone);
    let since_fits = filter
        .since
        .parse::<jiff::civil::Date>()
        .map_or(true, |day| created_on(observation.created_us).is_none_or(|created| created >= day));
    filter.labels.iter().all(has_label) && state_fits && author_fits && milestone_fits && since_fits
}

/// The UTC day of a time.
fn created_on(created_us: i64) -> Option<jiff::civil::Date> {
    let created = jiff::Timestamp::from_microsecond(created_us).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(created).date())
}

/// What the tracker says about the repository as such.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It is there, it is ours, and its issues are switched on.
    Good(Repository),
    /// Its issues are switched off: everything looks gone, nothing is.
    IssuesOff,
    /// It is not to be seen, or its path belongs to another repository: why to park.
    Lost(String),
}

impl Engine {
    /// Which pass a connection owes now, and when it owes the next one.
    #[must_use]
    pub fn pass_due(&self, connection: &Connection, now_us: i64) -> (Option<bool>, i64) {
        let timing = &self.timing;
        if connection.parked.is_some() {
            let due_us = connection.last_poll_us.unwrap_or(connection.created_us) + timing.parked_probe_us();
            return ((due_us <= now_us).then_some(false), due_us);
        }
        let poll_us = connection.settings.poll_us.unwrap_or(timing.poll_us);
        let full_us = connection.settings.full_us.unwrap_or(timing.full_us);
        let polled = connection.last_poll_us.unwrap_or(i64::MIN / 2);
        let passed = connection.last_full_us.unwrap_or(connection.created_us);
        if !self.is_ready(connection.id) || polled + poll_us <= now_us {
            let full = connection.cursor_us.is_some() && (connection.is_dirty() || passed + full_us <= now_us);
            return (Some(full && self.is_ready(connection.id)), now_us);
        }
        if connection.is_dirty() || passed + full_us <= now_us {
            return (Some(true), now_us);
        }
        (None, (polled + poll_us).min(passed + full_us))
    }

    /// Reads the repository by its path and compares its id.
    pub(crate) async fn standing(&self, cx: &Cx, link: &mut Link) -> Result<Standing, StepError> {
        let read = self.ask(cx, link, Lane::Read, &Call::Repository).await;
        match read {
            Ok(answered) => match answered.answer {
                Answer::Repository(repository) if repository.id != link.connection.repo_id => Ok(Standing::Lost(
                    format!("the path {} now belongs to another repository", link.connection.repo_path),
                )),
                Answer::Repository(repository) if !repository.has_issues => Ok(Standing::IssuesOff),
                Answer::Repository(repository) => Ok(Standing::Good(repository)),
                _ => Err(CallError::Malformed("a repository was expected".to_owned()).into()),
            },
            Err(StepError::Call(CallError::Gone | CallError::Moved { .. })) => Ok(Standing::Lost(format!(
                "the repository {} cannot be seen with this token",
                link.connection.repo_path
            ))),
            Err(StepError::Call(CallError::Forbidden(why))) => Ok(Standing::Lost(format!(
                "the token may not read the repository {}: {why}",
                link.connection.repo_path
            ))),
            Err(StepError::Call(CallError::Token)) => {
                self.park_account(cx, link).await?;
                Err(StepError::Parked("the tracker does not accept the token".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// Stops everything on a connection until a probe or a person says otherwise; tells somebody once.
    pub(crate) async fn park(&self, cx: &Cx, connection: &Connection, reason: &str) -> Result<(), StepError> {
        let now = self.store.connection(connection.id).await?.ok_or(StepError::NoConnection)?;
        if now.parked.as_deref() == Some(reason) {
            return Ok(());
        }
        tracing::warn!(connection = %connection.name, reason, "connection parked");
        self.make_unready(connection.id);
        let mut tail = Tail::changes(connection.id, vec![ConnectionChange::Park(reason.to_owned())]);
        tail.events.push(self.event(cx, connection.id, "park", reason.to_owned()));
        tail.notifications.push(Notification {
            id: cx.uuid(),
            connection: connection.id,
            item: None,
            event: Event::Parked,
            detail: format!("{}: {reason}.", connection.name),
            time_us: cx.now_us(),
        });
        self.store.commit(Batch { sets: Vec::new(), tail: Some(tail) }).await?;
        self.committed();
        Ok(())
    }

    /// The token was refused: asks who it is, and parks every connection of the account when the tracker does not know it any more.
    /// Answers whether they were parked.
    pub(crate) async fn park_account(&self, cx: &Cx, link: &Link) -> Result<bool, StepError> {
        match self.call(cx, link, Lane::Read, &Call::Whoami).await {
            Err(CallError::Token) => {}
            Ok(_) | Err(CallError::Forbidden(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        for connection in self.store.connections().await? {
            if connection.account == link.account.id {
                self.park(cx, &connection, "the tracker does not accept the token").await?;
            }
        }
        Ok(true)
    }

    /// Probes a parked connection; when the token and the repository are good again it is unparked, dirty, and makes a pass before it pushes.
    pub(crate) async fn probe_parked(&self, cx: &Cx, link: &mut Link) -> Result<bool, StepError> {
        match self.call(cx, link, Lane::Read, &Call::Whoami).await {
            Ok(_) | Err(CallError::Forbidden(_)) => {}
            Err(_) => return Ok(false),
        }
        let repository = match self.call(cx, link, Lane::Read, &Call::Repository).await {
            Err(CallError::Moved { .. }) => self.call(cx, link, Lane::Read, &Call::RepositoryById).await,
            other => other,
        };
        let Ok(Answer::Repository(repository)) = repository.map(|answered| answered.answer) else { return Ok(false) };
        if repository.id != link.connection.repo_id || !repository.has_issues {
            return Ok(false);
        }
        let event =
            self.event(cx, link.connection.id, "unpark", "The token and the repository are good again.".to_owned());
        let mut changes = vec![ConnectionChange::Unpark, ConnectionChange::Dirty];
        if repository.path != link.connection.repo_path {
            changes.push(ConnectionChange::RepoPath(repository.path.clone()));
        }
        self.make_unready(link.connection.id);
        self.store.change_connection(link.connection.id, changes, vec![event]).await?;
        tracing::info!(connection = %link.connection.name, "connection unparked");
        *link = self.link(link.connection.id).await?;
        self.committed();
        self.signals.pass.notify_one();
        Ok(true)
    }
}

//! Explains what is wrong with a connection and what to do about it.

use crate::account::Lane;
use crate::connect::ConnectError;
use crate::engine::Engine;
use crate::error::StepError;
use crate::link::Link;
use crate::pass::Standing;
use issuesync_model::timing::SECOND_US;
use issuesync_model::{Connection, ConnectionId, Cx};
use issuesync_provider::Call;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// It does not work.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
}

fn finding(level: Level, subject: &str, message: impl Into<String>, remedy: Option<&str>) -> Finding {
    Finding { level, subject: subject.to_owned(), message: message.into(), remedy: remedy.map(str::to_owned) }
}

/// A clock difference that people should know of.
const CLOCK_WARN_US: i64 = 30 * SECOND_US;

impl Engine {
    /// Looks at everything that a connection needs.
    ///
    /// # Errors
    /// When there is no such connection or the store does not answer; what the tracker does wrong is a finding.
    pub async fn doctor(&self, cx: &Cx, id: ConnectionId) -> Result<Vec<Finding>, ConnectError> {
        let mut link = self.link(id).await?;
        let mut findings = vec![parked(&link.connection)];
        match self.call(cx, &link, Lane::Read, &Call::Whoami).await {
            Ok(_) => findings.push(finding(
                Level::Ok,
                "token",
                format!("accepted, belongs to {}", link.account.self_login),
                None,
            )),
            Err(error) => findings.push(finding(
                Level::Error,
                "token",
                error.to_string(),
                Some("check the address and make a new token"),
            )),
        }
        findings.push(match self.standing(cx, &mut link).await {
            Ok(Standing::Good(repository)) if repository.is_admin => finding(Level::Ok, "repository", "visible, writable, administrable", None),
            Ok(Standing::Good(repository)) if repository.can_write => finding(
                Level::Warning,
                "repository",
                "writable, but the token's owner is no administrator: issues cannot be deleted and the webhook cannot be managed",
                Some("make the token's owner an administrator of the repository"),
            ),
            Ok(Standing::Good(_)) => {
                finding(Level::Error, "repository", "visible, but not writable", Some("give the token's owner write access"))
            }
            Ok(Standing::IssuesOff) => {
                finding(Level::Error, "repository", "its issues are switched off", Some("switch them on in the repository's settings"))
            }
            Ok(Standing::Lost(reason)) => finding(Level::Error, "repository", reason, Some("check the path and the token's rights")),
            Err(error) => finding(Level::Error, "repository", error.to_string(), Some("check that the tracker is reachable")),
        });
        findings.push(self.hook_finding(cx, &mut link).await?);
        findings.push(self.clock_finding(cx, &link));
        findings.extend(self.count_findings(&link).await?);
        Ok(findings)
    }

    async fn hook_finding(&self, cx: &Cx, link: &mut Link) -> Result<Finding, ConnectError> {
        let remedy = Some("run `issuesync sync NAME --full`, which mends it, or register it by hand");
        let Some(known) = link.connection.hook.clone() else {
            return Ok(finding(
                Level::Warning,
                "webhook",
                "none is registered: changes arrive by polling alone",
                remedy,
            ));
        };
        Ok(match self.hooks(cx, link).await {
            Ok(hooks) => match hooks.into_iter().find(|hook| hook.url == known.url) {
                Some(hook) if hook.active && hook.complete => {
                    finding(Level::Ok, "webhook", last_delivery(&link.connection), None)
                }
                Some(_) => finding(Level::Warning, "webhook", "it is inactive or does not send every event", remedy),
                None => finding(Level::Warning, "webhook", "it is missing on the tracker", remedy),
            },
            Err(StepError::Store(error)) => return Err(error.into()),
            Err(error) => finding(
                Level::Warning,
                "webhook",
                format!("it cannot be read: {error}"),
                Some("give the token the scope write:repository"),
            ),
        })
    }

    fn clock_finding(&self, cx: &Cx, link: &Link) -> Finding {
        let now_us = cx.now_us();
        let theta = self.accounts.theta(link.account.id);
        let offset_us = now_us.saturating_sub(theta.to_local(now_us, now_us));
        let text = format!("the tracker's clock differs by about {} ms", offset_us / 1000);
        if offset_us.abs() > CLOCK_WARN_US {
            finding(
                Level::Warning,
                "clock",
                text,
                Some("set both clocks by NTP; until then more edits count as concurrent"),
            )
        } else {
            finding(Level::Ok, "clock", text, None)
        }
    }

    async fn count_findings(&self, link: &Link) -> Result<Vec<Finding>, ConnectError> {
        let counts = self.store.counts(link.connection.id).await?;
        let mut findings = Vec::new();
        if counts.failed > 0 {
            let text = format!("{} items could not be sent", counts.failed);
            findings.push(finding(
                Level::Error,
                "outbox",
                text,
                Some("see `issuesync outbox list`, then retry or discard"),
            ));
        }
        if counts.conflicts > 0 {
            let text = format!("{} items wait for a decision", counts.conflicts);
            findings.push(finding(Level::Warning, "conflicts", text, Some("see `issuesync conflicts list`")));
        }
        if link.connection.fuse_open {
            findings.push(finding(
                Level::Error,
                "fuse",
                "many issues disappeared at once and are kept here",
                Some("if that was meant, run `issuesync sync NAME --accept-deletes`"),
            ));
        }
        Ok(findings)
    }
}

fn parked(connection: &Connection) -> Finding {
    match &connection.parked {
        Some(reason) => finding(
            Level::Error,
            "connection",
            format!("parked: {reason}"),
            Some("mend that; it is probed every few minutes, or run `issuesync sync NAME`"),
        ),
        None if connection.cursor_us.is_none() => {
            finding(Level::Warning, "connection", "the import has not ended yet", None)
        }
        None => finding(Level::Ok, "connection", "active", None),
    }
}

fn last_delivery(connection: &Connection) -> String {
    match connection.last_delivery_us {
        Some(_) => "registered and active; deliveries arrive".to_owned(),
        None => "registered and active; no delivery has arrived yet".to_owned(),
    }
}

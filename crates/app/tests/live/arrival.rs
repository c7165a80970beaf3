//! How a change there reaches the mirror: by a delivery while passes are held, by the next pass, or by neither while both are held.

use crate::world::World;
use anyhow::{Context, Result, bail, ensure};
use issuesync_model::Settings;
use issuesync_model::timing::SECOND_US;
use serde_json::json;
use std::future::Future;
use std::time::{Duration, Instant};

/// How long a server may take to send.
const SENDING: Duration = Duration::from_secs(10);
/// From a delivery's arrival to the mirror.
const DELIVERED_MS: i64 = 500;
/// One incremental pass every two seconds, the time it takes, and a busy machine.
pub(crate) const BY_POLL: Duration = Duration::from_secs(5);
/// One full pass every five seconds, two looks a second apart, and a busy machine.
pub(crate) const BY_FULL: Duration = Duration::from_secs(12);
/// An hour: no pass comes while a test waits.
const NEVER_US: i64 = 3600 * SECOND_US;

impl World {
    /// Puts passes an hour apart and waits for one that is running; answers how many there were.
    pub(crate) async fn hold_passes(&self) -> Result<u64> {
        let settings =
            Settings { poll_us: Some(NEVER_US), full_us: Some(NEVER_US), ..self.connection.settings.clone() };
        self.let_passes(&settings).await?;
        loop {
            let passes = self.passes();
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.passes() == passes {
                return Ok(passes);
            }
        }
    }

    pub(crate) async fn let_passes(&self, settings: &Settings) -> Result<()> {
        self.service.engine().change_settings(self.connection.id, settings.clone()).await?;
        Ok(())
    }

    /// Switches the webhook on the server off or on again.
    pub(crate) async fn send_deliveries(&self, active: bool) -> Result<()> {
        let hook = self.connection.hook.as_ref().context("the hook is registered")?;
        // The servers take a list that is left out for another one.
        let change = json!({"active": active, "events": ["issues", "issue_comment"]});
        self.order("PATCH", &format!("/hooks/{}", hook.id), change).await?;
        Ok(())
    }

    pub(crate) fn passes(&self) -> u64 {
        self.service.engine().counters().passes
    }

    /// A change there is on the mirror within half a second of the arrival of the first delivery that followed it.
    pub(crate) async fn brought<T>(
        &self,
        what: &str,
        change: impl Future<Output = Result<T>>,
        holds: impl AsyncFn() -> Result<bool>,
    ) -> Result<()> {
        let (engine, cx) = (self.service.engine(), self.service.cx());
        let before_us = cx.now_us();
        change.await?;
        let started = Instant::now();
        while !holds().await? {
            ensure!(started.elapsed() < SENDING, "{what}: no delivery brought it within {SENDING:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let seen_us = cx.now_us();
        let deliveries = engine.store().deliveries(Some(self.connection.id), None, 10_000).await?;
        let arrived = deliveries.iter().map(|delivery| delivery.received_us).filter(|us| *us >= before_us).min();
        let arrived_us = arrived.with_context(|| format!("{what}: it came without a delivery"))?;
        let (sending_ms, lag_ms) = ((arrived_us - before_us) / 1000, (seen_us - arrived_us) / 1000);
        println!("{what}: delivered after {sending_ms} ms, on the mirror {lag_ms} ms later");
        ensure!(lag_ms <= DELIVERED_MS, "{what}: {lag_ms} ms after its delivery");
        // What else the server sends for this change must not count for the next one.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    }

    /// A change there is on the mirror with the first pass that began after it: at most one was running before.
    pub(crate) async fn polled<T>(
        &self,
        what: &str,
        change: impl Future<Output = Result<T>>,
        holds: impl AsyncFn() -> Result<bool>,
    ) -> Result<()> {
        change.await?;
        let before = self.passes();
        until(&format!("{what}, by the next pass"), BY_POLL, &holds).await?;
        let passes = self.passes() - before;
        ensure!(passes <= 2, "{what}: {passes} passes were needed");
        Ok(())
    }
}

/// Waits until something holds, and tells how long that took.
pub(crate) async fn until(what: &str, within: Duration, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    loop {
        if holds().await? {
            println!("{what}: {} ms", started.elapsed().as_millis());
            return Ok(());
        }
        if started.elapsed() > within {
            bail!("{what}: not within {within:?}");
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

//! Takes away what nobody needs any more: settled deliveries after 7 days, tombstones after 30.

use crate::engine::Engine;
use crate::error::StepError;
use issuesync_model::Cx;
use issuesync_model::timing::SECOND_US;

const DAY_US: i64 = 86_400 * SECOND_US;
/// A tracker may send an old delivery again within this time.
const DELIVERIES_US: i64 = 7 * DAY_US;
/// Late deliveries of a deleted issue are recognised within this time.
const TOMBSTONES_US: i64 = 30 * DAY_US;

impl Engine {
    /// Sweeps once.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sweep(&self, cx: &Cx) -> Result<(), StepError> {
        let now_us = cx.now_us();
        let deliveries = self.store.sweep_deliveries(now_us - DELIVERIES_US).await?;
        let tombstones = self.store.sweep_tombstones(now_us - TOMBSTONES_US).await?;
        tracing::debug!(deliveries, tombstones, "swept");
        Ok(())
    }
}

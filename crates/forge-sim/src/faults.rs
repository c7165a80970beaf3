//! The switches for everything that can go wrong, and the seeded dice that decide when it does.
//!
//! Probabilities are per mille (`_pm`). All are zero at first: a tracker that only has its ordinary bad habits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The switches. Every field may be changed while the simulator runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Only requests of this login are struck; everybody's when absent.
    pub only_user: Option<String>,
    /// Webhook never sent.
    pub hook_drop_pm: u32,
    /// Webhook sent twice with one id.
    pub hook_duplicate_pm: u32,
    /// Webhook sent again later under a new id, byte for byte the same body.
    pub hook_replay_pm: u32,
    /// Webhook held back by up to `hook_reorder_ms` more than its fellows.
    pub hook_reorder_pm: u32,
    /// See `hook_reorder_pm`.
    pub hook_reorder_ms: i64,
    /// Shortest delay of a webhook.
    pub hook_delay_min_ms: i64,
    /// Longest delay of a webhook.
    pub hook_delay_max_ms: i64,
    /// Lists show the past, this far back.
    pub stale_list_ms: i64,
    /// Reads of one issue or comment that show the past.
    pub stale_get_pm: u32,
    /// How far back a stale read looks.
    pub stale_get_ms: i64,
    /// Requests lost before they take effect.
    pub lose_request_pm: u32,
    /// Answers lost after the effect.
    pub lose_answer_pm: u32,
    /// Server errors in place of the answer, after the effect.
    pub error_after_pm: u32,
    /// Server errors without any effect.
    pub error_before_pm: u32,
    /// Of the server errors, how many are a proxy's HTML page.
    pub error_html_pm: u32,
    /// Requests refused with 429.
    pub rate_limit_pm: u32,
    /// `Retry-After` of a 429, in seconds.
    pub retry_after_s: u32,
    /// Everything answers a proxy's 502.
    pub outage: bool,
    /// The server's clock against the caller's; a change of it is a step.
    pub clock_skew_ms: i64,
    /// Texts that the tracker changes when it stores them: field (`title`, `body`) to `trim`, `upper` or `suffix`.
    pub rewrite: BTreeMap<String, String>,
    /// Fields that an issue edit ignores without a word: `title`, `body`, `state`, `due_date`, `milestone`, `assignees`, `labels`.
    pub refuse: Vec<String>,
    /// Moves of `updated_at` without any change, drawn at each read of one issue.
    pub bump_pm: u32,
}

impl Faults {
    /// Whether the same read is answered the same way, as long as nothing changes.
    pub(crate) fn reads_are_plain(&self) -> bool {
        !self.needs_past() && self.bump_pm == 0
    }

    /// Whether the past has to be kept.
    pub(crate) fn needs_past(&self) -> bool {
        self.stale_list_ms > 0 || self.stale_get_pm > 0
    }
}

/// A small generator (splitmix64): reproducible, not secret.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// True with the given probability. A probability of zero draws nothing, so switching one fault on does
    /// not move the others.
    pub(crate) fn hit(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.next() % 1000 < u64::from(per_mille)
    }

    /// A value of `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let span = (high - low).unsigned_abs() + 1;
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    pub(crate) fn uuid(&mut self) -> String {
        let raw = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(raw.to_be_bytes()).into_uuid().to_string()
    }
}

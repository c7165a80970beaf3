//! Evidence of time: how far a tracker's clock is from the store's, and when each remote field changed.
//!
//! Instants are intervals here. What is not known is wide, and a wide interval makes a conflict, never a wrong winner.

use issuesync_model::timing::SECOND_US;
use issuesync_model::{Change, Field, Fields, Grade, Named, Remote};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The clock of one account's tracker minus the store's clock, as an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theta {
    current: Option<Bounds>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bounds {
    lo_us: i64,
    hi_us: i64,
}

/// One accepted observation, to be dated.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The last accepted observation before it.
    pub previous: Option<&'a Remote>,
    /// Its canonical values.
    pub observed: &'a Fields,
    /// Its `updated_at`, tracker time.
    pub u_us: i64,
    /// When it arrived, store time.
    pub t_recv_us: i64,
    /// When the first request of the last complete pass was sent, store time.
    pub pass_ok_us: Option<i64>,
    /// No change becomes visible later than this after its stamp.
    pub commit_lag_us: i64,
    /// What notices said of its fields.
    pub named: &'a [Named],
}

impl Theta {
    /// Nothing is known yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Learns from one answer: its `Date` lies between the moments of sending and receiving.
    pub fn learn(&mut self, date_us: i64, t_send_us: i64, t_recv_us: i64) {
        let lo_us = date_us.saturating_sub(t_recv_us);
        let hi_us = date_us.saturating_add(SECOND_US).saturating_sub(t_send_us);
        self.current = Some(Bounds { lo_us, hi_us });
    }

    /// Half the width of the uncertainty of a tracker's time.
    #[must_use]
    pub fn eps_us(&self, now_us: i64) -> i64 {
        let _ = now_us;
        self.current.map_or(i64::MAX, |bounds| bounds.hi_us.saturating_sub(bounds.lo_us) / 2)
    }

    /// A tracker's time as store time.
    #[must_use]
    pub fn to_local(&self, server_us: i64, now_us: i64) -> i64 {
        let _ = now_us;
        self.current.map_or(server_us, |bounds| server_us.saturating_sub(bounds.lo_us / 2 + bounds.hi_us / 2))
    }
}

/// When each field of an observation last changed on the tracker, store time.
#[must_use]
pub fn changes(seen: &Seen<'_>, theta: &Theta, now_us: i64) -> BTreeMap<Field, Change> {
    let _ = (theta, now_us);
    seen.observed
        .keys()
        .map(|field| (field, Change { lo_us: i64::MIN, hi_us: seen.t_recv_us, grade: Grade::E3 }))
        .collect()
}

//! When each field of an observation changed on the tracker, in the store's time, as an interval with its evidence.
//!
//! What is not known is wide, and a wide interval makes a conflict, never a wrong winner. It handles notices that came
//! late, twice or not at all, and stamps that were not moved by a change or lie in the future; a notice that is wrong about a value it
//! names is beyond it.

use issuesync_model::timing::SECOND_US;
use issuesync_model::{Change, Field, Fields, Grade, Named, Remote, Theta, Value};
use std::collections::BTreeMap;

/// Stamps of 1970 are a tracker's way to say that there is none.
const FIRST_STAMP_US: i64 = 365 * 86_400 * SECOND_US;

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
    /// Something besides the fields changed too (a comment was written, say) and may have moved the stamp.
    pub other_changes: bool,
}

/// When each field of an observation last changed on the tracker, store time.
#[must_use]
pub fn changes(seen: &Seen<'_>, theta: &Theta, now_us: i64) -> BTreeMap<Field, Change> {
    let before_us = seen.previous.map_or(seen.u_us, |previous| previous.u_us.min(seen.u_us));
    let named_us = seen.named.iter().filter_map(|named| named.u_us).filter(|u_us| is_stamp(*u_us)).min();
    let oldest_us = named_us.map_or(before_us, |u_us| u_us.min(before_us));
    let dating = Dating { seen, theta, now_us, eps_us: theta.eps_of(oldest_us, now_us) };
    let Some(previous) = seen.previous else {
        return seen.observed.keys().map(|field| (field, dating.first())).collect();
    };
    let differs = |field: Field, value: &Value| previous.fields.get(field) != Some(value);
    let alone =
        !seen.other_changes && seen.observed.iter().filter(|(field, value)| differs(*field, value)).count() == 1;
    let date = |field: Field, value: &Value| match previous.fields.get(field) {
        None => dating.first(),
        // The tracker's clock was set back between the two: its stamps and the passes that went by them order nothing.
        Some(_) if differs(field, value) && is_stamp(seen.u_us) && seen.u_us < previous.u_us => dating.unknown(),
        Some(_) if differs(field, value) => dating.changed(previous, field, value, alone),
        Some(_) => previous.changes.get(&field).copied().unwrap_or_else(|| dating.first()),
    };
    seen.observed.iter().map(|(field, value)| (field, date(field, value))).collect()
}

/// What all fields of one observation share.
struct Dating<'a> {
    seen: &'a Seen<'a>,
    theta: &'a Theta,
    now_us: i64,
    eps_us: i64,
}

impl Dating<'_> {
    /// A field that was never seen before: some time until its stamp.
    fn first(&self) -> Change {
        Change { lo_us: i64::MIN, hi_us: self.after_stamp().min(self.seen.t_recv_us), grade: Grade::E3 }
    }

    /// A field with another value than before, by the best evidence that does not contradict the last pass.
    fn changed(&self, previous: &Remote, field: Field, value: &Value, alone: bool) -> Change {
        let unseen = |change: &Change| self.pass_floor().is_none_or(|floor_us| change.hi_us >= floor_us);
        self.by_notice(previous, field, value)
            .filter(unseen)
            .or_else(|| self.by_stamp(previous, alone).filter(unseen))
            .or_else(|| self.by_snapshots(previous))
            .unwrap_or_else(|| self.contradicted(previous))
    }

    /// E2: the latest notice that names the field and agrees with what is seen.
    ///
    /// A notice that says no value may not have been the last change of the field, so the stamp bounds it.
    fn by_notice(&self, previous: &Remote, field: Field, value: &Value) -> Option<Change> {
        let dated = |named: &Named| {
            let u_us = named.u_us.filter(|u_us| is_stamp(*u_us))?;
            let leads_here = match &named.to {
                Some(to) => to == value,
                None => named.from.as_ref() != Some(value) && u_us >= previous.u_us,
            };
            let last_us = if named.to.is_some() { u_us } else { u_us.max(self.seen.u_us) };
            (named.field == field && leads_here).then_some((u_us, last_us))
        };
        let (u_us, last_us) = self.seen.named.iter().filter_map(dated).max()?;
        self.interval(self.local(u_us), self.local(last_us).saturating_add(SECOND_US), Grade::E2)
    }

    /// E3a: nothing else changed, so it was this field that moved the stamp, if the stamp moved.
    fn by_stamp(&self, previous: &Remote, alone: bool) -> Option<Change> {
        if !alone || !is_stamp(self.seen.u_us) || self.seen.u_us <= previous.u_us {
            return None;
        }
        let u_us = self.local(self.seen.u_us);
        self.interval(u_us, u_us.saturating_add(SECOND_US), Grade::E3a)
    }

    /// E3: after what was seen before, until the stamp.
    fn by_snapshots(&self, previous: &Remote) -> Option<Change> {
        if !is_stamp(self.seen.u_us) {
            return None;
        }
        let seen_us = self.seen.pass_ok_us.map_or(i64::MIN, |us| us.saturating_sub(self.seen.commit_lag_us));
        let lo_us = self.unchanged_until(previous).max(seen_us);
        self.interval(lo_us, self.local(self.seen.u_us).saturating_add(SECOND_US), Grade::E3)
    }

    /// The evidence contradicts itself: some time between the old stamp and now.
    fn contradicted(&self, previous: &Remote) -> Change {
        let lo_us = self.unchanged_until(previous).saturating_sub(self.eps_us);
        let hi_us = self.seen.t_recv_us;
        Change { lo_us: if lo_us > hi_us { i64::MIN } else { lo_us }, hi_us, grade: Grade::E3 }
    }

    /// Until when what was seen before stood as it was: until its stamp. One that the tracker's clock had not reached when it was seen is from
    /// before that clock was set back, or a client's: then no more is known than that it was seen.
    fn unchanged_until(&self, previous: &Remote) -> i64 {
        let stamped_us = self.local(previous.u_us);
        if stamped_us.saturating_sub(self.eps_us) > previous.t_recv_us {
            return previous.t_send_us.saturating_sub(self.seen.commit_lag_us).min(stamped_us);
        }
        stamped_us
    }

    /// Some time until now.
    fn unknown(&self) -> Change {
        Change { lo_us: i64::MIN, hi_us: self.seen.t_recv_us, grade: Grade::E3 }
    }

    /// What the last pass did not show happened after this.
    fn pass_floor(&self) -> Option<i64> {
        self.seen.pass_ok_us.map(|us| us.saturating_sub(self.seen.commit_lag_us).saturating_sub(self.eps_us))
    }

    /// The end of the stamp's second, at the latest.
    fn after_stamp(&self) -> i64 {
        if !is_stamp(self.seen.u_us) {
            return i64::MAX;
        }
        self.local(self.seen.u_us).saturating_add(SECOND_US).saturating_add(self.eps_us)
    }

    /// Widened by the uncertainty of the clocks and clipped at the arrival; none when nothing is left.
    fn interval(&self, lo_us: i64, hi_us: i64, grade: Grade) -> Option<Change> {
        let lo_us = lo_us.saturating_sub(self.eps_us);
        let hi_us = hi_us.saturating_add(self.eps_us).min(self.seen.t_recv_us);
        (lo_us <= hi_us).then_some(Change { lo_us, hi_us, grade })
    }

    fn local(&self, server_us: i64) -> i64 {
        self.theta.to_local(server_us, self.now_us)
    }
}

/// Whether a tracker's time (microseconds) is evidence at all: one of 1970, or none, is what a server writes where it knows no time.
#[must_use]
pub fn is_stamp(u_us: i64) -> bool {
    u_us >= FIRST_STAMP_US
}

//! How far a tracker's clock is from the store's: an interval, learned from the `Date` of every answer.

use crate::timing::SECOND_US;
use serde::{Deserialize, Serialize};

/// Knowledge is kept for two of these; what a process knew before a silence is kept until it has its own for one of them.
const SPAN_US: i64 = 300 * SECOND_US;
/// Two clocks drift apart by 50 ppm at most: one microsecond in so many.
const DRIFT_DIVISOR: i64 = 20_000;
/// Even a narrow interval is not trusted further than this.
const HALF_WIDTH_MIN_US: i64 = 250_000;
/// The tracker's front end, which sends `Date`, and its database, which stamps issues, may differ by this.
const FRONT_END_US: i64 = SECOND_US;

/// Steps that are kept one by one.
const STEPS: usize = 4;

/// The clock of one account's tracker minus the store's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theta {
    /// What was learned in the current span.
    current: Option<Bounds>,
    /// What was learned in the span before it.
    earlier: Option<Bounds>,
    /// When the current span began, store time.
    since_us: i64,
    /// The last steps of a clock, newest first.
    #[serde(default)]
    steps: [Option<Step>; STEPS],
}

/// A clock was set: stamps from before it are read wrongly by what is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    /// When it was noticed, store time.
    at_us: i64,
    /// The lowest offset before and after it.
    lo_us: i64,
    /// The highest.
    hi_us: i64,
}

/// What lies between the offsets of several steps.
#[derive(Clone, Copy, Debug)]
struct Span {
    lo_us: i64,
    hi_us: i64,
}

impl Span {
    const NONE: Self = Self { lo_us: i64::MAX, hi_us: i64::MIN };

    fn with(self, step: Step) -> Self {
        Self { lo_us: self.lo_us.min(step.lo_us), hi_us: self.hi_us.max(step.hi_us) }
    }

    /// How far the clock moved at most.
    fn by_us(self) -> i64 {
        self.hi_us.saturating_sub(self.lo_us).max(0)
    }
}

/// An interval of offsets as it was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bounds {
    lo_us: i64,
    hi_us: i64,
    at_us: i64,
}

impl Theta {
    /// Nothing is known yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Learns from one answer: the moment that its `Date` (whole seconds) names lies between sending and receiving.
    ///
    /// An answer that contradicts what is known shows that a clock was set: what was known is forgotten.
    pub fn learn(&mut self, date_us: i64, t_send_us: i64, t_recv_us: i64) {
        if t_recv_us < t_send_us {
            return;
        }
        let sample = Bounds {
            lo_us: date_us.saturating_sub(t_recv_us),
            hi_us: date_us.saturating_add(SECOND_US).saturating_sub(t_send_us),
            at_us: t_recv_us,
        };
        self.roll(t_recv_us);
        if let Some(known) = self.bounds(t_recv_us).filter(|known| known.meet(sample).is_none()) {
            let (lo_us, hi_us) = (known.lo_us.min(sample.lo_us), known.hi_us.max(sample.hi_us));
            let steps = self.steps_with(Step { at_us: t_recv_us, lo_us, hi_us });
            *self = Self { current: Some(sample), earlier: None, since_us: t_recv_us, steps };
        } else {
            self.current = match self.current {
                Some(current) => current.aged(t_recv_us).meet(sample),
                None => Some(sample),
            };
        }
    }

    /// Whether both know of the same steps of a clock.
    #[must_use]
    pub fn same_steps(&self, other: &Self) -> bool {
        self.steps == other.steps
    }

    /// How far a tracker's time may be off after [`Theta::to_local`]; `i64::MAX` while nothing is known.
    #[must_use]
    pub fn eps_us(&self, now_us: i64) -> i64 {
        let Some(bounds) = self.bounds(now_us) else { return i64::MAX };
        let half_us = bounds.hi_us.saturating_sub(bounds.lo_us).saturating_add(1) / 2;
        half_us.max(HALF_WIDTH_MIN_US).saturating_add(FRONT_END_US)
    }

    /// The same for one stamp: one that may be from before a clock was set is off by all that it was set since.
    #[must_use]
    pub fn eps_of(&self, server_us: i64, now_us: i64) -> i64 {
        let local_us = self.to_local(server_us, now_us);
        let (mut span, mut doubt_us) = (Span::NONE, 0);
        for step in self.steps.into_iter().flatten() {
            span = span.with(step);
            if local_us < step.at_us.saturating_add(span.by_us()) {
                doubt_us = span.by_us();
            }
        }
        self.eps_us(now_us).saturating_add(doubt_us)
    }

    /// A tracker's time as store time, by the middle of the interval.
    #[must_use]
    pub fn to_local(&self, server_us: i64, now_us: i64) -> i64 {
        let Some(bounds) = self.bounds(now_us) else { return server_us };
        server_us.saturating_sub(bounds.lo_us.midpoint(bounds.hi_us))
    }

    /// The earliest that the tracker's clock can have shown from a store time on, as it goes now and as it went between the steps that
    /// were noticed since; none while nothing is known.
    #[must_use]
    pub fn to_server_floor(&self, local_us: i64, now_us: i64) -> Option<i64> {
        let bounds = self.bounds(now_us)?;
        let since = self.steps.into_iter().flatten().filter(|step| step.at_us >= local_us);
        let steps_us = since.fold(Span::NONE, Span::with).by_us();
        Some(local_us.saturating_add(bounds.lo_us).saturating_sub(FRONT_END_US).saturating_sub(steps_us))
    }

    /// The steps with a newer one; where there is no more room, the two oldest become one.
    fn steps_with(&self, step: Step) -> [Option<Step>; STEPS] {
        let mut steps = [None; STEPS];
        let all = std::iter::once(step).chain(self.steps.into_iter().flatten());
        for (at, step) in all.enumerate() {
            let oldest = at.min(STEPS - 1);
            steps[oldest] = Some(match steps[oldest] {
                Some(Step { at_us, lo_us, hi_us }) => {
                    Step { at_us, lo_us: lo_us.min(step.lo_us), hi_us: hi_us.max(step.hi_us) }
                }
                None => step,
            });
        }
        steps
    }

    /// Starts a new span when the current one is over.
    fn roll(&mut self, now_us: i64) {
        // A span that begins later than now was begun before the store's clock was set back.
        let over = !(self.since_us..self.since_us.saturating_add(SPAN_US)).contains(&now_us);
        if self.current.is_none() || over {
            self.earlier = self.current.take().or(self.earlier);
            self.since_us = now_us;
        }
    }

    /// What is known now.
    fn bounds(&self, now_us: i64) -> Option<Bounds> {
        match (self.current.map(|bounds| bounds.aged(now_us)), self.earlier.map(|bounds| bounds.aged(now_us))) {
            // They met when the later one was learned, and both only widen since.
            (Some(current), Some(earlier)) => current.meet(earlier).or(Some(current)),
            (current, earlier) => current.or(earlier),
        }
    }
}

impl Bounds {
    /// The same knowledge at a later moment.
    fn aged(self, now_us: i64) -> Self {
        let age_us = now_us.saturating_sub(self.at_us).max(0);
        let drift_us = age_us / DRIFT_DIVISOR + i64::from(age_us % DRIFT_DIVISOR != 0);
        Self {
            lo_us: self.lo_us.saturating_sub(drift_us),
            hi_us: self.hi_us.saturating_add(drift_us),
            at_us: self.at_us.max(now_us),
        }
    }

    /// What both allow.
    fn meet(self, other: Self) -> Option<Self> {
        let both = Self {
            lo_us: self.lo_us.max(other.lo_us),
            hi_us: self.hi_us.min(other.hi_us),
            at_us: self.at_us.max(other.at_us),
        };
        (both.lo_us <= both.hi_us).then_some(both)
    }
}

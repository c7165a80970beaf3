//! Which of two edits of one field is provably later.

use crate::merge::{Input, Policy};
use issuesync_model::{Change, Field, Grade, TimestampPolicy};

/// How the mirror's edit and the tracker's stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The mirror's is later.
    LocalLater,
    /// The tracker's is later.
    RemoteLater,
    /// Nobody can say, or they are closer than the window.
    Concurrent,
}

/// Orders the two edits of a field. A mirror's value that nobody edited is older than anything;
/// a change of which no time is known may have happened at any time.
pub(crate) fn order(input: &Input<'_>, policy: &Policy, field: Field) -> Order {
    let window_us = policy.window_us.max(0);
    if window_us == i64::MAX {
        return Order::Concurrent;
    }
    let at_us = edited_us(input, field);
    let change = match policy.timestamp {
        TimestampPolicy::Literal => Change { lo_us: input.u_us, hi_us: input.u_us, grade: Grade::E3 },
        TimestampPolicy::Interval => {
            let unknown = Change { lo_us: i64::MIN, hi_us: i64::MAX, grade: Grade::E3 };
            input.changes.get(&field).copied().unwrap_or(unknown)
        }
    };
    if at_us > change.hi_us.saturating_add(window_us) {
        Order::LocalLater
    } else if change.lo_us > at_us.saturating_add(window_us) {
        Order::RemoteLater
    } else {
        Order::Concurrent
    }
}

/// When the mirror's value was set.
pub(crate) fn edited_us(input: &Input<'_>, field: Field) -> i64 {
    input.edits.get(&field).map_or(i64::MIN, |edit| edit.at_us)
}

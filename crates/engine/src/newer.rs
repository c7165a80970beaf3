//! Whether an observation is newer than what is known of its item: the accept rule, with what the door by which it came proves.
//!
//! Handled: answers to our own writes after a step of the tracker's clock, a store whose clock was set back, replicas that show the past
//! under the stamp of the present, or under a later one from before the tracker's clock was set back.

use crate::ground::Ground;
use crate::seen::{Door, Seen};
use issuesync_merge::Verdict;
use issuesync_model::{Fields, Item, Remote, Value};

/// Judges an observation of a known row.
pub(crate) fn verdict(item: &Item, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> Verdict {
    if matches!(seen.door, Door::Regressed) {
        return Verdict::Accept;
    }
    let observation = &seen.observation;
    let t_send_us = sent_us(item, seen, ground);
    let known_us = item.remote.as_ref().map_or(i64::MIN, |remote| remote.t_recv_us);
    if seen.is_answer()
        && t_send_us > known_us
        && item.remote.as_ref().is_some_and(|remote| observation.u_us < remote.u_us)
    {
        // What the tracker answers to our own write is no replica's past: its clock stepped back. Unless what is known was asked for or
        // answered while the write was on its way: then it may be the newer of the two.
        return Verdict::Accept;
    }
    if is_of_old_clock(item.remote.as_ref(), seen, observed, ground) {
        return Verdict::Refetch;
    }
    let list_is_fresh = ground.link.connection.capabilities.list_is_fresh;
    issuesync_merge::accept(
        item.remote.as_ref(),
        observed,
        observation.u_us,
        observation.source,
        t_send_us.saturating_sub(doubt_us(item.remote.as_ref(), seen, observed, ground)),
        list_is_fresh,
    )
}

/// Whether a look bears a stamp that the tracker's clock, as it goes now, has not reached: what is known by now may be the newer of the two,
/// for a replica may still show what was written before the clock was set back. Once no replica can, it is believed.
fn is_of_old_clock(known: Option<&Remote>, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> bool {
    let observation = &seen.observation;
    let Some(known) = known.filter(|known| observation.u_us > known.u_us && *observed != known.fields) else {
        return false;
    };
    let earliest_us =
        ground.theta.to_local(observation.u_us, ground.now_us).saturating_sub(ground.theta.eps_us(ground.now_us));
    !seen.is_answer()
        && earliest_us > observation.t_recv_us
        && observation.t_send_us <= known.t_recv_us.saturating_add(ground.lag_us(observation.source))
}

/// When an observation was asked for, to be compared with what is known. A time that is still to come shows that the store's clock was
/// set back since, between two processes: whatever is asked at this moment is later.
pub(crate) fn sent_us(item: &Item, seen: &Seen, ground: &Ground<'_>) -> i64 {
    let to_come = item.remote.as_ref().is_some_and(|remote| remote.t_recv_us > ground.now_us);
    if to_come { i64::MAX } else { seen.observation.t_send_us }
}

/// How much later than what is known a look must have been sent to prove anything under the same stamp: a replica may show the past.
/// Not when notices tell that what is known became what is seen, field by field: of some fields they tell the values, of others (labels,
/// assignees, milestones) no more than that they changed under this stamp.
fn doubt_us(known: Option<&Remote>, seen: &Seen, observed: &Fields, ground: &Ground<'_>) -> i64 {
    let Some(known) = known.filter(|_| !seen.is_answer()) else { return 0 };
    let rules = &ground.link.connection.capabilities.canon;
    let mut changed = observed.iter().filter(|(field, value)| known.fields.get(*field) != Some(value));
    let told = changed.all(|(field, value)| {
        seen.named.iter().filter(|named| named.field == field).any(|named| {
            let agrees = |told: &Option<Value>, with: Option<&Value>| {
                told.as_ref().is_none_or(|told| with == Some(&issuesync_merge::canon_value(field, told, rules)))
            };
            let says_all = named.from.is_some() && named.to.is_some();
            agrees(&named.to, Some(value))
                && agrees(&named.from, known.fields.get(field))
                && (says_all || named.u_us == Some(seen.observation.u_us))
        })
    });
    if told { 0 } else { ground.timing.replica_lag_us() }
}

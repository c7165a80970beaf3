//! The accept rule: whether an observation is newer than the last accepted one.
//!
//! `updated_at` is a hint with whole seconds, so within one second only a request that was sent later proves anything.

use issuesync_model::{Fields, Remote, Source, log};
use sha2::{Digest, Sha256};

/// What to do with an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is news: it becomes the last accepted one.
    Accept,
    /// It says what is already known.
    Same,
    /// It is older than what is known: drop it and count it.
    Stale,
    /// It cannot be ordered: ask the tracker again.
    Refetch,
}

/// Judges an observation (canonical values) against the last accepted one.
///
/// The answer to our own write counts as a GET sent when the write was; a payload proves nothing within one second. Of two requests
/// that were on their way together nobody knows which the tracker answered first, so only one sent after the other's answer is later.
#[must_use]
pub fn accept(
    previous: Option<&Remote>,
    observed: &Fields,
    u_us: i64,
    source: Source,
    t_send_us: i64,
    list_is_fresh: bool,
) -> Verdict {
    let Some(previous) = previous else { return Verdict::Accept };
    let is_get = match source {
        Source::Get | Source::Answer => true,
        Source::List => list_is_fresh,
        Source::Payload => false,
    };
    if u_us < previous.u_us {
        Verdict::Stale
    } else if u_us > previous.u_us {
        Verdict::Accept
    } else if *observed == previous.fields {
        Verdict::Same
    } else if is_get && t_send_us > previous.t_recv_us {
        Verdict::Accept
    } else {
        Verdict::Refetch
    }
}

/// SHA-256 of canonical values in hex, to compare two looks at something whose `u` stepped back.
#[must_use]
pub fn content_hash(fields: &Fields) -> String {
    let json = serde_json::to_vec(fields).expect("field values are always representable as JSON");
    log::hex(&Sha256::digest(json))
}

//! The mutants, each with the seed that is known to catch it.

use super::ports::Warp;
use super::twists::{
    AnyRepository, Bending, Hiding, NeverDirty, NoCommentPass, NoPast, NothingMissing, PointTimes, Rewriting, Timed,
    Warping, forgetful, uncounted, unguarded, unremembered,
};
use super::{How, Mutant};
use crate::twist::{Bend, Twist};
use issuesync_model::{Item, Observation, Timing};
use issuesync_store::Write;
use std::sync::Arc;

/// Every mutant.
pub const ALL: &[Mutant] = &[
    here("adoption", "no marker is found on what the tracker shows", None, || hiding(|seen| seen.marker = None)),
    patch("number-probe", None),
    patch("read-before-write", None),
    here("echo-audit", "nobody tells what our writes replaced", None, || bent(NoPast)),
    patch("accept-rule", None),
    here("interval-timestamps", "the tracker's stamp is taken for a point in time", None, || Arc::new(PointTimes)),
    here("own-write-memory", "what was sent is forgotten at once", None, || rewriting(unremembered)),
    here("every-open-attempt", "only the last attempt is remembered", None, || rewriting(forgetful)),
    patch("refusal-rule", None),
    patch("write-in-flight-rule", None),
    here("comment-pass", "passes do not list comments", None, || bent(NoCommentPass)),
    here("comment-count", "passes do not compare the number of comments", None, || {
        hiding(|seen| seen.comment_count = None)
    }),
    here("repository-id", "whatever repository stands at our path is taken for ours", None, || bent(AnyRepository)),
    patch("first-pass-before-pushes", None),
    here("dirty-marks", "no connection is marked as one that may have missed something", None, || warped(NeverDirty)),
    patch("lease-fence", None),
    patch("lease-margin", None),
    here("delete-confirmation", "the second look at a missing issue follows the first at once", None, || {
        timed(|timing| timing.gone_confirm_us = 0)
    }),
    here("missing-issues", "a full pass does not compare its list with the mirror", None, || warped(NothingMissing)),
    patch("breaker", None),
    patch("fuse", None),
    here("write-cap", "nobody counts how often a field is written", None, || rewriting(uncounted)),
    here("rev-check", "a commit does not compare the revision that it was made from", None, || rewriting(unguarded)),
    here("regress-confirmation", "one old look is enough to believe that a clock stepped back", None, || {
        timed(|timing| timing.regress_confirm_us = 0)
    }),
    here("create-settle", "an unanswered POST is given up as soon as it is not found", None, || {
        timed(|timing| timing.create_settle_us = 0)
    }),
    here("poll-overlap", "a pass looks not at all behind its cursor", None, || {
        timed(|timing| timing.poll_overlap_us = 0)
    }),
    patch("marker-rule", None),
    patch("late-hooks", None),
    patch("look-before-post", None),
];

const fn here(name: &'static str, off: &'static str, caught_by: Option<u64>, twist: fn() -> Arc<dyn Twist>) -> Mutant {
    Mutant { name, how: How::Twist(off, twist), caught_by }
}

const fn patch(name: &'static str, caught_by: Option<u64>) -> Mutant {
    Mutant { name, how: How::Patch, caught_by }
}

fn timed(change: fn(&mut Timing)) -> Arc<dyn Twist> {
    Arc::new(Timed(change))
}

fn bent<B: Bend + Copy + 'static>(bend: B) -> Arc<dyn Twist> {
    Arc::new(Bending(bend))
}

fn hiding(hide: fn(&mut Observation)) -> Arc<dyn Twist> {
    bent(Hiding(hide))
}

fn warped<W: Warp + Copy + 'static>(warp: W) -> Arc<dyn Twist> {
    Arc::new(Warping(warp))
}

fn rewriting(change: fn(&mut Write, Option<&Item>)) -> Arc<dyn Twist> {
    warped(Rewriting(change))
}

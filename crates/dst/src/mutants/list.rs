//! The mutants, each with the seed that is known to catch it.

use super::ports::Warp;
use super::twists::{
    AnyRepository, Bending, Hiding, NeverDirty, NoCommentPass, NoPast, NothingMissing, PointTimes, Rewriting, Timed,
    Warping, forgetful, unguarded, unremembered,
};
use super::{How, Mutant};
use crate::twist::{Bend, Twist};
use issuesync_model::{Item, Observation, Timing};
use issuesync_store::Write;
use std::sync::Arc;

/// Every mutant.
pub const ALL: &[Mutant] = &[
    here("adoption", "no marker is found on what the tracker shows", Some(10), || hiding(|seen| seen.marker = None)),
    patch("number-probe", Some(1142)),
    patch("read-before-write", Some(3209)),
    here("echo-audit", "nobody tells what our writes replaced", Some(1151), || bent(NoPast)),
    patch("accept-rule", Some(7)),
    here("interval-timestamps", "the tracker's stamp is taken for a point in time", Some(64), || Arc::new(PointTimes)),
    here("own-write-memory", "what was sent is forgotten at once", Some(140), || rewriting(unremembered)),
    here("every-open-attempt", "only the last attempt is remembered", Some(57391), || rewriting(forgetful)),
    patch("refusal-rule", Some(39)),
    patch("write-in-flight-rule", Some(4120)),
    here("comment-pass", "passes do not list comments", Some(184), || bent(NoCommentPass)),
    here("comment-count", "passes do not compare the number of comments", Some(184), || {
        hiding(|seen| seen.comment_count = None)
    }),
    here("repository-id", "whatever repository stands at our path is taken for ours", Some(67), || bent(AnyRepository)),
    patch("first-pass-before-pushes", Some(179)),
    here("dirty-marks", "no connection is marked as one that may have missed something", Some(713), || {
        warped(NeverDirty)
    }),
    patch("lease-fence", Some(1023)),
    patch("lease-margin", Some(572)),
    patch("delete-confirmation", Some(575)),
    here("missing-issues", "a full pass does not compare its list with the mirror", Some(135), || {
        warped(NothingMissing)
    }),
    patch("breaker", Some(439)),
    patch("fuse", Some(1838)),
    here("rev-check", "a commit does not compare the revision that it was made from", Some(5), || rewriting(unguarded)),
    here("regress-confirmation", "one old look is enough to believe that a clock stepped back", Some(7152), || {
        timed(|timing| timing.regress_confirm_us = 0)
    }),
    patch("marker-rule", Some(492)),
    patch("late-hooks", Some(9144)),
    patch("returned-edits", Some(213)),
    patch("look-before-post", Some(1807)),
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

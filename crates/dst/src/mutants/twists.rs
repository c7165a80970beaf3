//! Mutants that need no other program: a setting, a delay, an adapter that keeps something to itself, a store that forgets.

use super::ports::{Warp, Warped};
use crate::twist::{Bend, Bent, Twist};
use issuesync_model::{ConnectionChange, Item, Observation, OutboxKind, Settings, TimestampPolicy, Timing};
use issuesync_provider::{Answer, Call, CallError, Notice, Provider, Target};
use issuesync_store::{Known, Store, Write};
use std::sync::Arc;

/// Delays are changed.
pub(super) struct Timed(pub fn(&mut Timing));

impl Twist for Timed {
    fn timing(&self, timing: &mut Timing) {
        (self.0)(timing);
    }
}

/// Times are compared as the founding record reads: the point that the tracker stamped against the point of the edit here.
pub(super) struct PointTimes;

impl Twist for PointTimes {
    fn settings(&self, settings: &mut Settings) {
        settings.timestamp_policy = TimestampPolicy::Literal;
    }
}

/// The adapter is bent.
pub(super) struct Bending<B>(pub B);

impl<B: Bend + Copy + 'static> Twist for Bending<B> {
    fn provider(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        Arc::new(Bent { inner: provider, bend: self.0 })
    }
}

/// The store is warped.
pub(super) struct Warping<W>(pub W);

impl<W: Warp + Copy + 'static> Twist for Warping<W> {
    fn store(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Warped { inner: store, warp: self.0 })
    }
}

/// Every observation of an answer.
fn observations(answer: &mut Answer) -> Vec<&mut Observation> {
    match answer {
        Answer::Item(one) => vec![one.as_mut()],
        Answer::Page(page) => page.items.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// Observations that keep something to themselves.
#[derive(Clone, Copy)]
pub(super) struct Hiding(pub fn(&mut Observation));

impl Bend for Hiding {
    fn answer(&self, _target: &Target, _call: &Call, answer: &mut Result<Answer, CallError>) {
        answer.iter_mut().flat_map(observations).for_each(|seen| (self.0)(seen));
    }
}

/// Nobody tells what a value was before.
#[derive(Clone, Copy)]
pub(super) struct NoPast;

impl Bend for NoPast {
    fn answer(&self, _target: &Target, _call: &Call, answer: &mut Result<Answer, CallError>) {
        if let Ok(Answer::History(entries, _)) = answer {
            entries.iter_mut().for_each(|entry| entry.from = None);
        }
    }

    fn notice(&self, notice: &mut Notice) {
        notice.named.iter_mut().for_each(|named| named.from = None);
    }
}

/// Whatever repository answers, it is taken for ours.
#[derive(Clone, Copy)]
pub(super) struct AnyRepository;

impl Bend for AnyRepository {
    fn answer(&self, target: &Target, _call: &Call, answer: &mut Result<Answer, CallError>) {
        if let Ok(Answer::Repository(repository)) = answer
            && target.repo_id != 0
        {
            repository.id = target.repo_id;
        }
        answer.iter_mut().flat_map(observations).for_each(|seen| seen.repo_id = None);
    }
}

/// The repository's list of comments is empty.
#[derive(Clone, Copy)]
pub(super) struct NoCommentPass;

impl Bend for NoCommentPass {
    fn answer(&self, _target: &Target, call: &Call, answer: &mut Result<Answer, CallError>) {
        if let (Call::Comments { .. }, Ok(Answer::Page(page))) = (call, answer) {
            page.items.clear();
            page.more = false;
        }
    }
}

/// Rows change on their way into the store; the store's own row is at hand.
#[derive(Clone, Copy)]
pub(super) struct Rewriting(pub fn(&mut Write, Option<&Item>));

impl Warp for Rewriting {
    fn write(&self, write: &mut Write, now: Option<&Item>) {
        (self.0)(write, now);
    }
}

/// Whoever writes last is right: the row that was read is not compared with the row that is there.
pub(super) fn unguarded(write: &mut Write, now: Option<&Item>) {
    if let (Some(now), Some(_)) = (now, write.expected) {
        write.expected = Some(now.rev);
        write.item.rev = now.rev + 1;
    }
}

/// What was sent is not remembered once it is on its way.
pub(super) fn unremembered(write: &mut Write, _now: Option<&Item>) {
    let updates = write.item.attempts.iter_mut().filter(|attempt| attempt.kind == OutboxKind::Update);
    updates.flat_map(|attempt| &mut attempt.fields).for_each(|part| part.settled = true);
}

/// What was sent before the last attempt is forgotten; that it was sent is not.
pub(super) fn forgetful(write: &mut Write, _now: Option<&Item>) {
    let mut updates = write.item.attempts.iter_mut().rev().filter(|attempt| attempt.kind == OutboxKind::Update);
    updates.next();
    updates.flat_map(|attempt| &mut attempt.fields).for_each(|part| part.settled = true);
}

/// No connection is ever marked as one that may have missed something.
#[derive(Clone, Copy)]
pub(super) struct NeverDirty;

impl Warp for NeverDirty {
    fn keeps(&self, change: &ConnectionChange) -> bool {
        !matches!(change, ConnectionChange::Dirty)
    }
}

/// A full pass compares its list with nothing.
#[derive(Clone, Copy)]
pub(super) struct NothingMissing;

impl Warp for NothingMissing {
    fn known(&self, known: &mut Vec<Known>) {
        known.clear();
    }
}

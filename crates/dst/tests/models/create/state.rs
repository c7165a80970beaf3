//! What there is in the model of the create: the row, its creator, the tracker, and what may still go wrong.

use issuesync_model::marker;

const DIGITS: &str = "0192f0c1d2e37a4b8c5d6e7f80912a3b";

/// What is on the tracker under one number, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Remote {
    pub(super) body: Body,
    pub(super) ours: bool,
    pub(super) deleted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Body {
    Marked,
    /// Somebody wrote behind the marker.
    MarkedWithin,
}

impl Body {
    /// What `model::marker` finds in such a body.
    pub(super) fn shows_marker(self) -> bool {
        let text = match self {
            Self::Marked => marker::with("Text", DIGITS),
            Self::MarkedWithin => format!("{}\n\nsigned", marker::with("Text", DIGITS)),
        };
        marker::find(&text).as_deref() == Some(DIGITS)
    }
}

/// The attempt that was committed before its POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub(super) max_number_seen: u8,
    /// The highest number when it was committed.
    pub(super) sent_at: u8,
    /// The highest number when `create_settle` had passed.
    pub(super) settled_at: Option<u8>,
}

/// A search among the numbers, the next one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Search {
    pub(super) next: u8,
    pub(super) left: u8,
    pub(super) misses: u8,
    pub(super) highest: u8,
    pub(super) witness: bool,
    /// It began when nothing could land any more.
    pub(super) is_late: bool,
}

/// How far the creator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Creator {
    Idle,
    /// About to look at the list.
    Listing,
    /// Asks for numbers, the next one first.
    Probing(Search),
    /// Committed the intent.
    Intended,
    /// Waits for the answer to its POST.
    Waiting,
    /// Was told the number.
    Answered(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The number that the row is tied to.
    pub(super) linked: Option<u8>,
    pub(super) attempt: Option<Attempt>,
    pub(super) max_number_seen: u8,
    pub(super) creator: Creator,
    /// A POST is under way; the creator may be dead.
    pub(super) posting: bool,
    pub(super) tracker: Vec<Remote>,
    /// The list is as old as the time when this was the highest number.
    pub(super) listed: u8,
    /// A delivery about what we made is under way.
    pub(super) hooked: bool,
    pub(super) deaths: u8,
    pub(super) losses: u8,
    pub(super) strangers: u8,
    pub(super) deletes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The creator goes on.
    Step,
    Dies,
    /// The POST lands and is answered, if anybody waits.
    Lands,
    /// It lands without an answer, and somebody writes behind the marker.
    LandsUnanswered,
    Vanishes,
    /// `create_settle` passed.
    Settles,
    ListCatchesUp,
    /// A pass looks at the list.
    Poll,
    /// The delivery about what we made arrives.
    Delivered,
    DeliveryLost,
    /// A stranger creates an issue with a copied body.
    Stranger,
    /// A stranger's issue is deleted.
    Deleted(usize),
}

/// The numbers that the list shows.
pub(super) fn listed(state: &State) -> Vec<u8> {
    (1..=state.listed).filter(|number| !state.tracker[usize::from(*number) - 1].deleted).collect()
}

pub(super) fn highest(state: &State) -> u8 {
    u8::try_from(state.tracker.len()).unwrap_or(u8::MAX)
}

/// Our POST lands.
pub(super) fn land(state: &mut State, body: Body) {
    (state.posting, state.hooked) = (false, true);
    state.tracker.push(Remote { body, ours: true, deleted: false });
}

//! What there is in the model of the lease: the row, its claimers, the tracker, and what may still go wrong.

/// A write whose outcome is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub(super) fence: u8,
    pub(super) sent: u8,
    pub(super) in_flight: bool,
    pub(super) settled: bool,
}

/// The row, as far as pushes need it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) local: u8,
    pub(super) base: u8,
    /// The tracker's value and its `updated_at` as last accepted.
    pub(super) remote: (u8, u8),
    pub(super) fence: u8,
    pub(super) leased: bool,
    pub(super) pending: bool,
    pub(super) attempts: Vec<Attempt>,
}

/// How far a claimer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Claimer {
    Idle,
    Claimed(u8),
    Read(u8, (u8, u8)),
    Ready(u8),
    Intended(u8, u8),
    Waiting(u8),
    Answered(u8, (u8, u8)),
    Told(u8),
    Unanswered(u8),
    Settling(u8),
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) row: Row,
    pub(super) claimers: [Claimer; 2],
    /// Requests that were sent and have not landed: fence and value.
    pub(super) requests: Vec<(u8, u8)>,
    /// The tracker's value and its `updated_at`, which grows with each write.
    pub(super) tracker: (u8, u8),
    /// The person's last edit.
    pub(super) edited: u8,
    /// What may still go wrong: edits in the middle, deaths, losses, leases that end over a live claimer, requests that outlive.
    pub(super) edits: u8,
    pub(super) deaths: u8,
    pub(super) losses: u8,
    pub(super) pauses: u8,
    pub(super) late: u8,
    /// How many outcomes were committed since the row was last claimed.
    pub(super) outcomes: u8,
    pub(super) fence_shrank: bool,
    pub(super) outcome_dropped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Edit,
    Step(usize),
    Die(usize),
    LeaseEnds,
    /// The lease ends although its holder lives; with its request in flight this is a late one.
    LeaseEndsEarly,
    LeaseEndsUnderRequest,
    Lands(usize),
    LandsUnanswered(usize),
    Vanishes(usize),
    /// A claimer stops waiting for a request that is gone.
    TimesOut(usize),
    /// A claimer stops waiting for a request that may still land.
    TimesOutEarly(usize),
    Poll,
}

pub(super) fn fence_of(claimer: Claimer) -> Option<u8> {
    match claimer {
        Claimer::Idle => None,
        Claimer::Claimed(fence)
        | Claimer::Read(fence, _)
        | Claimer::Ready(fence)
        | Claimer::Intended(fence, _)
        | Claimer::Waiting(fence)
        | Claimer::Answered(fence, _)
        | Claimer::Told(fence)
        | Claimer::Unanswered(fence)
        | Claimer::Settling(fence) => Some(fence),
    }
}

pub(super) fn lands(state: &mut State, index: usize) -> u8 {
    let (fence, sent) = state.requests.remove(index);
    state.tracker = (sent, state.tracker.1 + 1);
    fence
}

pub(super) fn is_settled(state: &State) -> bool {
    let row = &state.row;
    let at_rest = !row.pending && state.requests.is_empty() && state.claimers == [Claimer::Idle; 2];
    at_rest && row.local == state.edited && row.base == state.edited && state.tracker.0 == state.edited
}

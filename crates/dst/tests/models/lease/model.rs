//! What can happen at every state, and what must hold there.

use super::protocol::Lease;
use super::state::{Action, Claimer, Row, State, fence_of, lands};
use stateright::{Model, Property};

impl Model for Lease {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let row =
            Row { local: 1, base: 0, remote: (0, 0), fence: 0, leased: false, pending: true, attempts: Vec::new() };
        vec![State {
            row,
            claimers: [Claimer::Idle; 2],
            requests: Vec::new(),
            tracker: (0, 0),
            edited: 1,
            edits: 1,
            deaths: 1,
            losses: 1,
            pauses: 1,
            late: 1,
            outcomes: 0,
            fence_shrank: false,
            outcome_dropped: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let row = &state.row;
        if state.edits > 0 {
            actions.push(Action::Edit);
        }
        for (who, &claimer) in state.claimers.iter().enumerate() {
            let may_step = match claimer {
                Claimer::Idle => {
                    let is_old = |request: &(u8, u8)| request.0 < row.fence;
                    row.pending && !row.leased && !state.requests.iter().any(is_old)
                }
                Claimer::Waiting(_) => false,
                _ => true,
            };
            if may_step {
                actions.push(Action::Step(who));
            }
            if claimer != Claimer::Idle && state.deaths > 0 {
                actions.push(Action::Die(who));
            }
            if let Claimer::Waiting(fence) = claimer {
                let is_out = state.requests.iter().any(|request| request.0 == fence);
                if !is_out {
                    actions.push(Action::TimesOut(who));
                } else if state.late > 0 {
                    actions.push(Action::TimesOutEarly(who));
                }
            }
        }
        if row.leased {
            let holder_lives = state.claimers.iter().any(|claimer| fence_of(*claimer) == Some(row.fence));
            let is_out = state.requests.iter().any(|request| request.0 == row.fence);
            match (holder_lives, is_out) {
                (false, false) => actions.push(Action::LeaseEnds),
                (true, false) if state.pauses > 0 => actions.push(Action::LeaseEndsEarly),
                (_, true) if state.late > 0 => actions.push(Action::LeaseEndsUnderRequest),
                _ => {}
            }
        }
        for index in 0..state.requests.len() {
            actions.push(Action::Lands(index));
            if state.losses > 0 {
                actions.extend([Action::LandsUnanswered(index), Action::Vanishes(index)]);
            }
        }
        if row.remote != state.tracker {
            actions.push(Action::Poll);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Edit => {
                state.edits -= 1;
                state.edited += 1;
                (state.row.local, state.row.pending) = (state.edited, true);
            }
            Action::Step(who) => self.step(&mut state, who),
            Action::Die(who) => {
                state.deaths -= 1;
                state.claimers[who] = Claimer::Idle;
            }
            Action::LeaseEnds => state.row.leased = false,
            Action::LeaseEndsEarly => {
                state.pauses -= 1;
                state.row.leased = false;
            }
            Action::LeaseEndsUnderRequest => {
                state.late -= 1;
                state.row.leased = false;
            }
            Action::Lands(index) => {
                let fence = lands(&mut state, index);
                let tracker = state.tracker;
                for claimer in state.claimers.iter_mut().filter(|claimer| **claimer == Claimer::Waiting(fence)) {
                    *claimer = Claimer::Answered(fence, tracker);
                }
            }
            Action::LandsUnanswered(index) => {
                state.losses -= 1;
                lands(&mut state, index);
            }
            Action::Vanishes(index) => {
                state.losses -= 1;
                state.requests.remove(index);
            }
            Action::TimesOut(who) | Action::TimesOutEarly(who) => {
                state.late -= u8::from(action == Action::TimesOutEarly(who));
                if let Claimer::Waiting(fence) = state.claimers[who] {
                    state.claimers[who] = Claimer::Unanswered(fence);
                }
            }
            Action::Poll => {
                self.observe(&mut state.row, before.tracker);
            }
        }
        // Which of the two is which makes no difference.
        state.claimers.sort_unstable();
        state.fence_shrank |= state.row.fence < before.row.fence;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("fences only grow", |_, state: &State| !state.fence_shrank),
            Property::always("one outcome per fence", |_, state: &State| state.outcomes <= 1),
            Property::always("nothing is left of a completed row", |_, state: &State| {
                state.row.pending || state.row.local == state.row.base
            }),
            Property::always("an edit is never undone", |_, state: &State| state.row.local == state.edited),
            Property::sometimes("an outcome is dropped", |_, state: &State| state.outcome_dropped),
            Property::sometimes("two requests are in flight", |_, state: &State| state.requests.len() > 1),
            Property::sometimes("a late write lands over a later one", |_, state: &State| {
                !state.row.pending && state.row.base == 2 && state.tracker.0 == 1
            }),
        ]
    }
}

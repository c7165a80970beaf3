//! What can happen at every state, and what must hold there.

use super::protocol::Create;
use super::state::{Action, Attempt, Body, Creator, Remote, Search, State, highest, land};
use stateright::{Model, Property};

impl Model for Create {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            linked: None,
            attempt: None,
            max_number_seen: 0,
            creator: Creator::Idle,
            posting: false,
            tracker: Vec::new(),
            listed: 0,
            hooked: false,
            deaths: 1,
            losses: 2,
            strangers: 2,
            deletes: 1,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let waits = state.creator == Creator::Waiting && state.posting;
        if !waits && (state.linked.is_none() || state.creator != Creator::Idle) {
            actions.push(Action::Step);
        }
        if state.creator != Creator::Idle && state.deaths > 0 {
            actions.push(Action::Dies);
        }
        if state.posting {
            actions.push(Action::Lands);
            if state.losses > 0 {
                actions.extend([Action::LandsUnanswered, Action::Vanishes]);
            }
        }
        // Whoever has committed an intent posts at once or never: then only the POST itself has to come to its end.
        let may_land = state.posting || matches!(state.creator, Creator::Intended);
        if state.attempt.is_some_and(|attempt| attempt.settled_at.is_none()) && !may_land {
            actions.push(Action::Settles);
        }
        if state.listed < highest(state) {
            actions.push(Action::ListCatchesUp);
        }
        if state.hooked {
            actions.extend([Action::Delivered, Action::DeliveryLost]);
        }
        actions.push(Action::Poll);
        for (index, seen) in state.tracker.iter().enumerate() {
            if !seen.ours && !seen.deleted && state.deletes > 0 {
                actions.push(Action::Deleted(index));
            }
        }
        if state.strangers > 0 {
            actions.push(Action::Stranger);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Step => self.step(&mut state),
            Action::Dies => {
                state.deaths -= 1;
                state.creator = Creator::Idle;
            }
            Action::Lands => {
                land(&mut state, Body::Marked);
                if state.creator == Creator::Waiting {
                    state.creator = Creator::Answered(highest(&state));
                }
            }
            Action::LandsUnanswered => {
                state.losses -= 1;
                land(&mut state, Body::MarkedWithin);
            }
            Action::Vanishes => (state.posting, state.losses) = (false, state.losses - 1),
            Action::Settles => {
                let settled_at = Some(highest(&state));
                state.attempt = state.attempt.map(|attempt| Attempt { settled_at, ..attempt });
            }
            Action::ListCatchesUp => state.listed = highest(&state),
            Action::Poll => self.observe_list(&mut state),
            Action::Delivered => {
                state.hooked = false;
                for number in (1..).zip(&before.tracker).filter(|(_, seen)| seen.ours).map(|(number, _)| number) {
                    self.observe(&mut state, number);
                }
            }
            Action::DeliveryLost => state.hooked = false,
            Action::Stranger => {
                state.strangers -= 1;
                state.tracker.push(Remote { body: Body::Marked, ours: false, deleted: false });
            }
            Action::Deleted(index) => {
                state.deletes -= 1;
                state.tracker[index].deleted = true;
            }
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("never two of one", |_, state: &State| {
                state.tracker.iter().filter(|seen| seen.ours).count() <= 1
            }),
            Property::always("the row is tied to what we made", |_, state: &State| {
                state.linked.is_none_or(|number| state.tracker[usize::from(number) - 1].ours)
            }),
            Property::sometimes("linked by an answer", |_, state: &State| {
                matches!(state.creator, Creator::Answered(_)) && state.linked.is_none()
            }),
            Property::sometimes("a number beyond an old list is asked for", |_, state: &State| {
                let Creator::Probing(Search { next, .. }) = state.creator else { return false };
                next > state.listed && state.tracker.get(usize::from(next) - 1).is_some_and(|seen| seen.ours)
            }),
            Property::sometimes("posted again after a loss", |_, state: &State| state.losses == 0 && state.posting),
        ]
    }
}

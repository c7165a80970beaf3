//! Liveness over a whole state graph: from every state that faults can lead to, the goal is reached once they stop.

use stateright::Model;
use std::collections::HashMap;
use std::hash::Hash;

/// Every state that can be reached, and whether the goal can be reached from it by orderly actions alone.
pub(crate) struct Graph<S> {
    /// How many states there are.
    pub(crate) states: usize,
    /// One from which no orderly way leads to the goal.
    pub(crate) stuck: Option<S>,
}

/// Explores the model. `orderly` tells the actions that are bound to happen in the end from those that nobody may rely on.
pub(crate) fn explore<M: Model>(
    model: &M,
    orderly: impl Fn(&M::Action) -> bool,
    goal: impl Fn(&M::State) -> bool,
) -> Graph<M::State>
where
    M::State: Clone + Eq + Hash,
{
    let mut known: HashMap<M::State, usize> = HashMap::new();
    let mut states: Vec<M::State> = Vec::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    let mut add = |state: M::State, states: &mut Vec<M::State>, before: &mut Vec<Vec<usize>>| {
        *known.entry(state).or_insert_with_key(|state| {
            states.push(state.clone());
            before.push(Vec::new());
            states.len() - 1
        })
    };
    for state in model.init_states() {
        add(state, &mut states, &mut before);
    }
    let mut at = 0;
    while at < states.len() {
        let state = states[at].clone();
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        for action in actions {
            let is_orderly = orderly(&action);
            let Some(next) = model.next_state(&state, action) else { continue };
            let next = add(next, &mut states, &mut before);
            if is_orderly {
                before[next].push(at);
            }
        }
        at += 1;
    }
    let mut arrives: Vec<bool> = states.iter().map(goal).collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|at| arrives[*at]).collect();
    while let Some(at) = open.pop() {
        for &earlier in &before[at] {
            if !std::mem::replace(&mut arrives[earlier], true) {
                open.push(earlier);
            }
        }
    }
    let stuck = arrives.iter().position(|arrives| !arrives).map(|at| states[at].clone());
    Graph { states: states.len(), stuck }
}

//! An observation on its way in, with everything that was learned around it.

use crate::dated::History;
use issuesync_model::{
    AttemptId, CheckKey, CheckKind, ConnectionId, DeliveryKey, Field, ItemId, Named, Observation, Source,
};

/// How an observation comes in, beyond its [`Source`].
#[derive(Clone, Debug, Default)]
pub(crate) enum Door {
    /// Somebody looked.
    #[default]
    Look,
    /// It answers our own write of these fields.
    Answer(AttemptId, Vec<Field>),
    /// A second look confirmed that the tracker's clock stepped back.
    Regressed,
    /// The dated history was read before.
    History(History),
}

/// One observation with everything that was learned around it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub observation: Observation,
    pub named: Vec<Named>,
    pub door: Door,
    pub cause: Option<String>,
    pub parent: Option<ItemId>,
    /// Its marker belongs to a row that is on the tracker already: a second remote item of one row.
    pub twin: bool,
    /// The row that this is the answer of, when it was not on the tracker before.
    pub claims: Option<ItemId>,
    pub checks_done: Vec<CheckKey>,
    pub deliveries_done: Vec<DeliveryKey>,
}

impl Seen {
    pub(crate) fn new(observation: Observation) -> Self {
        Self {
            observation,
            named: Vec::new(),
            door: Door::Look,
            cause: None,
            parent: None,
            twin: false,
            claims: None,
            checks_done: Vec::new(),
            deliveries_done: Vec::new(),
        }
    }

    /// Whether this is what the tracker itself answered to our write. A read behind a write may come from a replica like any other.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.door, Door::Answer(..)) && self.observation.source == Source::Answer
    }

    /// The key of a check on what was observed.
    pub(crate) fn check_key(&self, connection: ConnectionId, kind: CheckKind) -> CheckKey {
        let seen = &self.observation;
        match seen.issue_number {
            Some(issue) => CheckKey { connection, number: issue, comment: Some(seen.number), kind },
            None => CheckKey { connection, number: seen.number, comment: None, kind },
        }
    }
}

//! A step: which call to make, and dice by which its arguments are chosen from what there is when its turn comes.
//!
//! So a sequence stays meaningful while it is shrunk: without the insert that a later edit was aimed at, the edit takes another row.

use proptest::collection::vec;
use proptest::prelude::*;

/// One call to be.
#[derive(Clone)]
pub(super) struct Step {
    /// How much later it is, microseconds.
    pub(super) wait_us: i64,
    pub(super) kind: Kind,
    pub(super) dice: Vec<u8>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let thrown = self.dice.iter().rposition(|die| *die != 0).map_or(0, |last| last + 1);
        let dice: Vec<String> = self.dice[..thrown].iter().map(u8::to_string).collect();
        write!(f, "{:?} after {} us with {}", self.kind, self.wait_us, dice.join(" "))
    }
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Claim,
    Release,
    VoidLeases,
    SweepTombstones,
    PutChecks,
    ClaimChecks,
    ReplaceCheck,
    SettleChecks,
    Append,
    ClaimDeliveries,
    SettleDelivery,
    SweepDeliveries,
    Connect,
    Change,
    Remove,
    Pass,
    Catalog,
    Account,
    Project,
    Token,
    ReadItems,
    ReadLists,
    ReadRest,
}

/// Every kind, as often as it is to be drawn.
const KINDS: &[(u32, Kind)] = &[
    (40, Kind::Commit),
    (10, Kind::Claim),
    (5, Kind::Release),
    (1, Kind::VoidLeases),
    (1, Kind::SweepTombstones),
    (4, Kind::PutChecks),
    (4, Kind::ClaimChecks),
    (2, Kind::ReplaceCheck),
    (2, Kind::SettleChecks),
    (6, Kind::Append),
    (4, Kind::ClaimDeliveries),
    (6, Kind::SettleDelivery),
    (1, Kind::SweepDeliveries),
    (4, Kind::Connect),
    (4, Kind::Change),
    (1, Kind::Remove),
    (3, Kind::Pass),
    (2, Kind::Catalog),
    (1, Kind::Account),
    (1, Kind::Project),
    (4, Kind::Token),
    (8, Kind::ReadItems),
    (12, Kind::ReadLists),
    (10, Kind::ReadRest),
];

/// Steps of every kind.
pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let kinds =
        prop::strategy::Union::new_weighted(KINDS.iter().map(|(weight, kind)| (*weight, Just(*kind))).collect());
    (kinds, 0_i64..400, vec(any::<u8>(), 48)).prop_map(|(kind, wait_us, dice)| Step { wait_us, kind, dice })
}

/// Takes the dice of a step one after the other; when none is left every throw is 0.
pub(super) struct Dice<'a>(pub(super) std::slice::Iter<'a, u8>);

impl Dice<'_> {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0.next().map_or(0, |die| usize::from(*die) * bound / 256)
    }

    /// One in so many; an exhausted die says no.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(super) fn small(&mut self, bound: u8) -> i64 {
        i64::try_from(self.below(usize::from(bound))).unwrap_or(0)
    }

    /// One of these; `None` when there are none.
    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let index = self.below(from.len().max(1));
        from.get(index).cloned()
    }
}

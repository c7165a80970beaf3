//! The same random sequence of calls on a reference, on the memory store and on SQLite: every answer is compared, and after every
//! step both stores hold the same state.
//!
//! `ISSUESYNC_CASES` is the number of sequences of about a hundred steps, `ISSUESYNC_SEED` another series of them.
//!
//! Taken for granted: ids are given once, an account's tracker never changes, a row never changes its kind,
//! an issue with comments stays in its connection.

mod call;
mod model;
mod model_items;
mod model_waits;

mod step;
mod world;

mod commits;
mod reads;

use futures_util::FutureExt;
use issuesync_store::{MemoryStore, Store, dump};
use issuesync_store_sql::SqliteStore;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use step::Step;
use world::World;

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(number("ISSUESYNC_CASES").unwrap_or(100)).unwrap_or(u32::MAX),
        rng_seed: RngSeed::Fixed(number("ISSUESYNC_SEED").unwrap_or(0)),
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_stores_answer_as_the_reference_does(sequential 80..120 => Stores);
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

impl ReferenceStateMachine for World {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(_state: &Self) -> BoxedStrategy<Step> {
        step::any_step().boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        state.take(step);
        state
    }
}

/// The two stores, told the same.
struct Stores {
    memory: MemoryStore,
    sqlite: SqliteStore,
}

impl StateMachineTest for Stores {
    type SystemUnderTest = Self;
    type Reference = World;

    fn init_test(_world: &World) -> Self {
        let stores = Self { memory: MemoryStore::new(), sqlite: SqliteStore::memory().expect("a database in memory") };
        for call in world::beginning() {
            assert_eq!(call::run(&stores.memory, call.clone()), call::run(&stores.sqlite, call));
        }
        stores
    }

    fn apply(stores: Self, world: &World, _step: Step) -> Self {
        let (call, reply) = (&world.call, &world.reply);
        assert_eq!(&call::run(&stores.memory, call.clone()), reply, "the memory store answers otherwise: {call:?}");
        assert_eq!(&call::run(&stores.sqlite, call.clone()), reply, "SQLite answers otherwise: {call:?}");
        stores
    }

    fn check_invariants(stores: &Self, world: &World) {
        let (memory, sqlite) = (state(&stores.memory), state(&stores.sqlite));
        if memory != sqlite {
            let apart = memory.lines().zip(sqlite.lines()).find(|(memory, sqlite)| memory != sqlite);
            panic!("the stores differ from here on {apart:#?} after {:?}", world.call);
        }
    }
}

fn state(store: &dyn Store) -> String {
    dump(store).now_or_never().expect("neither store waits").expect("the store answers")
}

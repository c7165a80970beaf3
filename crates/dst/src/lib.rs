//! Deterministic simulation: the real engine steps, merge and adapters, against a simulated tracker, in a world whose time,
//! order, faults and crashes come from one seed.
//!
//! A [`scenario`] draws its [`plan`], turns the [`world`] for a while, lets it come to rest, and holds it to the [`laws`].
//! What must happen when one certain thing goes wrong is told by the named scenarios of [`faults`].
//! A [`swarm`] plays thousands of seeds, [`shrink`] makes one that fails smaller, [`mutants`] test the tests, and [`differential`] plays both stores.
//! Product code has no switches for this: everything goes through the ports. A scenario knows no threads, no sockets and no real time.

pub mod clock;
pub mod dice;
pub mod exec;
pub mod gate;
pub mod setup;
pub mod transport;
pub mod twist;
pub mod world;

mod calm;
mod nap;
mod peace;
pub mod people;
pub mod plan;
pub mod scenario;
pub mod trouble;

pub mod faults;

pub mod laws;
pub mod mirror;
pub mod replay;
pub mod rows;
pub mod story;
pub mod tracker;
pub mod watch;

pub mod differential;
pub mod mutants;
pub mod shrink;
pub mod swarm;

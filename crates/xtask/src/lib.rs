//! The project's own chores, run as `cargo xtask <chore>`.
//!
//! [`tidy`] enforces the style rules that matter: each rule is a pure function from file texts or the dependency graph to
//! [`Finding`]s, and each names what to do instead. [`mod@test`] runs every test and sums it up in one line, [`ci`] runs what
//! a change must pass besides its tests, [`deny`] looks after licences and sources, [`simulate`] plays seeded scenarios, [`chaos`]
//! kills the service on purpose.
//!
//! This crate knows nothing of the product: it reads files and starts `cargo`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks to the person at the terminal")]
#![allow(clippy::disallowed_methods, reason = "a chore lives outside: it reads clocks and the environment")]

pub mod workspace;

pub mod finding;
pub mod tidy;

pub mod child;
pub mod tally;

pub mod chaos;
pub mod ci;
pub mod deny;
pub mod simulate;
pub mod test;

pub use finding::{Finding, Severity};
pub use workspace::Workspace;

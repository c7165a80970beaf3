//! The SQLite store keeps every promise of the ports, in memory and in a file, and survives being killed.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a process that is to be killed speaks by environment and output; the number of cases comes by environment"
)]

mod conformance;
mod kill;
mod machine;
mod schema;

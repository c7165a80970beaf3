//! The SQLite store keeps every promise of the ports, in memory and in a file, and survives being killed.

mod conformance;
mod kill;
mod schema;

//! The `issuesync` binary.
fn main() {}

//! The file that `init` writes: every key with its meaning and its default.

/// The text of a fresh `issuesync.toml`.
pub const TEMPLATE: &str = include_str!("template.toml");

//! The port to durable state: one trait per concern, **one method = one transaction**.
//!
//! How to add a backend: implement the traits of this crate, then run [`conformance::run`] on it in the
//! backend's own tests. Every promise that the engine relies on is a test there. This crate knows no SQL,
//! no async runtime, no HTTP and no tracker. [`memory::MemoryStore`] keeps everything in ordinary maps and is
//! the reference for what the others must do.

pub mod change;
pub mod checks;
pub mod conformance;
pub mod connections;
pub mod deliveries;
pub mod dump;
pub mod error;
pub mod gated;
pub mod items;
pub mod log;
pub mod memory;
pub mod outbox;
pub mod query;
pub mod tokens;
pub mod vault;

pub use change::{Answer, Batch, ChangeSet, Tail, Write};
pub use checks::Checks;
pub use connections::{Connections, Inserted};
pub use deliveries::{Appended, Deliveries};
pub use dump::dump;
pub use error::{Result, StoreError};
pub use gated::{Gate, GatedStore, pass};
pub use items::{Counts, Items, Known};
pub use log::{Head, Logs};
pub use memory::MemoryStore;
pub use outbox::Outboxes;
pub use query::{IssueQuery, Page, Search};
pub use tokens::{Token, Tokens};
pub use vault::{PlainVault, Vault, VaultError};

/// Everything that a backend offers.
pub trait Store: Connections + Items + Outboxes + Checks + Deliveries + Logs + Search + Tokens + Send + Sync {}

impl<T: Connections + Items + Outboxes + Checks + Deliveries + Logs + Search + Tokens + Send + Sync> Store for T {}

//! What tests need and the product does not: a real Gitea or Forgejo on loopback, and a recorder of its wire.
//!
//! It knows the wire of the trackers only as bytes and JSON. It knows nothing of the engine, of the app, or of how
//! the product reads what is recorded here: a fixture made with the reader's own code could not contradict it.
#![allow(clippy::disallowed_methods, reason = "tests read the environment and wait on the real clock")]

pub mod live;

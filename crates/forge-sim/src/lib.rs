//! A stateful simulator of issue trackers that speaks their wire formats.
//!
//! [`Sim`] is a state machine without I/O: a request goes in with the time, an answer comes out, and
//! [`Sim::due`] hands over the signed webhooks whose time has come. Time, ids and chance are arguments, so a
//! seed and a list of requests reproduce a run to the byte. [`serve`] puts real sockets and real time around it.
//!
//! The dialect is Gitea's, in two flavours ([`Flavour`]): Gitea of May 2025 and Forgejo 7.0.0, with the habits
//! both were seen to have: several deliveries for one save, wrong snapshots, no event for a delete, whole-second times.
//!
//! What this crate does not know: anything of issuesync. It shares no type with it, so that one mistake cannot
//! hide on both sides. It also knows no reactions, attachments, dependencies, time tracking, reviews,
//! organisations' labels, or git.

mod config;
mod faults;
pub mod history;
mod http;
mod kept;
mod sim;
mod time;
mod truth;
mod world;

mod control;
mod gitea;
mod shell;

pub use config::{Access, Config, Flavour, RepoSpec, UserSpec};
pub use faults::Faults;
pub use history::History;
pub use http::{Delivery, Request, Response};
pub use shell::serve;
pub use sim::Sim;
pub use truth::{IssueTruth, RepoTruth};

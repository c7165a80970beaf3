//! The engine: the steps that keep a mirror and its trackers equal, and the loops that run them.
//!
//! Data flows one way: [`ingest`] verifies a delivery and queues it, [`worker`] takes deliveries and looks at what they
//! point at, [`observe`] lets every remote fact in through one door and merges it, [`push`] sends what differs and
//! observes the answer. [`poll`] finds what no delivery told, [`check`] takes the looks that are owed, [`edit`] changes the mirror.
//!
//! Steps await only the ports: the store, the transport and the clock. Loops and timers are in [`run`] alone. This crate
//! knows no HTTP server or client, no SQL, no concrete tracker and no environment.

pub mod engine;
pub mod error;

mod account;
mod agreement;
mod link;
mod look;
mod newer;

pub mod ingest;
pub mod worker;

mod absorb;
mod audit;
mod dated;
mod draft;
mod elements;
mod ground;
mod history;
pub mod observe;
mod outbox;
mod outpaced;
mod own;
mod search;
mod seen;

mod buried;
mod catalog;
mod comments;
mod pass;
pub mod poll;

pub mod check;
mod fuse;
mod gone;
mod sweep;

mod accept;
mod create;
mod delete;
pub mod push;
mod send;

pub mod connect;
mod doctor;
pub mod edit;
mod edit_delete;
mod edit_fields;
mod hook;
pub mod resolve;

mod rests;
pub mod run;

pub use accept::Accepted;
pub use connect::{ConnectError, NewConnection, Preview};
pub use doctor::{Finding, Level};
pub use edit::{Changes, EditError};
pub use engine::{Counters, Engine, Parts};
pub use error::{PassError, StepError};
pub use ingest::{Incoming, IngestError, Ingested};
pub use poll::PassReport;
pub use resolve::{Resolution, Waited};
pub use run::{Roles, Running, start};

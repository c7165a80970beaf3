//! The nouns of issuesync: what every other crate speaks about.
//!
//! An **item** is an issue or a comment; both are the same synchronisation machine over a different
//! set of fields. This crate knows no database, no HTTP, no tracker and no real clock: time and
//! randomness come in through [`Clock`] and [`Rng`].

pub mod catalog;
pub mod check;
pub mod conflict;
pub mod connection;
pub mod cx;
pub mod delivery;
pub mod fields;
pub mod ids;
pub mod item;
pub mod log;
pub mod marker;
pub mod notification;
pub mod observation;
pub mod outbox;
pub mod policy;
pub mod rules;
pub mod secret;
pub mod theta;
pub mod timing;
pub mod value;

pub use catalog::{Catalog, Label, Milestone, User};
pub use check::{Check, CheckKey, CheckKind, Evidence};
pub use conflict::{Conflict, ConflictKind, Warning, WarningKind};
pub use connection::{Account, Connection, ConnectionChange, ConnectionEvent, Hook, Project};
pub use cx::{BoxFuture, Clock, Cx, Rng};
pub use delivery::{Delivery, DeliveryState};
pub use fields::{Field, FieldSet, Fields};
pub use ids::{AccountId, AttemptId, ConnectionId, DeliveryKey, ItemId, LogId, ProjectId, TokenId};
pub use item::{Author, Edit, Item, ItemKind, Lifecycle, Remote, SyncStatus, Tombstone};
pub use log::{Action, Direction, LogKind, LogRow};
pub use notification::{Event, Notification};
pub use observation::{Change, Grade, Named, Observation, Source};
pub use outbox::{Attempt, AttemptField, Outbox, OutboxKind, OutboxStatus, Outcome};
pub use policy::{DeletePolicy, Direction as FieldDirection, Filter, Settings, TextMerge, TimestampPolicy};
pub use rules::{CanonRules, Capabilities, ListOrder, ProviderKind, TitleUnit};
pub use secret::Secret;
pub use theta::Theta;
pub use timing::Timing;
pub use value::{Reason, State, Value};

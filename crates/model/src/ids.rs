//! Identifiers: one type per thing, so that the compiler keeps them apart.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A project groups connections.
    ProjectId,
    /// One (base URL, token) pair.
    AccountId,
    /// One repository reached through one account.
    ConnectionId,
    /// An issue or a comment of the mirror.
    ItemId,
    /// One row of the audit log.
    LogId,
    /// One sequence of write requests.
    AttemptId,
    /// One API token.
    TokenId,
}

/// What makes a delivery unique: its connection and the tracker's delivery id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// The tracker's id of the delivery, or a hash of the body where it sends none.
    pub id: String,
}

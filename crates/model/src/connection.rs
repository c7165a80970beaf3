//! Projects, accounts and connections, and the small changes that can be made to a connection.

use crate::ids::{AccountId, ConnectionId, ProjectId};
use crate::policy::Settings;
use crate::rules::{Capabilities, ProviderKind};
use crate::theta::Theta;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A project groups connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name, unique.
    pub name: String,
}

/// One (base URL, token): it owns clock offset, breaker, bulkhead and budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The adapter.
    pub provider: ProviderKind,
    /// The tracker's root, `https://git.example.org`, without a slash at the end.
    pub base_url: String,
    /// The token, sealed with the key file.
    pub token_sealed: String,
    /// The tracker's id of the token's owner.
    pub self_id: i64,
    /// Their login.
    pub self_login: String,
}

/// One repository through one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its project.
    pub project: ProjectId,
    /// Its account.
    pub account: AccountId,
    /// Its name, unique.
    pub name: String,
    /// The adapter.
    pub provider: ProviderKind,
    /// `owner/name`.
    pub repo_path: String,
    /// The tracker's id of the repository; unique with the account's base URL.
    pub repo_id: i64,
    /// What a person decided.
    pub settings: Settings,
    /// What the tracker can do.
    pub capabilities: Arc<Capabilities>,
    /// The registered webhook.
    pub hook: Option<Arc<Hook>>,
    /// Largest issue `u` seen by a complete pass, microseconds.
    pub cursor_us: Option<i64>,
    /// The same for comments.
    pub comment_cursor_us: Option<i64>,
    /// Grows when events may have been lost.
    pub dirty_gen: i64,
    /// The `dirty_gen` that the last full pass began with.
    pub clean_gen: i64,
    /// When the first request of the last complete pass was sent, store time.
    pub pass_ok_us: Option<i64>,
    /// How far the tracker's clock was off when that pass ended.
    #[serde(default)]
    pub clock: Theta,
    /// When the last incremental pass ended.
    pub last_poll_us: Option<i64>,
    /// When the last full pass ended.
    pub last_full_us: Option<i64>,
    /// When the last delivery arrived.
    pub last_delivery_us: Option<i64>,
    /// The highest issue number known.
    pub max_number_seen: i64,
    /// The mass-delete fuse: open when deletes are held back.
    pub fuse_open: bool,
    /// Why nothing is sent or asked any more.
    pub parked: Option<String>,
    /// The next page of an import that was interrupted; `None` when complete.
    pub import_page: Option<i64>,
    /// Issues the tracker counted when the import began.
    pub import_total: Option<i64>,
    /// When it was connected, microseconds.
    pub created_us: i64,
}

/// The webhook that was registered for a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// The tracker's id of it; 0 when a person made it by hand.
    pub id: i64,
    /// The address it calls.
    pub url: String,
    /// Its secrets, sealed; the first is the newest, others are accepted while rotating.
    pub secrets_sealed: Vec<String>,
}

impl Connection {
    /// Whether a full pass is owed because events may have been lost.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.dirty_gen > self.clean_gen
    }
}

/// One change of a connection. Each says what it means, so that two processes never undo each other's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionChange {
    /// Events may have been lost: `dirty_gen + 1`.
    Dirty,
    /// A full pass that began at this generation ended: `clean_gen = max`.
    Clean(i64),
    /// The issue cursor moves forward, never back.
    Cursor(i64),
    /// The comment cursor moves forward, never back.
    CommentCursor(i64),
    /// A complete pass whose first request was sent at this time: only forward.
    PassOk(i64),
    /// How far the tracker's clock was off when a pass ended.
    Clock(Theta),
    /// An incremental pass ended.
    Polled(i64),
    /// A full pass ended.
    FullPassed(i64),
    /// A delivery arrived: only forward.
    Delivered(i64),
    /// An issue number was seen: the largest stays.
    NumberSeen(i64),
    /// The fuse opens or closes.
    Fuse(bool),
    /// Stop talking to the tracker, and why.
    Park(String),
    /// Talk again.
    Unpark,
    /// The repository has a new path.
    RepoPath(String),
    /// How far the import is: next page and the tracker's count; `None` page ends it.
    Import(Option<i64>, Option<i64>),
    /// The webhook was registered, mended or removed.
    Hook(Option<Hook>),
    /// What the tracker can do was found anew.
    Capabilities(Box<Capabilities>),
    /// A person changed the settings.
    Settings(Box<Settings>),
}

/// A row of the connection log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionEvent {
    /// The connection.
    pub connection: ConnectionId,
    /// What happened: park, unpark, fuse, clock_regressed, dirty, rename, hook.
    pub kind: String,
    /// One sentence.
    pub detail: String,
    /// When, microseconds.
    pub time_us: i64,
}

impl ConnectionChange {
    /// Makes the change on a connection in hand: what a backend does in its transaction.
    pub fn apply(self, connection: &mut Connection) {
        match self {
            Self::Dirty => connection.dirty_gen += 1,
            Self::Clean(generation) => connection.clean_gen = connection.clean_gen.max(generation),
            Self::Cursor(us) => connection.cursor_us = connection.cursor_us.max(Some(us)),
            Self::CommentCursor(us) => connection.comment_cursor_us = connection.comment_cursor_us.max(Some(us)),
            Self::PassOk(us) => connection.pass_ok_us = connection.pass_ok_us.max(Some(us)),
            Self::Clock(clock) => connection.clock = clock,
            Self::Polled(us) => connection.last_poll_us = connection.last_poll_us.max(Some(us)),
            Self::FullPassed(us) => connection.last_full_us = connection.last_full_us.max(Some(us)),
            Self::Delivered(us) => connection.last_delivery_us = connection.last_delivery_us.max(Some(us)),
            Self::NumberSeen(number) => connection.max_number_seen = connection.max_number_seen.max(number),
            Self::Fuse(open) => connection.fuse_open = open,
            Self::Park(reason) => connection.parked = Some(reason),
            Self::Unpark => connection.parked = None,
            Self::RepoPath(path) => connection.repo_path = path,
            Self::Import(page, total) => (connection.import_page, connection.import_total) = (page, total),
            Self::Hook(hook) => connection.hook = hook.map(Arc::new),
            Self::Capabilities(capabilities) => connection.capabilities = Arc::from(capabilities),
            Self::Settings(settings) => connection.settings = *settings,
        }
    }
}

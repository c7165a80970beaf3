//! What a world begins with.

use crate::twist::{Plain, Twist};
use issuesync_forge_sim::Flavour;
use issuesync_model::Settings;
use issuesync_store::Store;
use std::sync::Arc;

/// The beginning of one world.
#[derive(Clone)]
pub struct Setup {
    /// Every draw depends on it.
    pub seed: u64,
    /// The product that is imitated.
    pub flavour: Flavour,
    /// What the connections' owner decided.
    pub settings: Settings,
    /// Repositories, each with its connection: 1 or 2.
    pub repos: usize,
    /// The tracker guards edits by `content_version`.
    pub content_version: bool,
    /// The tracker tells of deleted issues.
    pub delete_events: bool,
    /// The adapter says that lists may lag behind.
    pub lagging: bool,
    /// What is changed of the process from outside.
    pub twist: Arc<dyn Twist>,
    /// Another store than the one in memory.
    pub store: Option<Arc<dyn Store>>,
}

impl Setup {
    /// One Gitea repository and ordinary settings.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            flavour: Flavour::Gitea,
            settings: Settings::default(),
            repos: 1,
            content_version: false,
            delete_events: false,
            lagging: false,
            twist: Arc::new(Plain),
            store: None,
        }
    }
}

//! What a tracker can do and how it spells things: plain data, found by version and by probing.

use crate::fields::FieldSet;
use serde::{Deserialize, Serialize};

/// Which adapter speaks to a tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Gitea and Forgejo.
    Gitea,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
}

impl ProviderKind {
    /// The word in URLs, SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gitea => "gitea",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// The provider of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Gitea, Self::Github, Self::Gitlab].into_iter().find(|kind| kind.word() == word)
    }
}

/// How the canonical form of a value is made; an argument of `merge::canon`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanonRules {
    /// The longest title the tracker keeps.
    pub title_max: usize,
    /// What `title_max` counts.
    pub title_unit: TitleUnit,
    /// Labels that differ only in case are one label.
    pub label_fold: bool,
    /// The fields that exist on this tracker.
    pub fields: FieldSet,
    /// Whether a closed issue has a reason.
    pub reasons: bool,
}

/// The unit of a title's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleUnit {
    /// UTF-8 bytes.
    Bytes,
    /// Unicode scalar values.
    Chars,
}

/// The order in which a tracker lists issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// Oldest change first: the cursor may move page by page.
    UpdatedAsc,
    /// Newest issue first: the cursor moves after the last page only.
    CreatedDesc,
}

/// What one connection's tracker can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The product: `gitea`, `forgejo`, `github`, `gitlab`.
    pub flavour: String,
    /// Its version as it says.
    pub version: String,
    /// Canonical form.
    pub canon: CanonRules,
    /// Order of issue lists.
    pub list_order: ListOrder,
    /// A list page is as fresh as a GET.
    pub list_is_fresh: bool,
    /// Issue edits can be guarded by `content_version`.
    pub content_version: bool,
    /// The conversation can be locked by API.
    pub lock: bool,
    /// Issues can be deleted by API.
    pub delete_issue: bool,
    /// Entries per page that the server grants.
    pub page_size: u32,
    /// The reason of a closed issue can be changed alone.
    pub reason_alone: bool,
}

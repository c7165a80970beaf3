//! What a repository defines for its issues: labels, milestones and people.

use serde::{Deserialize, Serialize};

/// The definitions of one connection, refreshed by each full pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Labels; several may bear one name.
    pub labels: Vec<Label>,
    /// Milestones; several may bear one title.
    pub milestones: Vec<Milestone>,
    /// People that were seen or can be assigned.
    pub users: Vec<User>,
}

/// A label definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The tracker's id.
    pub id: i64,
    /// The name as the tracker spells it.
    pub name: String,
    /// Six hex digits without `#`.
    pub colour: String,
    /// Whether it excludes other labels of its scope.
    pub exclusive: bool,
}

/// A milestone definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// The tracker's id.
    pub id: i64,
    /// The title.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
}

/// A person on the tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The tracker's id.
    pub id: i64,
    /// The login, which may change and is compared without case.
    pub login: String,
    /// Whether issues can be assigned to them.
    pub assignable: bool,
}

impl Catalog {
    /// The definitions of that name, compared without case when `fold` is set.
    pub fn labels_named<'a>(&'a self, name: &'a str, fold: bool) -> impl Iterator<Item = &'a Label> {
        self.labels.iter().filter(move |label| same(&label.name, name, fold))
    }

    /// The milestone that a title names: of several the open one with the lowest id.
    #[must_use]
    pub fn milestone_titled(&self, title: &str) -> Option<&Milestone> {
        self.milestones
            .iter()
            .filter(|milestone| milestone.title == title)
            .min_by_key(|milestone| (!milestone.open, milestone.id))
    }

    /// The milestone of that id.
    #[must_use]
    pub fn milestone(&self, id: i64) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.id == id)
    }

    /// The person of that id.
    #[must_use]
    pub fn user(&self, id: i64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The person of that login, compared without case.
    #[must_use]
    pub fn user_named(&self, login: &str) -> Option<&User> {
        self.users.iter().find(|user| same(&user.login, login, true))
    }
}

fn same(left: &str, right: &str, fold: bool) -> bool {
    if fold { left.to_lowercase() == right.to_lowercase() } else { left == right }
}

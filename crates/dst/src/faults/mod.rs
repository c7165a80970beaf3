//! The named scenarios: one for each row of the table of faults. Each forces its fault on the real engine, proves that it struck, asserts what
//! must happen then, and ends by holding the world to every law.
//!
//! `cargo run --release -p issuesync-dst -- scenario 12` plays one by its number or its name.

mod creates;
mod hands;
mod limits;
mod lists;
mod places;
mod processes;
mod queues;
mod reads;
mod sight;
pub mod stage;
mod twists;
mod webhooks;
mod writes;

/// How a scenario went.
pub type Told = Result<(), Failure>;

/// Why a scenario failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The fault that it is about did not happen: it proves nothing.
    #[error("the fault never struck: {0}")]
    Unstruck(String),
    /// The fault struck, and what must happen did not.
    #[error("what must happen did not: {0}")]
    Broken(String),
    /// A promise that holds in every world was broken.
    #[error("a law was broken: {0}")]
    Unlawful(String),
    /// The story could not be told to its end.
    #[error("the stage broke: {0}")]
    Stage(String),
}

/// One named scenario.
pub struct Story {
    /// The row of the table.
    pub row: u8,
    /// Its name.
    pub name: &'static str,
    /// What is forced, and what of the row waits for another store or tracker.
    pub forces: &'static str,
    /// What must happen.
    pub must: &'static str,
    /// Plays it.
    pub run: fn() -> Told,
}

/// All of them, by row.
pub const ALL: &[&[Story]] = &[
    webhooks::ALL,
    reads::ALL,
    lists::ALL,
    writes::ALL,
    creates::ALL,
    processes::ALL,
    limits::ALL,
    queues::ALL,
    places::ALL,
];

/// All of them, by row.
#[must_use]
pub fn all() -> Vec<&'static Story> {
    let mut all: Vec<&Story> = ALL.iter().copied().flatten().collect();
    all.sort_by_key(|story| story.row);
    all
}

/// The scenario of a number or a name.
#[must_use]
pub fn find(wanted: &str) -> Option<&'static Story> {
    all().into_iter().find(|story| story.name == wanted || wanted.parse() == Ok(story.row))
}

/// The fault must have happened.
fn struck(happened: bool, what: impl Into<String>) -> Told {
    if happened { Ok(()) } else { Err(Failure::Unstruck(what.into())) }
}

/// What must hold after it.
fn must(holds: bool, what: impl Into<String>) -> Told {
    if holds { Ok(()) } else { Err(Failure::Broken(what.into())) }
}

/// Two things must be equal.
#[expect(clippy::needless_pass_by_value, reason = "both are made where they are compared")]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Told {
    if found == wanted { Ok(()) } else { Err(Failure::Broken(format!("{what}: {found:?} where {wanted:?} is due"))) }
}

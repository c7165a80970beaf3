//! Tests of the tests: each protection of the engine is switched off in turn, and the simulation must notice.
//!
//! A mutant counts as caught by a seed only when that seed keeps every promise without it. Most are made in this process, by
//! what a [`crate::twist::Twist`] can change from outside; the others are [patches](patched) of a copy of the tree.

pub mod patch;
pub mod patched;
pub mod ports;

mod list;
mod twists;

pub use list::ALL;

use crate::scenario::Play;
use crate::swarm::{Bounds, play_all};
use crate::twist::Twist;
use patched::Workshop;
use std::path::Path;
use std::sync::Arc;

/// How many seeds a quick hunt plays behind the known one: what is drawn may have changed since it was noted.
pub const FEW: u64 = 600;

/// One protection that can be switched off.
#[derive(Clone, Copy)]
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// How it is switched off.
    pub how: How,
    /// The first seed known to notice; it is tried first.
    pub caught_by: Option<u64>,
}

/// How a protection is switched off.
#[derive(Clone, Copy)]
pub enum How {
    /// From outside, in this process; with the words for what is off.
    Twist(&'static str, fn() -> Arc<dyn Twist>),
    /// By the patch of that name.
    Patch,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A seed noticed.
    Caught {
        /// Seeds that were played.
        after: u64,
        /// The seed.
        seed: u64,
        /// The first promise that it broke.
        broken: String,
    },
    /// None did.
    Survived(u64),
}

impl Mutant {
    /// What is off, in words.
    ///
    /// # Errors
    /// When its patch cannot be read.
    pub fn off(&self) -> Result<String, String> {
        match self.how {
            How::Twist(off, _) => Ok(off.to_owned()),
            How::Patch => patched::patch_of(self.name).map(|patch| patch.off),
        }
    }

    /// Whether it is made in this process.
    #[must_use]
    pub fn is_here(&self) -> bool {
        matches!(self.how, How::Twist(..))
    }

    /// Plays seeds until one notices: the known one first, then from 1 on.
    ///
    /// # Errors
    /// When a patched mutant cannot be built or run.
    pub fn hunt(&self, seeds: u64, threads: usize) -> Result<Fate, String> {
        match self.how {
            How::Twist(_, twist) => self.search(seeds, |from, seeds| Ok(play_here(twist, from, seeds, threads))),
            How::Patch => {
                let program = Workshop::open()?.build(&patched::patch_of(self.name)?)?;
                self.search(seeds, |from, seeds| play_there(&program, from, seeds))
            }
        }
    }

    fn search(
        &self,
        seeds: u64,
        play: impl Fn(u64, u64) -> Result<Option<(u64, String)>, String>,
    ) -> Result<Fate, String> {
        let hint = self.caught_by.map(|seed| (seed, 1));
        let mut played = 0;
        for (from, seeds) in hint.into_iter().chain([(1, seeds)]) {
            let mut from = from;
            let end = from + seeds;
            while from < end {
                match play(from, end - from)? {
                    Some((seed, broken)) if sound(seed) => {
                        return Ok(Fate::Caught { after: played + seed + 1 - from, seed, broken });
                    }
                    // A seed that fails without the mutant too says nothing about it.
                    Some((seed, _)) => {
                        played += seed + 1 - from;
                        from = seed + 1;
                    }
                    None => {
                        played += end - from;
                        from = end;
                    }
                }
            }
        }
        Ok(Fate::Survived(played))
    }
}

/// Whether a seed keeps every promise when nothing is switched off.
fn sound(seed: u64) -> bool {
    Play::of(seed).outcome().violations.is_empty()
}

fn play_here(twist: fn() -> Arc<dyn Twist>, from: u64, seeds: u64, threads: usize) -> Option<(u64, String)> {
    let bounds = Bounds { from, seeds, threads, keep_going: false, over: &|| false };
    let sum = play_all(&bounds, &|play| Play { twist: twist(), ..play });
    let sound_one = sum.failed.iter().find(|(seed, _)| sound(**seed));
    let (seed, broken) = sound_one.or_else(|| sum.failed.first_key_value())?;
    Some((*seed, broken.first().cloned().unwrap_or_default()))
}

fn play_there(program: &Path, from: u64, seeds: u64) -> Result<Option<(u64, String)>, String> {
    let found = patched::run(program, from, seeds)?;
    Ok(found.seed.map(|seed| (seed, found.broken.first().cloned().unwrap_or_default())))
}

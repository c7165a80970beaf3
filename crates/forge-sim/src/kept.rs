//! Answers to reads, kept as long as nothing changes: whoever asks the same again is given the same, which need not be written again.

use crate::http::Response;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// A value that knows how often it may have been changed.
#[derive(Debug, Default)]
pub(crate) struct Watched<T> {
    value: T,
    changes: u64,
}

impl<T> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.changes += 1;
        &mut self.value
    }
}

impl<T> Watched<T> {
    /// How often it may have been changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }
}

/// What a caller was answered, by who it was and what it asked for.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    changes: u64,
    answers: HashMap<(Option<u64>, String), Response>,
}

impl Kept {
    /// The answer to this target, if nothing changed since it was given.
    pub(crate) fn get(&mut self, changes: u64, user: Option<u64>, target: &str) -> Option<Response> {
        if self.changes != changes {
            self.answers.clear();
            self.changes = changes;
        }
        self.answers.get(&(user, target.to_owned())).cloned()
    }

    /// Keeps an answer.
    pub(crate) fn put(&mut self, user: Option<u64>, target: &str, answer: &Response) {
        self.answers.insert((user, target.to_owned()), answer.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, Watched};
    use crate::http::Response;

    #[test]
    fn an_answer_is_kept_until_something_may_have_changed() {
        let (mut world, mut kept) = (Watched::<Vec<u8>>::default(), Kept::default());
        let answer = Response { status: 200, headers: Vec::new(), body: b"[]".to_vec(), lost: false };
        assert_eq!(kept.get(world.changes(), None, "/a"), None);
        kept.put(None, "/a", &answer);
        assert!(world.is_empty());
        assert_eq!(kept.get(world.changes(), None, "/a"), Some(answer));
        assert_eq!(kept.get(world.changes(), Some(1), "/a"), None, "another caller");
        world.push(1);
        assert_eq!(kept.get(world.changes(), None, "/a"), None);
    }
}

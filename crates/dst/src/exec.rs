//! A small executor: tasks go on one poll at a time, in the order that the seed chooses. It knows no threads and no real time.

use crate::dice::Dice;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Who runs a step. An actor runs one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// Takes deliveries.
    Worker(u8),
    /// Takes checks.
    Checker,
    /// Sends outbox rows.
    Pusher(u8),
    /// Makes passes over the n-th connection, full or not.
    Poller(u8, bool),
    /// Throws away what is old.
    Sweeper,
    /// A caller of the API.
    Caller(u64),
    /// A delivery that arrives.
    Hook(u64),
}

struct Task {
    actor: Actor,
    future: Pin<Box<dyn Future<Output = ()>>>,
    ready: Arc<Flag>,
    waker: Waker,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The tasks of one process.
#[derive(Default)]
pub struct Executor {
    tasks: Vec<Task>,
    polls: u64,
    /// Who sleeps, and until when it is not woken.
    asleep: BTreeMap<Actor, u64>,
}

impl Executor {
    /// Starts a step.
    pub fn spawn(&mut self, actor: Actor, future: impl Future<Output = ()> + 'static) {
        let ready = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&ready));
        self.tasks.push(Task { actor, future: Box::pin(future), ready, waker });
    }

    /// Whether an actor is in the middle of a step.
    #[must_use]
    pub fn is_busy(&self, actor: Actor) -> bool {
        self.tasks.iter().any(|task| task.actor == actor)
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Polls so far.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Counts polls that were left out.
    pub fn skip(&mut self, polls: u64) {
        self.polls += polls;
    }

    /// An actor has no turn before it is [woken](Self::wake) at `until` or later.
    pub fn put_to_sleep(&mut self, actor: Actor, until: u64) {
        self.asleep.insert(actor, until);
    }

    /// Wakes whoever sleeps until `now` or an earlier time.
    pub fn wake(&mut self, now: u64) {
        self.asleep.retain(|_, until| *until > now);
    }

    /// Lets one task that can go on do so, chosen by the dice; answers who it was. `None` when nobody can, or whoever could sleeps.
    pub fn step(&mut self, dice: &Dice) -> Option<Actor> {
        let ready = |task: &Task| task.ready.0.load(Ordering::Relaxed) && !self.asleep.contains_key(&task.actor);
        let count = self.tasks.iter().filter(|task| ready(task)).count();
        let nth = usize::try_from((count > 0).then(|| dice.below(count as u64))?).ok()?;
        let index = self.tasks.iter().enumerate().filter(|(_, task)| ready(task)).map(|(index, _)| index).nth(nth)?;
        Some(self.poll(index))
    }

    fn poll(&mut self, index: usize) -> Actor {
        self.polls += 1;
        let task = &mut self.tasks[index];
        task.ready.0.store(false, Ordering::Relaxed);
        let actor = task.actor;
        if let Poll::Ready(()) = task.future.as_mut().poll(&mut Context::from_waker(&task.waker)) {
            drop(self.tasks.swap_remove(index));
        }
        actor
    }

    /// Lets one actor go on, if it can; answers whether it did.
    pub fn turn(&mut self, actor: Actor) -> bool {
        let ready = |task: &Task| task.actor == actor && task.ready.0.load(Ordering::Relaxed);
        let Some(index) = self.tasks.iter().position(ready) else { return false };
        self.poll(index);
        true
    }

    /// The process dies: everything that was under way is gone.
    pub fn kill(&mut self) {
        self.tasks.clear();
        self.asleep.clear();
    }
}

//! The loops: the only place with timers and tasks. Each loop runs one step until nothing is due, then waits for a signal or the next due time.

use crate::engine::{Engine, Signals};
use crate::error::{PassError, StepError};
use crate::rests::Rests;
use futures_util::future::{Either, select};
use issuesync_model::timing::SECOND_US;
use issuesync_model::{ConnectionId, Cx};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Which loops run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Deliveries, checks and sweeps.
    pub worker: bool,
    /// Passes.
    pub poller: bool,
    /// Pushes.
    pub pusher: bool,
}

impl Roles {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self { worker: true, poller: true, pusher: true }
    }
}

/// Loops that run until they are stopped.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// The longest wait of a loop: rows of other processes come due without a signal here.
const IDLE_US: i64 = SECOND_US;
/// The rest after an error of the store.
const ERROR_REST_US: i64 = SECOND_US;
const SWEEP_US: i64 = 3600 * SECOND_US;

/// Starts the loops of these roles.
#[must_use]
pub fn start(engine: Arc<Engine>, cx: Cx, roles: Roles) -> Running {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    if roles.worker {
        tasks.spawn(work(Arc::clone(&engine), cx.clone(), stopped.clone()));
        tasks.spawn(sweep(Arc::clone(&engine), cx.clone(), stopped.clone()));
    }
    if roles.poller {
        tasks.spawn(poll(Arc::clone(&engine), cx.clone(), stopped.clone()));
    }
    if roles.pusher {
        tasks.spawn(push(engine, cx, stopped));
    }
    Running { stop, tasks }
}

impl Running {
    /// Lets every step in progress end, so that no lease stays behind.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn work(engine: Arc<Engine>, cx: Cx, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let deliveries = engine.work(&cx).await;
        let checks = engine.check(&cx).await;
        match (deliveries, checks) {
            (Ok(0), Ok(0)) => wait(&cx, &signals(&engine).work, IDLE_US, &mut stopped).await,
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => rest(&cx, "worker", &error, &mut stopped).await,
        }
    }
}

async fn push(engine: Arc<Engine>, cx: Cx, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match engine.push(&cx).await {
            Ok(0) => {
                let due_us = next_push(&engine, &cx).await.unwrap_or(i64::MAX);
                let pause_us = due_us.saturating_sub(cx.now_us()).clamp(1_000, IDLE_US);
                wait(&cx, &signals(&engine).push, pause_us, &mut stopped).await;
            }
            Ok(_) => {}
            Err(error) => rest(&cx, "pusher", &error, &mut stopped).await,
        }
    }
}

async fn next_push(engine: &Engine, cx: &Cx) -> Option<i64> {
    let connections = engine.pushable(cx).await.ok()?;
    engine.store().next_due(connections).await.ok()?
}

/// Every connection has its own pass, so that a slow tracker holds up nobody else's.
async fn poll(engine: Arc<Engine>, cx: Cx, mut stopped: watch::Receiver<bool>) {
    let mut passes: JoinSet<(ConnectionId, bool)> = JoinSet::new();
    let mut busy: BTreeSet<ConnectionId> = BTreeSet::new();
    let mut rests = Rests::default();
    while !*stopped.borrow() {
        while let Some(done) = passes.try_join_next() {
            if let Ok((id, succeeded)) = done {
                busy.remove(&id);
                if succeeded {
                    rests.end(id);
                }
            }
        }
        let mut next_us = cx.now_us() + IDLE_US;
        match engine.store().connections().await {
            Ok(connections) => {
                for connection in connections {
                    let (id, parked, now_us) = (connection.id, connection.parked.is_some(), cx.now_us());
                    let (owed, due_us) = engine.pass_due(&connection, now_us);
                    match owed {
                        Some(full) if !busy.contains(&id) && !rests.holds(id, parked, now_us) => {
                            busy.insert(id);
                            let poll_us = connection.settings.poll_us.unwrap_or(engine.timing().poll_us);
                            rests.begin(id, parked, poll_us, now_us, engine.timing());
                            passes.spawn(one_pass(Arc::clone(&engine), cx.clone(), id, full));
                        }
                        Some(_) => {}
                        None => next_us = next_us.min(due_us),
                    }
                }
            }
            Err(error) => rest(&cx, "poller", &error.into(), &mut stopped).await,
        }
        let pause_us = (next_us - cx.now_us()).clamp(1_000, IDLE_US / 4);
        wait(&cx, &signals(&engine).pass, pause_us, &mut stopped).await;
    }
    while passes.join_next().await.is_some() {}
}

/// One pass; answers whether it ended well.
async fn one_pass(engine: Arc<Engine>, cx: Cx, id: ConnectionId, full: bool) -> (ConnectionId, bool) {
    let result = engine.sync(&cx, id, full).await;
    let succeeded = result.is_ok();
    match result {
        Ok(report) => tracing::debug!(connection = %id, full, listed = report.listed, changed = report.changed, "pass"),
        Err(PassError::Busy | PassError::NotFound | PassError::Step(StepError::Parked(_))) => {}
        Err(error) => tracing::warn!(connection = %id, full, %error, "a pass failed and will be made again"),
    }
    (id, succeeded)
}

async fn sweep(engine: Arc<Engine>, cx: Cx, mut stopped: watch::Receiver<bool>) {
    let never = Notify::new();
    while !*stopped.borrow() {
        if let Err(error) = engine.sweep(&cx).await {
            tracing::warn!(%error, "sweeping failed and will be tried again");
        }
        wait(&cx, &never, SWEEP_US, &mut stopped).await;
    }
}

fn signals(engine: &Engine) -> &Signals {
    &engine.signals
}

async fn rest(cx: &Cx, role: &str, error: &StepError, stopped: &mut watch::Receiver<bool>) {
    tracing::warn!(role, %error, "a step failed and will run again");
    wait(cx, &Notify::new(), ERROR_REST_US, stopped).await;
}

/// Waits for a signal, a time or the stop, whichever comes first.
async fn wait(cx: &Cx, signal: &Notify, pause_us: i64, stopped: &mut watch::Receiver<bool>) {
    let timer = cx.clock.sleep(pause_us);
    let signal = std::pin::pin!(signal.notified());
    let stop = std::pin::pin!(stopped.changed());
    first(signal, first(timer, stop)).await;
}

async fn first<A: Future + Unpin, B: Future>(left: A, right: B) {
    let right = std::pin::pin!(right);
    match select(left, right).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}

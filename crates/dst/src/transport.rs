//! The way to the simulated tracker: anything may happen before a request takes effect and before its answer arrives.

use crate::clock::SimClock;
use crate::gate::Gate;
use issuesync_forge_sim::{Request, Sim};
use issuesync_model::{BoxFuture, Clock};
use issuesync_provider::{Response, Transport, TransportError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A tracker that several may talk to.
pub type SharedSim = Arc<Mutex<Sim>>;

/// The tracker, locked.
pub fn lock(sim: &SharedSim) -> MutexGuard<'_, Sim> {
    sim.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes that are on their way, and what was seen of them.
#[derive(Debug, Default)]
pub struct Traffic {
    /// By address: when the time limit of each write on its way runs out, microseconds.
    in_flight: BTreeMap<String, Vec<i64>>,
    /// Requests sent.
    pub requests: u64,
    /// Requests other than GET.
    pub writes: u64,
    /// Addresses to which two writes were on their way at one time (I9).
    pub doubled: Vec<String>,
}

/// One process's network.
pub struct SimTransport {
    /// The tracker.
    pub sim: SharedSim,
    /// The time.
    pub clock: Arc<SimClock>,
    /// The gate of the process.
    pub gate: Arc<Gate>,
    /// What is on its way.
    pub traffic: Arc<Mutex<Traffic>>,
}

impl SimTransport {
    async fn exchange(
        &self,
        request: issuesync_provider::Request,
        timeout_us: i64,
    ) -> Result<Response, TransportError> {
        // The time limit runs from the call on: who is held up before the first byte went out has less of it left.
        let t_send_us = self.clock.now_us();
        self.gate.before().await;
        let path = request.url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        let write = self.begin(&request, &path, t_send_us + timeout_us);
        self.gate.before().await;
        let mut wire = Request::new(request.method.word(), &path);
        wire.headers = request.headers;
        wire.body = request.body.unwrap_or_default();
        // A caller that was held up past its own time limit has hung up before the effect: the tracker never sees the request.
        let in_time = self.clock.now_us() - t_send_us <= timeout_us;
        let answer = in_time.then(|| lock(&self.sim).handle(self.clock.now_ms(), &wire));
        self.gate.before().await;
        self.end(write);
        let t_recv_us = self.clock.now_us();
        let Some(answer) = answer.filter(|answer| !answer.lost && t_recv_us - t_send_us <= timeout_us) else {
            return Err(TransportError::NoAnswer("time limit reached".to_owned()));
        };
        self.gate.after().await;
        let headers = lower_case(answer.headers);
        Ok(Response { status: answer.status, headers, body: answer.body, t_send_us, t_recv_us })
    }

    /// Notes a request; answers the issue or comment that it writes to.
    fn begin(&self, request: &issuesync_provider::Request, path: &str, until_us: i64) -> Option<(String, i64)> {
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.requests += 1;
        if !request.method.writes() {
            return None;
        }
        traffic.writes += 1;
        let target = target(path)?;
        let now_us = self.clock.now_us();
        let others = traffic.in_flight.entry(target.clone()).or_default();
        // Whoever is held up beyond the time limit has hung up, and hears of it when it goes on.
        others.retain(|until_us| *until_us >= now_us);
        others.push(until_us);
        if others.len() > 1 && until_us >= now_us {
            traffic.doubled.push(target.clone());
        }
        Some((target, until_us))
    }

    fn end(&self, write: Option<(String, i64)>) {
        let Some((target, until_us)) = write else { return };
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = traffic.in_flight.get_mut(&target)
            && let Some(at) = others.iter().position(|known| *known == until_us)
        {
            others.remove(at);
        }
    }
}

/// Headers as the transport port wants them.
#[must_use]
pub fn lower_case(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    headers
}

impl Traffic {
    /// The process died: nothing of it is on its way any more.
    pub fn cut(&mut self) {
        self.in_flight.clear();
    }
}

/// `…/issues/7/labels` and `…/issues/7` write to one issue; a new comment is its own row.
fn target(path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().position(|part| *part == "issues")?;
    let end = match parts.get(at + 1..)? {
        ["comments", _, ..] => at + 3,
        [_, "comments", ..] | [] => return None,
        _ => at + 2,
    };
    Some(parts[..end.min(parts.len())].join("/"))
}

impl Transport for SimTransport {
    fn send(
        &self,
        request: issuesync_provider::Request,
        timeout_us: i64,
    ) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request, timeout_us))
    }
}

//! The listener: connections under limits, so that slow or many clients cannot keep others out.
//!
//! Handles: heads that dribble in (a timer per head), idle connections (the same timer), too many connections (more
//! wait in the backlog), too many of one address (closed at once), a stop while requests run (they may finish for a
//! while). Bodies that dribble in are ended where they are read.

use crate::state::Limits;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// Serves the router until `shutdown` ends; then running requests may finish within the limits' grace.
///
/// # Errors
/// None today: errors of single connections are theirs alone, and a full table of files is waited out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let gate = Gate::new(&limits);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = accept(&listener, &gate) => accepted,
        };
        if let Some((socket, pass)) = accepted {
            connections.spawn(connection(socket, pass, router.clone(), limits.clone(), stopping.clone()));
        }
    }
    drop(listener);
    // Nobody listening is no error: then no connection is open.
    let _ = stop.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_millis(limits.grace_ms), finished).await;
    Ok(())
}

/// Takes a place first and a connection then: what is over the limit waits in the listener's backlog.
async fn accept(listener: &TcpListener, gate: &Gate) -> Option<(TcpStream, Pass)> {
    let place = Arc::clone(&gate.places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((socket, from)) => gate.admit(from.ip(), place).map(|pass| (socket, pass)),
        Err(error) => {
            // Out of file descriptors, mostly: without a pause this would spin.
            tracing::warn!(%error, "a connection could not be accepted");
            let _ = tokio::time::timeout(Duration::from_millis(100), std::future::pending::<()>()).await;
            None
        }
    }
}

async fn connection(
    socket: TcpStream,
    _pass: Pass,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers go out at once; a socket that refuses the option works all the same.
    let _ = socket.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_timeout_ms))
        .max_buf_size(limits.header_bytes_max.max(8_192));
    let serving = builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let stopped = async { drop(stopping.wait_for(|stop| *stop).await) };
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How many connections there are, in all and by address.
struct Gate {
    places: Arc<Semaphore>,
    per_ip_max: usize,
    by_ip: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// The right to be connected; given back when it is dropped.
struct Pass {
    ip: IpAddr,
    by_ip: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    fn new(limits: &Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.connections_max));
        Self { places, per_ip_max: limits.connections_per_ip_max, by_ip: Arc::default() }
    }

    fn admit(&self, ip: IpAddr, place: OwnedSemaphorePermit) -> Option<Pass> {
        let mut by_ip = self.by_ip.lock().unwrap_or_else(PoisonError::into_inner);
        let open = by_ip.entry(ip).or_insert(0);
        if *open >= self.per_ip_max {
            tracing::debug!(%ip, "too many connections of one address");
            return None;
        }
        *open += 1;
        Some(Pass { ip, by_ip: Arc::clone(&self.by_ip), _place: place })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut by_ip = self.by_ip.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = by_ip.get_mut(&self.ip) {
            *open -= 1;
            if *open == 0 {
                by_ip.remove(&self.ip);
            }
        }
    }
}

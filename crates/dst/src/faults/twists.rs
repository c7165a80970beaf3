//! What the named scenarios change of a process from outside: shorter delays, a network on which a tracker refuses one field, a store that fails at one call, an adapter that breaks over one delivery.

use crate::twist::{Bend, Bent, Twist};
use issuesync_model::{BoxFuture, Timing};
use issuesync_provider::{Notice, Provider, Request, Response, Transport, TransportError};
use issuesync_store::{Gate, GatedStore, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};

/// The short delays of demonstrations.
pub(super) struct Brief;

impl Twist for Brief {
    fn timing(&self, timing: &mut Timing) {
        *timing = Timing { http_timeout_us: timing.http_timeout_us, lease_us: timing.lease_us, ..Timing::short() };
    }
}

/// A tracker that refuses every request whose body names one field, or whose address ends with a word.
pub(super) struct Refusing {
    what: &'static str,
    refused: Arc<AtomicU64>,
}

impl Refusing {
    /// Refuses this field, or reads of addresses with this part where it begins with a slash.
    pub(super) fn every(what: &'static str) -> Self {
        Self { what, refused: Arc::default() }
    }

    /// How often it did.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Twist for Refusing {
    fn transport(&self, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(RefusingWire { inner, what: self.what, refused: Arc::clone(&self.refused) })
    }
}

struct RefusingWire {
    inner: Arc<dyn Transport>,
    what: &'static str,
    refused: Arc<AtomicU64>,
}

impl RefusingWire {
    fn refuses(&self, request: &Request) -> bool {
        if self.what.starts_with('/') {
            return request.url.ends_with(self.what);
        }
        let body = request.body.as_deref().and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
        body.is_some_and(|body| body.get(self.what).is_some())
    }
}

impl Transport for RefusingWire {
    fn send(&self, request: Request, timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            if !self.refuses(&request) {
                return self.inner.send(request, timeout_us).await;
            }
            self.refused.fetch_add(1, Ordering::Relaxed);
            // The exchange takes its time all the same: a harmless read in its place.
            let read = Request { method: issuesync_provider::Method::Get, body: None, ..request };
            let answer = self.inner.send(read, timeout_us).await?;
            Ok(Response {
                status: 422,
                headers: answer.headers,
                body: br#"{"message":"this one is not wanted"}"#.to_vec(),
                ..answer
            })
        })
    }
}

/// A store that refuses one call: the n-th from when it was told.
#[derive(Default)]
pub(super) struct Failing {
    left: Arc<AtomicI64>,
}

impl Failing {
    /// The n-th call from here fails, counted from 0.
    pub(super) fn at(&self, n: i64) {
        self.left.store(n + 1, Ordering::Relaxed);
    }

    /// Whether the call that was to fail did.
    pub(super) fn struck(&self) -> bool {
        self.left.load(Ordering::Relaxed) <= 0
    }
}

impl Twist for Failing {
    fn store(&self, inner: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(GatedStore { inner, gate: Arc::new(Countdown(Arc::clone(&self.left))) })
    }
}

struct Countdown(Arc<AtomicI64>);

impl Gate for Countdown {
    fn before(&self, _: &mut Context<'_>, _: &mut u8) -> Poll<issuesync_store::Result<()>> {
        let fails = self.0.fetch_sub(1, Ordering::Relaxed) == 1;
        Poll::Ready(if fails { Err(StoreError::Unavailable("database is locked".to_owned())) } else { Ok(()) })
    }

    fn after(&self, _: &mut Context<'_>, _: &mut u8) -> Poll<()> {
        Poll::Ready(())
    }
}

/// An adapter that breaks over deliveries about one issue, once it was told to.
#[derive(Default)]
pub(super) struct Breaking {
    number: Arc<AtomicI64>,
    broke: Arc<AtomicU64>,
}

impl Breaking {
    /// From here on it breaks over this issue.
    pub(super) fn over(&self, number: i64) {
        self.number.store(number, Ordering::Relaxed);
    }

    /// How often it broke.
    pub(super) fn broke(&self) -> u64 {
        self.broke.load(Ordering::Relaxed)
    }
}

impl Twist for Breaking {
    fn provider(&self, inner: Arc<dyn Provider>) -> Arc<dyn Provider> {
        let bend = Break { number: Arc::clone(&self.number), broke: Arc::clone(&self.broke) };
        Arc::new(Bent { inner, bend })
    }
}

struct Break {
    number: Arc<AtomicI64>,
    broke: Arc<AtomicU64>,
}

impl Bend for Break {
    fn notice(&self, notice: &mut Notice) {
        if notice.number == Some(self.number.load(Ordering::Relaxed)) {
            self.broke.fetch_add(1, Ordering::Relaxed);
            // A panic like any other, but for the lines that the hook would print.
            std::panic::resume_unwind(Box::new("broken over one delivery"));
        }
    }
}

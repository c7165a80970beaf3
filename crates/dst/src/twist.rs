//! What can be changed of a process from outside: its delays, its settings, and a wrapper around each port. Product code has no
//! switches; a tracker with other habits, and the mutants that test the tests, come in here.

use issuesync_model::{Capabilities, Catalog, ProviderKind, Secret, Settings, Timing};
use issuesync_provider::{
    Answer, Call, CallError, Malformed, Notice, PlanError, Provider, Request, Response, Target, Transport, Unverified,
    WritePlan,
};
use issuesync_store::Store;
use std::borrow::Cow;
use std::sync::Arc;

/// A change to a process. Every method leaves things as they are unless it says otherwise.
pub trait Twist: Send + Sync {
    /// Changes the delays.
    fn timing(&self, _timing: &mut Timing) {}

    /// Changes what the owner of the connections decided.
    fn settings(&self, _settings: &mut Settings) {}

    /// Wraps an adapter.
    fn provider(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        provider
    }

    /// Wraps the store, inside the gate.
    fn store(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }

    /// Wraps the network, outside the gate.
    fn transport(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        transport
    }
}

/// Nothing is changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Twist for Plain {}

/// What a wrapped adapter answers otherwise.
pub trait Bend: Send + Sync {
    /// Changes what the tracker is known to be able to do.
    fn capabilities(&self, _capabilities: &mut Capabilities) {}

    /// Changes an answer.
    fn answer(&self, _target: &Target, _call: &Call, _answer: &mut Result<Answer, CallError>) {}

    /// Changes what a delivery points at.
    fn notice(&self, _notice: &mut Notice) {}
}

/// An adapter that is bent.
pub struct Bent<B> {
    /// The adapter itself.
    pub inner: Arc<dyn Provider>,
    /// How it is bent.
    pub bend: B,
}

impl<B: Bend> Provider for Bent<B> {
    fn kind(&self) -> ProviderKind {
        self.inner.kind()
    }

    fn split_url(&self, url: &str) -> Option<(String, String)> {
        self.inner.split_url(url)
    }

    fn probes(&self, target: &Target) -> Vec<(&'static str, Request)> {
        self.inner.probes(target)
    }

    fn capabilities(&self, answers: &[(&'static str, Response)]) -> Result<Capabilities, String> {
        let mut found = self.inner.capabilities(answers)?;
        self.bend.capabilities(&mut found);
        Ok(found)
    }

    fn request(&self, target: &Target, capabilities: &Capabilities, call: &Call) -> Request {
        self.inner.request(target, capabilities, call)
    }

    fn answer(
        &self,
        target: &Target,
        capabilities: &Capabilities,
        call: &Call,
        response: &Response,
    ) -> Result<Answer, CallError> {
        let mut answer = self.inner.answer(target, capabilities, call, response);
        self.bend.answer(target, call, &mut answer);
        answer
    }

    fn plan(
        &self,
        write: &WritePlan<'_>,
        catalog: &Catalog,
        capabilities: &Capabilities,
        one_by_one: bool,
    ) -> Result<Vec<Call>, PlanError> {
        self.inner.plan(write, catalog, capabilities, one_by_one)
    }

    fn verify<'a>(
        &self,
        headers: &[(String, String)],
        body: &'a [u8],
        secrets: &[Secret],
    ) -> Result<Cow<'a, [u8]>, Unverified> {
        self.inner.verify(headers, body, secrets)
    }

    fn payload<'a>(&self, headers: &[(String, String)], body: &'a [u8]) -> Cow<'a, [u8]> {
        self.inner.payload(headers, body)
    }

    fn delivery_id(&self, headers: &[(String, String)]) -> Option<String> {
        self.inner.delivery_id(headers)
    }

    fn notice(&self, headers: &[(String, String)], json: &[u8]) -> Result<Notice, Malformed> {
        let mut notice = self.inner.notice(headers, json)?;
        self.bend.notice(&mut notice);
        Ok(notice)
    }
}

/// A tracker whose lists may lag behind its single reads, as other products' do: the adapter says so.
#[derive(Debug, Clone, Copy)]
pub struct Lagging;

impl Bend for Lagging {
    fn capabilities(&self, capabilities: &mut Capabilities) {
        capabilities.list_is_fresh = false;
    }
}

//! Gitea and Forgejo.
//!
//! Facts are from the servers' own source and from running servers: Gitea between 1.24 and 1.25, Forgejo 7.0.0 and 12.

mod client;
mod history;
mod map;
mod page;
mod probe;
mod status;
mod webhook;
mod wire;
mod write;

use issuesync_model::{Capabilities, Catalog, ProviderKind, Secret};
use issuesync_provider::{
    Answer, Call, CallError, Malformed, Notice, PlanError, Provider, Request, Response, Target, Unverified, WritePlan,
};
use std::borrow::Cow;

/// The adapter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gitea;

impl Provider for Gitea {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Gitea
    }

    fn split_url(&self, url: &str) -> Option<(String, String)> {
        client::split_url(url)
    }

    fn probes(&self, target: &Target) -> Vec<(&'static str, Request)> {
        probe::probes(target)
    }

    fn capabilities(&self, answers: &[(&'static str, Response)]) -> Result<Capabilities, String> {
        probe::capabilities(answers)
    }

    fn request(&self, target: &Target, capabilities: &Capabilities, call: &Call) -> Request {
        client::request(target, capabilities, call)
    }

    fn answer(
        &self,
        _target: &Target,
        capabilities: &Capabilities,
        call: &Call,
        response: &Response,
    ) -> Result<Answer, CallError> {
        map::answer(capabilities, call, response)
    }

    fn plan(
        &self,
        write: &WritePlan<'_>,
        catalog: &Catalog,
        capabilities: &Capabilities,
        one_by_one: bool,
    ) -> Result<Vec<Call>, PlanError> {
        write::plan(write, catalog, capabilities, one_by_one)
    }

    fn verify<'a>(
        &self,
        headers: &[(String, String)],
        body: &'a [u8],
        secrets: &[Secret],
    ) -> Result<Cow<'a, [u8]>, Unverified> {
        webhook::verify(headers, body, secrets)
    }

    fn payload<'a>(&self, headers: &[(String, String)], body: &'a [u8]) -> Cow<'a, [u8]> {
        webhook::payload(headers, body).unwrap_or(Cow::Borrowed(body))
    }

    fn delivery_id(&self, headers: &[(String, String)]) -> Option<String> {
        webhook::delivery_id(headers)
    }

    fn notice(&self, headers: &[(String, String)], json: &[u8]) -> Result<Notice, Malformed> {
        webhook::notice(headers, json)
    }
}

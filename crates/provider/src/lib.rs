//! The port to a tracker: requests out, answers in, and errors that carry the decision.
//!
//! A [`Provider`] is pure and synchronous: it turns a [`Call`] into one HTTP request and one answer into an
//! [`Answer`] or a [`CallError`]. Nothing here awaits, sleeps, retries or follows a redirect; the engine sends each
//! request through the one async port [`Transport`]. This crate knows no HTTP client, no store and no runtime.

pub mod call;
pub mod error;
pub mod http;
pub mod notice;
pub mod plan;
pub mod transport;

pub use call::{Answer, Call, HistoryEntry, HookState, IssuePage, Repository};
pub use error::CallError;
pub use http::{Method, Request, Response};
pub use notice::{Malformed, Notice, Unverified};
pub use plan::{PlanError, WritePlan};
pub use transport::{Transport, TransportError};

use issuesync_model::{Capabilities, Catalog, ProviderKind, Secret};
use std::borrow::Cow;

/// Where a call goes: one repository through one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The tracker's root without a slash at the end.
    pub base_url: String,
    /// The account's token.
    pub token: Secret,
    /// `owner/name`.
    pub repo_path: String,
    /// The repository's id; 0 before it is known.
    pub repo_id: i64,
    /// Addresses on private networks and loopback are allowed.
    pub allow_private_network: bool,
    /// Plain http is allowed.
    pub allow_http: bool,
}

/// A tracker's adapter.
pub trait Provider: Send + Sync {
    /// Which one it is.
    fn kind(&self) -> ProviderKind;

    /// Splits the address of a repository's page into the tracker's root and `owner/name`; `None` when it is no such address.
    fn split_url(&self, url: &str) -> Option<(String, String)>;

    /// The requests that tell what the tracker can do, each with a name; answers to all of them go to [`Provider::capabilities`].
    fn probes(&self, target: &Target) -> Vec<(&'static str, Request)>;

    /// What the tracker can do, from the answers to the probes.
    ///
    /// # Errors
    /// A sentence when this is not a tracker of this kind.
    fn capabilities(&self, answers: &[(&'static str, Response)]) -> Result<Capabilities, String>;

    /// The one HTTP request of a call.
    fn request(&self, target: &Target, capabilities: &Capabilities, call: &Call) -> Request;

    /// What an answer means.
    ///
    /// # Errors
    /// What to do when the call did not succeed.
    fn answer(
        &self,
        target: &Target,
        capabilities: &Capabilities,
        call: &Call,
        response: &Response,
    ) -> Result<Answer, CallError>;

    /// The ordered calls of a write: scalars, adds, removes, due date, lock, state last. With `one_by_one` each call carries one field.
    ///
    /// # Errors
    /// When the catalog lacks something that the write names.
    fn plan(
        &self,
        write: &WritePlan<'_>,
        catalog: &Catalog,
        capabilities: &Capabilities,
        one_by_one: bool,
    ) -> Result<Vec<Call>, PlanError>;

    /// Verifies a delivery over its raw bytes and gives back the JSON that was signed (form bodies are decoded first). Header names are lower-case.
    ///
    /// # Errors
    /// One error for every cause, so that an answer teaches nothing.
    fn verify<'a>(
        &self,
        headers: &[(String, String)],
        body: &'a [u8],
        secrets: &[Secret],
    ) -> Result<Cow<'a, [u8]>, Unverified>;

    /// The signed JSON of a delivery without a look at its signature: for stored deliveries, which were verified on arrival.
    fn payload<'a>(&self, headers: &[(String, String)], body: &'a [u8]) -> Cow<'a, [u8]>;

    /// The tracker's id of a delivery, when its headers carry one.
    fn delivery_id(&self, headers: &[(String, String)]) -> Option<String>;

    /// What a verified delivery points at. A kind of event that does not matter is a notice with `ignored`.
    ///
    /// # Errors
    /// When the JSON is none, is nested too deep or lacks what its event must have.
    fn notice(&self, headers: &[(String, String)], json: &[u8]) -> Result<Notice, Malformed>;
}

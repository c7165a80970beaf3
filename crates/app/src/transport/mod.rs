//! The way out to the trackers: single requests over reqwest, without redirects, retries or proxies.
//!
//! Refused before anything is sent: plain http and private addresses unless the connection allows them, addresses
//! with a user in them. Every address that a name resolves to is checked at the moment of connecting, so that a name
//! that changes its mind is refused too. An answer is limited after decompression.

mod address;
mod resolver;

pub use address::is_public;
pub use resolver::{Lookup, SystemLookup};

use issuesync_model::{BoxFuture, Clock};
use issuesync_provider::{Method, Request, Response, Transport, TransportError};
use resolver::{Guard, Refused};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

/// The largest answer that is read, after decompression.
pub const ANSWER_BYTES_MAX: usize = 10 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const AGENT: &str = concat!("issuesync/", env!("CARGO_PKG_VERSION"));

/// The network as the engine's port.
pub struct HttpTransport {
    clock: Arc<dyn Clock>,
    /// For connections that may reach public addresses only. Pools are apart: no private connection is shared.
    public: reqwest::Client,
    /// For connections with `allow_private_network`.
    private: reqwest::Client,
}

impl HttpTransport {
    /// A transport that stamps with this clock.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Self::with_lookup(clock, &(Arc::new(SystemLookup) as Arc<dyn Lookup>))
    }

    /// A transport with its own name resolution.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn with_lookup(clock: Arc<dyn Clock>, lookup: &Arc<dyn Lookup>) -> anyhow::Result<Self> {
        crate::install_tls();
        let client = |private| {
            reqwest::Client::builder()
                .user_agent(AGENT)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .dns_resolver(Guard { lookup: Arc::clone(lookup), private })
                .build()
        };
        Ok(Self { clock, public: client(false)?, private: client(true)? })
    }

    async fn exchange(&self, request: Request, timeout_us: i64) -> Result<Response, TransportError> {
        let url = check(&request)?;
        let client = if request.allow_private_network { &self.private } else { &self.public };
        let timeout = Duration::from_micros(u64::try_from(timeout_us).unwrap_or(0));
        let mut builder = client.request(method(request.method), url).timeout(timeout);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let t_send_us = self.clock.now_us();
        let answer = builder.send().await.map_err(|error| failure(&error))?;
        let status = answer.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = read(answer).await?;
        Ok(Response { status, headers, body, t_send_us, t_recv_us: self.clock.now_us() })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request, timeout_us: i64) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request, timeout_us))
    }
}

/// What can be refused by looking at the address alone.
fn check(request: &Request) -> Result<url::Url, TransportError> {
    let refuse = |reason: &str| TransportError::NotSent(reason.to_owned());
    let url = url::Url::parse(&request.url).map_err(|error| refuse(&format!("the address is malformed: {error}")))?;
    match url.scheme() {
        "https" => {}
        "http" if request.allow_http => {}
        "http" => return Err(refuse("plain http is refused; use https, or set allow_http = true for this connection")),
        _ => return Err(refuse("only http and https addresses are supported")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("the address holds a user name or password; give the token on its own"));
    }
    let literal = match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(ip.into()),
        Some(url::Host::Ipv6(ip)) => Some(ip.into()),
        Some(url::Host::Domain(_)) => None,
        None => return Err(refuse("the address names no host")),
    };
    match literal {
        Some(ip) if !request.allow_private_network && !is_public(ip) => Err(refuse(&Refused(ip).to_string())),
        _ => Ok(url),
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| TransportError::NoAnswer(sentence(&error)))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(TransportError::NoAnswer("the answer is larger than 10 MiB".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Only what was refused here counts as not sent. A tracker that takes no connection gives no answer: it is ill, and
/// the breaker must hear of it, although the request had no effect.
fn failure(error: &reqwest::Error) -> TransportError {
    let text = sentence(error);
    let refused = causes(error).any(|cause| cause.downcast_ref::<Refused>().is_some());
    if refused || error.is_builder() { TransportError::NotSent(text) } else { TransportError::NoAnswer(text) }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn std::error::Error + 'static)| (*cause).source())
}

/// The causes of an error without its address, which may say more than a log should keep.
pub(crate) fn sentence(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "no connection within the time limit" } else { "time limit reached" }
            .to_owned();
    }
    let last = causes(error).find(|cause| cause.downcast_ref::<Refused>().is_some()).or_else(|| causes(error).last());
    last.map_or_else(|| "the exchange failed".to_owned(), ToString::to_string)
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

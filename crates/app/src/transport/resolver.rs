//! Name resolution that checks every address at the moment of connecting.

use super::is_public;
use issuesync_model::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Turns a host name into addresses.
pub trait Lookup: Send + Sync + 'static {
    /// Every address of the name, port 0.
    fn lookup(&self, host: String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>>;
}

/// The operating system's name resolution.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.collect()) })
    }
}

/// An address that the connection may not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is an address of a private network or of this machine; set allow_private_network = true for this connection if that is meant"
)]
pub(super) struct Refused(pub(super) IpAddr);

/// The resolver of one of the two clients.
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, private) = (self.lookup.lookup(name.as_str().to_owned()), self.private);
        Box::pin(async move {
            let addresses = found.await?;
            let refused = addresses.iter().map(SocketAddr::ip).find(|ip| !private && !is_public(*ip));
            match refused {
                Some(ip) => Err(Refused(ip).into()),
                None => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

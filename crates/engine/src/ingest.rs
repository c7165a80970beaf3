//! Step 1: a delivery arrives. It is verified over its raw bytes and made durable; only then is it acknowledged.
//!
//! The secret is chosen by the address alone, never by what the payload says; a payload that names another
//! repository than the address is refused.

use crate::engine::{Engine, Tallies};
use issuesync_model::log::hex;
use issuesync_model::{Connection, ConnectionChange, Cx, Delivery, DeliveryKey, DeliveryState, ProviderKind, Secret};
use issuesync_provider::{Malformed, Notice, Provider};
use issuesync_store::Appended;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A webhook request as it came.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The provider in the address.
    pub provider: ProviderKind,
    /// The connection in the address, by id or name.
    pub connection: Option<String>,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// What became of a request that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// It is durable (or was before).
    Queued,
    /// It needs nothing done, and why.
    Ignored(String),
}

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The address names no connection.
    #[error("no such connection")]
    UnknownConnection,
    /// The address has no secret configured.
    #[error("no webhook secret is configured for this provider")]
    NotConfigured,
    /// The signature does not match.
    #[error("the signature does not match")]
    Unverified,
    /// The body cannot be read.
    #[error("the payload cannot be read: {0}")]
    Malformed(String),
    /// The payload names another repository than the address.
    #[error("{0}")]
    WrongRepository(String),
    /// It could not be made durable: the sender is not told that it was.
    #[error("the delivery could not be stored: {0}")]
    Unavailable(String),
}

impl Engine {
    /// Takes one webhook request.
    ///
    /// # Errors
    /// See [`IngestError`]; only after `Ok(Queued)` may the request be acknowledged.
    pub async fn ingest(&self, cx: &Cx, incoming: Incoming) -> Result<Ingested, IngestError> {
        let provider = self.providers.get(&incoming.provider).cloned().ok_or(IngestError::NotConfigured)?;
        let addressed = match &incoming.connection {
            Some(name) => Some(self.addressed(incoming.provider, name).await?),
            None => None,
        };
        let secrets = match &addressed {
            Some(connection) => self.hook_secrets(connection)?,
            None => self.provider_secrets.get(&incoming.provider).cloned().unwrap_or_default(),
        };
        if secrets.is_empty() {
            return Err(IngestError::NotConfigured);
        }
        let json = provider.verify(&incoming.headers, &incoming.body, &secrets).map_err(|_| {
            Tallies::add(&self.tallies.unverified, 1);
            IngestError::Unverified
        })?;
        let notice = match provider.notice(&incoming.headers, &json) {
            Ok(notice) => notice,
            Err(Malformed(reason)) => {
                self.mark_unreadable(incoming.provider, addressed.as_ref()).await?;
                return Err(IngestError::Malformed(reason));
            }
        };
        if let Some(reason) = notice.ignored {
            return Ok(Ingested::Ignored(reason));
        }
        let connection = match addressed {
            Some(connection) => of_repository(connection, &notice)?,
            None => match self.connected(incoming.provider, notice.repo_id).await? {
                Some(connection) => connection,
                None => return Ok(Ingested::Ignored("repository not connected".to_owned())),
            },
        };
        drop(json);
        self.queue(cx, &provider, connection, incoming).await
    }

    async fn addressed(&self, provider: ProviderKind, name: &str) -> Result<Connection, IngestError> {
        let found = match name.parse() {
            Ok(id) => self.store.connection(id).await.map_err(unavailable)?,
            Err(_) => self
                .store
                .connections()
                .await
                .map_err(unavailable)?
                .into_iter()
                .find(|connection| connection.name == name)
                .map(Arc::unwrap_or_clone),
        };
        found.filter(|connection| connection.provider == provider).ok_or(IngestError::UnknownConnection)
    }

    fn hook_secrets(&self, connection: &Connection) -> Result<Vec<Secret>, IngestError> {
        let sealed = connection.hook.iter().flat_map(|hook| &hook.secrets_sealed);
        sealed
            .map(|sealed| self.vault.open(&connection.id.to_string(), sealed))
            .collect::<Result<_, _>>()
            .map_err(|error| IngestError::Unavailable(error.to_string()))
    }

    async fn connected(&self, provider: ProviderKind, repo_id: Option<i64>) -> Result<Option<Connection>, IngestError> {
        let connections = self.store.connections().await.map_err(unavailable)?;
        let connected = connections
            .into_iter()
            .find(|connection| connection.provider == provider && Some(connection.repo_id) == repo_id);
        Ok(connected.map(Arc::unwrap_or_clone))
    }

    /// A signed body that cannot be read may have told of anything: those it may concern get a full pass.
    async fn mark_unreadable(&self, provider: ProviderKind, addressed: Option<&Connection>) -> Result<(), IngestError> {
        let all = self.store.connections().await.map_err(unavailable)?;
        let concerned = all.into_iter().filter(|connection| match addressed {
            Some(one) => one.id == connection.id,
            None => connection.provider == provider,
        });
        for connection in concerned {
            self.store
                .change_connection(connection.id, vec![ConnectionChange::Dirty], Vec::new())
                .await
                .map_err(unavailable)?;
        }
        self.signals.pass.notify_one();
        Ok(())
    }

    async fn queue(
        &self,
        cx: &Cx,
        provider: &Arc<dyn Provider>,
        connection: Connection,
        incoming: Incoming,
    ) -> Result<Ingested, IngestError> {
        let id = provider.delivery_id(&incoming.headers).unwrap_or_else(|| hex(&Sha256::digest(&incoming.body)));
        let delivery = Delivery {
            key: DeliveryKey { connection: connection.id, id },
            received_us: cx.now_us(),
            headers: incoming.headers.into_iter().filter(|(name, _)| is_kept(name)).collect(),
            body: incoming.body,
            state: DeliveryState::Queued,
            tries: 0,
            lease_until_us: 0,
            error: None,
        };
        match self.store.append(vec![delivery]).await {
            Ok(appended) => {
                let repeat = appended.first() == Some(&Appended::Repeat);
                Tallies::add(if repeat { &self.tallies.repeats } else { &self.tallies.deliveries }, 1);
                self.signals.work.notify_one();
                Ok(Ingested::Queued)
            }
            Err(error) => {
                // The sender hears 503 either way; the mark brings a full pass even if it never sends again.
                let marked =
                    self.store.change_connection(connection.id, vec![ConnectionChange::Dirty], Vec::new()).await;
                if let Err(second) = marked {
                    tracing::error!(connection = %connection.name, %second, "a delivery was not stored and the connection could not be marked dirty");
                }
                Err(unavailable(error))
            }
        }
    }
}

/// Headers that tell what a delivery is; credentials and routing are not stored.
fn is_kept(name: &str) -> bool {
    name == "content-type" || (name.starts_with("x-") && !name.starts_with("x-forwarded") && name != "x-real-ip")
}

fn of_repository(connection: Connection, notice: &Notice) -> Result<Connection, IngestError> {
    match notice.repo_id {
        Some(id) if id != connection.repo_id => Err(IngestError::WrongRepository(format!(
            "the payload is about repository {id}, but this address belongs to {}",
            connection.repo_path
        ))),
        _ => Ok(connection),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is used with map_err")]
fn unavailable(error: issuesync_store::StoreError) -> IngestError {
    IngestError::Unavailable(error.to_string())
}

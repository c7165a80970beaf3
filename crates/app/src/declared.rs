//! Connections of the configuration file, applied at start: made when missing, settings and token brought up to date.
//!
//! A tracker that does not answer never keeps the service from starting: it is tried again until it does.

use crate::config::Declared;
use crate::vault::KeyVault;
use issuesync_engine::{ConnectError, Engine, NewConnection};
use issuesync_model::{Connection, Cx};
use issuesync_store::Vault;
use std::sync::Arc;

const FIRST_PAUSE_US: i64 = 5_000_000;
const LONGEST_PAUSE_US: i64 = 300_000_000;

/// Applies every declared connection; returns when all are done or refused for good.
pub(crate) async fn apply(engine: Arc<Engine>, cx: Cx, vault: KeyVault, declared: Vec<Declared>) {
    let mut waiting = declared;
    let mut pause_us = FIRST_PAUSE_US;
    loop {
        let mut again = Vec::new();
        for connection in waiting {
            match one(&engine, &cx, &vault, &connection).await {
                Ok(()) => {}
                Err(error @ (ConnectError::Unreachable(_) | ConnectError::Store(_))) => {
                    tracing::warn!(connection = %connection.name, %error, "a declared connection waits and is tried again");
                    again.push(connection);
                }
                Err(error) => {
                    tracing::error!(connection = %connection.name, %error, "a declared connection was not applied; mend the file and start again");
                }
            }
        }
        if again.is_empty() {
            return;
        }
        waiting = again;
        cx.clock.sleep(pause_us).await;
        pause_us = (pause_us * 2).min(LONGEST_PAUSE_US);
    }
}

async fn one(engine: &Engine, cx: &Cx, vault: &KeyVault, declared: &Declared) -> Result<(), ConnectError> {
    let known = engine.store().connections().await?;
    let Some(known) = known.into_iter().find(|connection| connection.name == declared.name) else {
        let new = NewConnection {
            name: Some(declared.name.clone()),
            project: declared.project.clone(),
            url: declared.url.clone(),
            token: declared.token.clone(),
            provider: declared.provider,
            settings: declared.settings.clone(),
        };
        engine.connect(cx, new).await?;
        tracing::info!(connection = %declared.name, "connected");
        return Ok(());
    };
    same_repository(engine, declared, &known).await?;
    renew_token(engine, vault, declared, &known).await?;
    if known.settings != declared.settings {
        engine.change_settings(known.id, declared.settings.clone()).await?;
        tracing::info!(connection = %declared.name, "settings changed");
    }
    Ok(())
}

/// A name that mirrors one tracker is not silently pointed at another. The path may differ: repositories are renamed.
async fn same_repository(engine: &Engine, declared: &Declared, known: &Connection) -> Result<(), ConnectError> {
    let adapter = engine.provider(known.provider);
    let split = adapter.and_then(|adapter| adapter.split_url(&declared.url));
    let account = engine.store().account(known.account).await?;
    if let (Some((base, _)), Some(account)) = (split, account)
        && base != account.base_url
    {
        let message = format!("it is declared for {base} and mirrors {}; give it another name", account.base_url);
        return Err(ConnectError::Taken(message));
    }
    Ok(())
}

/// A token that was replaced in the file is sealed anew; a park for the old one ends at the next probe.
async fn renew_token(
    engine: &Engine,
    vault: &KeyVault,
    declared: &Declared,
    known: &Connection,
) -> Result<(), ConnectError> {
    let Some(mut account) = engine.store().account(known.account).await? else { return Ok(()) };
    let owner = account.id.to_string();
    if vault.open(&owner, &account.token_sealed).is_ok_and(|token| token == declared.token) {
        return Ok(());
    }
    account.token_sealed = vault.seal(&owner, &declared.token);
    engine.store().put_account(account).await?;
    tracing::info!(connection = %declared.name, "token replaced");
    Ok(())
}

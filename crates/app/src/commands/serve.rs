//! `serve`: the service, until it is interrupted or told to end.

use super::interrupted;
use crate::cli::Context;
use crate::failure::{Exit, Failure};
use crate::wiring::{Service, Start, busy};
use crate::{api, telemetry};
use issuesync_engine::Roles;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What this process does
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Role::ALL)]
    roles: Vec<Role>,
}

/// What a process can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Listens: API and webhooks
    Web,
    /// Takes deliveries and checks
    Worker,
    /// Makes passes over the trackers
    Poller,
    /// Sends edits
    Pusher,
}

impl Role {
    const ALL: [Self; 4] = [Self::Web, Self::Worker, Self::Poller, Self::Pusher];
}

/// Runs the service.
///
/// # Errors
/// When it cannot start or its stop cannot be noted.
pub async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let config = api::load(context.config.as_deref())?;
    telemetry::start(&config.log);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let has = |role| args.roles.contains(&role);
    let roles = Roles { worker: has(Role::Worker), poller: has(Role::Poller), pusher: has(Role::Pusher) };
    let data = config.data_dir().to_owned();
    let unreachable = config.server.public_url.is_none() && config.server.listen.ip().is_unspecified();
    let service = Service::try_start(config, Start { web: has(Role::Web), roles: Some(roles) }).await?;
    let service = service.ok_or_else(|| busy(&data))?;
    if unreachable {
        tracing::warn!(
            "no webhooks are registered: set server.public_url to the address by which trackers reach this service"
        );
    }
    match service.url() {
        Some(url) => {
            tracing::info!(url, data = %data.display(), version = env!("CARGO_PKG_VERSION"), "issuesync serves");
        }
        None => {
            tracing::info!(data = %data.display(), version = env!("CARGO_PKG_VERSION"), "issuesync runs without listening");
        }
    }
    interrupted().await;
    tracing::info!("stopping");
    service.stop().await?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

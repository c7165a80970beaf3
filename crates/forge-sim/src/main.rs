//! A simulated tracker to play with: listens, prints how to connect, forgets everything when it ends.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use issuesync_forge_sim::{Config, Flavour, Sim, serve};

/// A simulated issue tracker that speaks Gitea's API and sends signed webhooks.
#[derive(Debug, Parser)]
#[command(name = "issuesync-forge-sim", version)]
struct Options {
    /// Address to listen on, for example 127.0.0.1:3001; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    gitea: SocketAddr,
    /// Repository to start with; give it more than once for several.
    #[arg(long, value_name = "OWNER/NAME", default_value = "acme/web")]
    repo: Vec<String>,
    /// Token of the first user, who administers the repositories.
    #[arg(long, default_value = "sim-token")]
    token: String,
    /// Logins: the first owns `--token`, every other has the token `<login>-token` and may write.
    #[arg(long, value_delimiter = ',', default_value = "mirror,alice,bob")]
    users: Vec<String>,
    /// Product to imitate.
    #[arg(long, value_enum, default_value = "gitea")]
    flavour: Product,
    /// Seed of delivery ids and faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Send an event when an issue is deleted, as Gitea 1.25 does.
    #[arg(long)]
    delete_events: bool,
    /// Show and honour `content_version`, as the newest Gitea does.
    #[arg(long)]
    content_version: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Product {
    Gitea,
    Forgejo,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let config = config(&options)?;
    let listener = tokio::net::TcpListener::bind(options.gitea)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --gitea", options.gitea))?;
    say(&options, listener.local_addr()?)?;
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    serve(listener, Arc::new(Mutex::new(Sim::new(config))), stop).await?;
    Ok(())
}

fn config(options: &Options) -> anyhow::Result<Config> {
    let tokens: Vec<(String, String)> = options
        .users
        .iter()
        .enumerate()
        .map(|(index, login)| {
            (login.clone(), if index == 0 { options.token.clone() } else { format!("{login}-token") })
        })
        .collect();
    anyhow::ensure!(!tokens.is_empty(), "--users needs at least one login");
    let users: Vec<(&str, &str)> = tokens.iter().map(|(login, token)| (login.as_str(), token.as_str())).collect();
    let mut config = Config::default();
    for path in &options.repo {
        anyhow::ensure!(
            path.split('/').filter(|part| !part.is_empty()).count() == 2,
            "--repo wants OWNER/NAME, not {path:?}"
        );
        let simple = Config::simple(path, &users);
        config.users = simple.users;
        config.repos.extend(simple.repos);
    }
    config.flavour = match options.flavour {
        Product::Gitea => Flavour::Gitea,
        Product::Forgejo => Flavour::Forgejo,
    };
    config.seed = options.seed;
    config.delete_events = options.delete_events;
    config.content_version = options.content_version;
    Ok(config)
}

fn say(options: &Options, address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for path in &options.repo {
        writeln!(out, "repository  http://{address}/{path}")?;
        writeln!(out, "API         http://{address}/api/v1/repos/{path}")?;
    }
    for (index, login) in options.users.iter().enumerate() {
        let token = if index == 0 { options.token.clone() } else { format!("{login}-token") };
        writeln!(out, "user        {login}, token {token}{}", if index == 0 { ", administrator" } else { "" })?;
    }
    writeln!(out, "controls    http://{address}/_sim/state  /_sim/history  /_sim/faults")?;
    if let Some(path) = options.repo.first() {
        writeln!(out, "connect     issuesync connect http://{address}/{path}  (allow http and private networks)")?;
        writeln!(
            out,
            "try         curl -H 'Authorization: token {}' -H 'Content-Type: application/json' \\\n            \
             -d '{{\"title\":\"First\"}}' http://{address}/api/v1/repos/{path}/issues",
            options.token
        )?;
    }
    writeln!(out, "Nothing is kept when it ends. Stop with Ctrl-C.")?;
    out.flush()?;
    Ok(())
}

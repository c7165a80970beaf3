//! Benchmarks: each figure beside its limit, measured in the same run.
//!
//! `cargo run --release -p issuesync-bench -- sqlite` prints a table, with `--json` a list. A ratio of 1 is the limit itself;
//! higher is better. Both sides are measured by turns and the median counts, because a machine is never quite alone.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark reads the clock and prints"
)]

mod accepted;
mod import;
mod lag;
mod memory;
mod observed;
mod report;
mod rig;

use anyhow::Result;
use clap::{Parser, Subcommand};
use report::Figure;
use std::path::PathBuf;

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures issuesync against its limits.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Everything on the embedded store.
    Sqlite {
        /// A list instead of a table.
        #[arg(long)]
        json: bool,
        /// A share of the usual amounts, for a quick look.
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
        /// Only figures whose name contains this.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Memory of the service with many issues mirrored.
    Memory {
        /// How many.
        #[arg(long, default_value_t = 100_000)]
        issues: usize,
        /// A list instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// The measured half of `memory`, started by it.
    #[command(hide = true)]
    MemoryChild {
        /// The repository's address.
        url: String,
        /// Where to keep the database.
        folder: PathBuf,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    issuesync::install_tls();
    match Arguments::parse().what {
        What::Sqlite { json, scale, only } => report::print(&sqlite(scale, &only).await?, json),
        What::Memory { issues, json } => report::print(&[memory::measure(issues).await?], json),
        What::MemoryChild { url, folder } => memory::child(&url, &folder).await?,
    }
    Ok(())
}

async fn sqlite(scale: f64, only: &str) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if "deliveries accepted".contains(only) {
        figures.push(accepted::measure(rig::scaled(20_000, scale)).await?);
    }
    if "observations applied".contains(only) {
        figures.push(observed::measure(rig::scaled(5_000, scale)).await?);
    }
    if "import".contains(only) {
        figures.push(import::measure(rig::scaled(10_000, scale)).await?);
    }
    if "delivery to mirror".contains(only) {
        figures.extend(lag::measure(rig::scaled(1_000, scale)).await?);
    }
    Ok(figures)
}

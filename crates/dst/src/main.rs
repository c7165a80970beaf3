//! Plays scenarios by the thousand: `cargo run --release -p issuesync-dst -- run --seconds 60`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people, which measures its own speed"
)]

mod hunt;

use clap::{Parser, Subcommand};
use issuesync_dst::faults;
use issuesync_dst::scenario::Play;
use issuesync_dst::swarm::{Bounds, Sum, play_all};
use issuesync_dst::{differential, shrink};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Deterministic simulation of the sync engine")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays scenarios of consecutive seeds and says what was found.
    Run(Run),
    /// Switches one protection of the engine off after another and says which seed notices.
    Mutants(hunt::Mutants),
    /// Plays the same scenarios over the memory store and over SQLite; their states must be equal after every action.
    Differential {
        /// So many.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// From this seed on.
        #[arg(long, default_value_t = 1)]
        from: u64,
    },
    /// Plays named scenarios, each of which forces one fault; lists them when none is named.
    Scenario {
        /// A number, a name, or `all`.
        which: Option<String>,
    },
}

#[derive(clap::Args)]
struct Run {
    /// For so long.
    #[arg(long, default_value_t = 60, conflicts_with = "seeds")]
    seconds: u64,
    /// So many.
    #[arg(long)]
    seeds: Option<u64>,
    /// From this seed on.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this seed, with its options.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Leave out these actions of the seed, such as 0-4,7.
    #[arg(long, requires = "seed", default_value = "")]
    drop: String,
    /// Tell the seed's story line by line.
    #[arg(long, requires = "seed")]
    story: bool,
    /// Go on after a violation.
    #[arg(long)]
    keep_going: bool,
    /// Stop at the first violation and tell only its seed and what it broke, a line each.
    #[arg(long, conflicts_with_all = ["keep_going", "seed"])]
    terse: bool,
    /// Threads; all cores when not given.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Run(run) => match run.seed {
            Some(seed) => one(seed, &run),
            None => many(&run),
        },
        Command::Mutants(mutants) => hunt::hunt(&mutants),
        Command::Differential { seeds, from } => both_stores(from, seeds),
        Command::Scenario { which } => scenario(which.as_deref()),
    }
}

/// Plays named scenarios.
fn scenario(which: Option<&str>) -> ExitCode {
    let chosen = match which {
        Some("all") => faults::all(),
        Some(wanted) => faults::find(wanted).into_iter().collect(),
        None => {
            for story in faults::all() {
                println!("{:>2}  {}", story.row, story.name);
                println!("    forced: {}", story.forces);
                println!("    must:   {}", story.must);
            }
            return ExitCode::SUCCESS;
        }
    };
    let mut failed = 0;
    for story in &chosen {
        match (story.run)() {
            Ok(()) => println!("{:>2}  {}: held", story.row, story.name),
            Err(failure) => {
                failed += 1;
                println!("{:>2}  {}: FAILED: {failure}", story.row, story.name);
            }
        }
    }
    println!("scenarios={} failed={failed}", chosen.len());
    if failed == 0 && !chosen.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one seed; one that fails is made smaller.
fn one(seed: u64, run: &Run) -> ExitCode {
    let dropped = match shrink::dropped(&run.drop) {
        Ok(dropped) => dropped,
        Err(error) => {
            println!("--drop: {error}");
            return ExitCode::from(2);
        }
    };
    let play = Play { dropped, ..Play::of(seed) };
    if run.story {
        play.story().iter().for_each(|line| println!("{line}"));
    }
    let began = Instant::now();
    let outcome = play.outcome();
    println!("{:?}", play.plan());
    outcome.violations.iter().for_each(|violation| println!("violation: {violation}"));
    println!("trace={:016x} actions={} unprovable={}", outcome.trace, outcome.actions, outcome.unprovable);
    let mut sum = Sum { scenarios: 1, actions: outcome.actions, virtual_us: outcome.virtual_us, ..Sum::default() };
    sum.unprovable = outcome.unprovable;
    if !outcome.violations.is_empty() {
        sum.failed.insert(seed, outcome.violations);
        replay(&shrink::shrink(&play));
    }
    summary(&sum, began)
}

fn many(run: &Run) -> ExitCode {
    let began = Instant::now();
    let until = began + Duration::from_secs(run.seconds);
    let bounds = Bounds {
        from: run.from,
        seeds: run.seeds.unwrap_or(u64::MAX),
        threads: run.threads.unwrap_or_else(cores),
        keep_going: run.keep_going,
        over: &|| run.seeds.is_none() && Instant::now() >= until,
    };
    let sum = play_all(&bounds, &|play| play);
    if run.terse {
        return hunt::terse(&sum);
    }
    let took = summary_lines(&sum, began);
    for (seed, violations) in &sum.failed {
        println!("seed {seed}: {:?}", Play::of(*seed).plan());
        violations.iter().for_each(|violation| println!("violation: {violation}"));
        if !run.keep_going {
            replay(&shrink::shrink(&Play::of(*seed)));
        } else {
            println!("replay: cargo run --release -p issuesync-dst -- run --seed {seed}");
        }
    }
    let blind = sum.blind();
    blind.iter().for_each(|state| println!("never reached: {state}"));
    println!("{took}");
    if sum.failed.is_empty() && blind.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn both_stores(from: u64, seeds: u64) -> ExitCode {
    let differ: Vec<String> = (from..from + seeds).filter_map(|seed| differential::compare(seed).err()).collect();
    differ.iter().for_each(|difference| println!("{difference}"));
    println!("scenarios={seeds} differences={}", differ.len());
    if differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn replay(play: &Play) {
    let drop = shrink::ranges(&play.dropped);
    let drop = if drop.is_empty() { drop } else { format!(" --drop {drop}") };
    println!("replay: cargo run --release -p issuesync-dst -- run --seed {}{drop} --story", play.seed);
}

/// Prints what was reached; answers the closing line.
fn summary_lines(sum: &Sum, began: Instant) -> String {
    for (state, times) in &sum.reached {
        println!("reached {state}: {times}");
    }
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    format!(
        "scenarios={} per_second={:.0} actions_per_second={:.0} virtual_hours={:.0} violations={} unprovable={}",
        sum.scenarios,
        sum.scenarios as f64 / seconds,
        sum.actions as f64 / seconds,
        sum.virtual_us as f64 / 3.6e9,
        sum.failed.len(),
        sum.unprovable
    )
}

fn summary(sum: &Sum, began: Instant) -> ExitCode {
    println!("{}", summary_lines(sum, began));
    if sum.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

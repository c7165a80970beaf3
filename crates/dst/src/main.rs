//! Plays scenarios by the thousand: `cargo run --release -p issuesync-dst -- run --seconds 60`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people, which measures its own speed"
)]

use clap::{Parser, Subcommand};
use issuesync_dst::plan::Plan;
use issuesync_dst::scenario::{Outcome, explain, play};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Parser)]
#[command(about = "Deterministic simulation of the sync engine")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays scenarios of consecutive seeds and says what was found.
    Run {
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
        #[arg(long)]
        seed: Option<u64>,
        /// Tell the seed's story line by line.
        #[arg(long, requires = "seed")]
        story: bool,
        /// Go on after a violation.
        #[arg(long)]
        keep_going: bool,
    },
}

fn main() -> ExitCode {
    let Command::Run { seconds, seeds, from, seed, story, keep_going } = Args::parse().command;
    if let Some(seed) = seed.filter(|_| story) {
        explain(seed).iter().for_each(|line| println!("{line}"));
    }
    let (first, count) = seed.map_or((from, seeds), |seed| (seed, Some(1)));
    let until = Instant::now() + Duration::from_secs(seconds);
    let began = Instant::now();
    let mut sum = Sum::default();
    for seed in first.. {
        let over = count.map_or_else(|| Instant::now() >= until, |count| seed - first >= count);
        if over {
            break;
        }
        let outcome = play(seed);
        // One in a hundred is played twice: the same seed must do the same.
        if seed % 100 == 0 && play(seed) != outcome {
            sum.violations += 1;
            println!("seed {seed} did not repeat itself");
        }
        let failed = !outcome.violations.is_empty();
        if failed {
            tell(seed, &outcome);
        }
        sum.take(outcome);
        if failed && !keep_going {
            break;
        }
    }
    for (state, times) in &sum.reached {
        println!("reached {state}: {times}");
    }
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    println!(
        "scenarios={} per_second={:.0} actions_per_second={:.0} virtual_hours={:.0} violations={} unprovable={}",
        sum.scenarios,
        sum.scenarios as f64 / seconds,
        sum.actions as f64 / seconds,
        sum.virtual_us as f64 / 3.6e9,
        sum.violations,
        sum.unprovable
    );
    if sum.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(seed: u64, outcome: &Outcome) {
    for violation in &outcome.violations {
        println!("violation: {violation}");
    }
    println!("{:?}", Plan::draw(seed));
    println!("replay: cargo run --release -p issuesync-dst -- run --seed {seed}");
}

#[derive(Default)]
struct Sum {
    scenarios: u64,
    actions: u64,
    virtual_us: i64,
    violations: u64,
    unprovable: u64,
    reached: BTreeMap<String, u64>,
}

impl Sum {
    fn take(&mut self, outcome: Outcome) {
        self.scenarios += 1;
        self.actions += outcome.actions;
        self.virtual_us += outcome.virtual_us;
        self.violations += u64::from(!outcome.violations.is_empty());
        self.unprovable += outcome.unprovable;
        for (state, times) in outcome.reached {
            *self.reached.entry(state).or_default() += times;
        }
    }
}

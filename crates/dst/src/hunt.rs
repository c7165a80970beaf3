//! The command `mutants`: a line for each, and a failure when one survives.

use issuesync_dst::mutants::{ALL, FEW, Fate, Mutant};
use issuesync_dst::swarm::Sum;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Mutants {
    /// Only these.
    names: Vec<String>,
    /// So many seeds for each.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// Only those that need no other program, by the seeds that are known to catch them, or a few others.
    #[arg(long, conflicts_with_all = ["names", "seeds"])]
    small: bool,
    /// Pass the known seeds over.
    #[arg(long, conflicts_with = "small")]
    afresh: bool,
    /// Threads; all cores when not given.
    #[arg(long)]
    threads: Option<usize>,
}

/// Hunts mutants.
pub(crate) fn hunt(args: &Mutants) -> ExitCode {
    if let Some(name) = args.names.iter().find(|name| ALL.iter().all(|mutant| mutant.name != **name)) {
        println!("there is no mutant {name}");
        return ExitCode::from(2);
    }
    let wanted = |mutant: &&Mutant| match args.small {
        true => mutant.is_here(),
        false => args.names.is_empty() || args.names.iter().any(|name| *name == mutant.name),
    };
    let threads = args.threads.unwrap_or_else(crate::cores);
    let seeds = if args.small { FEW } else { args.seeds };
    let mut all_caught = true;
    for mutant in ALL.iter().filter(wanted) {
        let known = mutant.caught_by.filter(|_| !args.afresh);
        match (Mutant { caught_by: known, ..*mutant }).hunt(seeds, threads) {
            Ok(Fate::Caught { after, seed, broken }) => {
                println!("{} caught after {after} seeds ({broken}) by seed {seed}", mutant.name);
            }
            Ok(Fate::Survived(seeds)) => {
                all_caught = false;
                println!("{} SURVIVED {seeds} seeds: {}", mutant.name, mutant.off().unwrap_or_default());
            }
            Err(error) => {
                all_caught = false;
                println!("{} was not tried: {error}", mutant.name);
            }
        }
    }
    if all_caught { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first seed that broke a promise, for another program to read.
pub(crate) fn terse(sum: &Sum) -> ExitCode {
    let Some((seed, violations)) = sum.failed.first_key_value() else { return ExitCode::SUCCESS };
    println!("failed: {seed}");
    violations.iter().for_each(|violation| println!("violation: {violation}"));
    ExitCode::FAILURE
}

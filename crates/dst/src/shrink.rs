//! Makes a scenario that breaks a promise smaller, by leaving out actions as long as it still breaks one.

use crate::scenario::Play;
use std::collections::BTreeSet;

/// The smallest scenario found that still fails, by removing runs of actions, first long ones and then single ones
/// (delta debugging, Zeller and Hildebrandt 2002). A scenario that does not fail comes back as it is.
#[must_use]
pub fn shrink(play: &Play) -> Play {
    let fails = |play: &Play| !play.outcome().violations.is_empty();
    let mut best = play.clone();
    if !fails(&best) {
        return best;
    }
    let all: Vec<u64> = (0..play.plan().actions).collect();
    let mut size = all.len() / 2;
    while size > 0 {
        let mut smaller = false;
        let kept: Vec<u64> = all.iter().copied().filter(|n| !best.dropped.contains(n)).collect();
        for run in kept.chunks(size) {
            let mut candidate = best.clone();
            candidate.dropped.extend(run.iter().copied());
            if fails(&candidate) {
                best = candidate;
                smaller = true;
            }
        }
        if !smaller || size == 1 {
            size /= 2;
        }
    }
    best
}

/// The numbers of dropped actions as the command line takes them: `0-4,7`.
#[must_use]
pub fn ranges(dropped: &BTreeSet<u64>) -> String {
    let mut told: Vec<(u64, u64)> = Vec::new();
    for &n in dropped {
        match told.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => told.push((n, n)),
        }
    }
    let one = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    told.iter().map(one).collect::<Vec<_>>().join(",")
}

/// Reads what [`ranges`] writes.
///
/// # Errors
/// The part that is no number and no range.
pub fn dropped(text: &str) -> Result<BTreeSet<u64>, String> {
    let mut numbers = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let read = |text: &str| text.parse::<u64>().map_err(|_| format!("{part} is no action and no range of actions"));
        numbers.extend(read(first)?..=read(last)?);
    }
    Ok(numbers)
}

//! The simulation in short: the same seed does the same, seeds that once broke a promise keep it, and laws can be broken.

mod clocks;
mod deletes;
mod differential;
mod doubts;
mod faults;
mod fuse;
mod hazards;
mod histories;
mod lags;
mod laws;
mod mutants;
mod orders;
mod props;
mod regressions;
mod repeat;
mod sight;
mod sleepers;
mod strangers;
mod unanswered;

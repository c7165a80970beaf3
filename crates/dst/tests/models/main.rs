//! Exhaustive small models of the two protocols whose races are the worst: the lease of an outbox row, and the create.
//!
//! Every state that a handful of faults can lead to is visited. Each model is also run with one protection taken away, and must then
//! find the harm that the protection keeps off.

mod create;
mod lease;
mod reach;

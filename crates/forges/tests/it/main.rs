//! The adapters from outside: what they send, and what they make of what comes back.

mod anything;
mod deliveries;
mod fixture;
mod histories;
mod items;
mod pages;
mod plans;
mod probes;
mod recorded;
mod recorded_calls;
mod requests;
mod signatures;
mod statuses;

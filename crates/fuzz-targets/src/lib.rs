//! What holds for any bytes from outside: one function per parser, which panics when a promise is broken.
//!
//! `fuzz/` feeds them what libFuzzer invents; the tests of this crate, on every run, random bytes and mutated recordings. Each
//! function takes a few choices from the front of its bytes and the rest as the text or body; [`seeds`] writes the same form.
//!
//! This crate does not know SQL, the engine, the server and the network. Markdown is not rendered anywhere yet, so there is no target for it.

mod answer;
mod config;
mod input;
mod marker;
mod merge;
mod webhook;

pub mod seeds;

pub use answer::{address, answer};
pub use config::{config, vault};
pub use marker::marker;
pub use merge::{canon, text};
pub use webhook::{signature, webhook};

/// One target.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const TARGETS: [(&str, Target); 9] = [
    ("address", address),
    ("answer", answer),
    ("canon", canon),
    ("config", config),
    ("marker", marker),
    ("signature", signature),
    ("text", text),
    ("vault", vault),
    ("webhook", webhook),
];

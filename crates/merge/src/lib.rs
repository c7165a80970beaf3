//! The pure ground floor of the engine: canonical form, accept rule, evidence of time, three-way merge, text merge.
//!
//! An observation takes this way: [`canon()`] makes its values comparable, [`accept()`] says whether it is news,
//! [`changes`] says when each field changed on the tracker, and [`merge()`] decides what both sides become.
//!
//! Everything here is total and deterministic: the same arguments give the same bytes, and no argument panics.
//! It knows no clock, no I/O, no tracker and no store.

pub mod canon;

pub mod accept;

pub mod evidence;

pub mod merge;

mod step;

mod order;

mod sets;

pub mod text;

pub mod push;

pub use accept::{Verdict, accept, content_hash};
pub use canon::{canon, canon_value, title_excess};
pub use evidence::{Seen, changes, is_stamp};
pub use merge::{Input, Output, Policy, merge};
pub use push::Push;
pub use text::merge_text;

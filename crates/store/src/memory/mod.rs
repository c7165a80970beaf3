//! The memory store: ordinary maps behind one lock.

/// Keeps everything in memory.
#[derive(Default)]
pub struct MemoryStore;

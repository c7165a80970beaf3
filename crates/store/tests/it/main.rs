//! The memory store keeps every promise of the ports.

use futures_util::FutureExt;
use issuesync_store::{MemoryStore, Store, conformance};
use std::sync::Arc;

#[test]
fn the_memory_store_conforms() {
    let run = conformance::run(|| async { Arc::new(MemoryStore::new()) as Arc<dyn Store> });
    run.now_or_never().expect("the memory store never waits");
}

//! The conformance suite on both ways of holding the database.

use futures_util::FutureExt;
use issuesync_store::{Store, conformance};
use issuesync_store_sql::SqliteStore;
use std::sync::Arc;

#[test]
fn sqlite_in_memory_conforms() {
    let run =
        conformance::run(|| async { Arc::new(SqliteStore::memory().expect("a database in memory")) as Arc<dyn Store> });
    run.now_or_never().expect("an inline database never waits");
}

#[tokio::test]
async fn sqlite_in_a_file_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let next = std::sync::atomic::AtomicU32::new(0);
    conformance::run(|| async {
        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(SqliteStore::open(&folder.path().join(format!("{n}.db"))).expect("a database")) as Arc<dyn Store>
    })
    .await;
}

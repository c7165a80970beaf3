//! The database file itself: newer schemas are refused, the log only grows, a backup is a whole copy.

use issuesync_model::{Project, ProjectId};
use issuesync_store::{Connections, StoreError};
use issuesync_store_sql::SqliteStore;
use uuid::Uuid;

#[test]
fn a_newer_schema_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    drop(SqliteStore::open(&path).expect("a database"));
    rusqlite::Connection::open(&path)
        .expect("a connection")
        .pragma_update(None, "user_version", 99)
        .expect("a version");
    match SqliteStore::open(&path).map(drop) {
        Err(StoreError::Unavailable(text)) => assert!(text.contains("install the newer version"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_log_refuses_change_and_removal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    drop(SqliteStore::open(&path).expect("a database"));
    let raw = rusqlite::Connection::open(&path).expect("a connection");
    let row = "INSERT INTO issue_sync_log VALUES (1, 'a', 'p', 'i', NULL, 1, 'local', 'update', 'edit', NULL, '{}', '{}', 'gitea', NULL, NULL, 0, '', 'h')";
    raw.execute(row, []).expect("a row");
    for forbidden in ["UPDATE issue_sync_log SET cause = 'x'", "DELETE FROM issue_sync_log"] {
        assert!(raw.execute(forbidden, []).is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn a_backup_is_a_whole_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("a.db")).expect("a database");
    let project = Project { id: ProjectId(Uuid::from_u128(1)), name: "acme".to_owned() };
    store.project(project.clone()).await.expect("a project");
    let copy = folder.path().join("b.db");
    store.backup_to(&copy).await.expect("a backup");
    assert_eq!(SqliteStore::open(&copy).expect("the copy").projects().await, Ok(vec![project]));
}

//! A process is killed in the middle of its commits: whatever was answered is there, and whole.
//!
//! The test runs its own binary again as the victim, told so by an environment variable.

use issuesync_model::{Project, ProjectId};
use issuesync_store::Connections;
use issuesync_store_sql::SqliteStore;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use uuid::Uuid;

const FOLDER: &str = "ISSUESYNC_KILL_FOLDER";

/// Not a test of its own: the victim's part, silent without the variable.
#[tokio::test]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = SqliteStore::open(&PathBuf::from(folder).join("a.db")).expect("a database");
    for n in 0_u128.. {
        let project = Project { id: ProjectId(Uuid::from_u128(n)), name: format!("project {n}") };
        store.project(project).await.expect("a project");
        println!("done {n}");
        std::io::stdout().flush().expect("the line is sent");
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 1..=3_usize {
        let mut victim = Command::new(std::env::current_exe().expect("this binary"))
            .args(["kill::victim", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the victim starts");
        let output = BufReader::new(victim.stdout.take().expect("its output"));
        let answered =
            output.lines().map_while(Result::ok).filter(|line| line.contains("done ")).take(round * 40).count();
        victim.kill().expect("it is killed");
        victim.wait().expect("it is gone");
        let store = SqliteStore::open(&folder.path().join("a.db")).expect("the database opens again");
        let kept = store.projects().await.expect("projects").len();
        assert!(kept >= answered, "round {round}: {answered} answered, {kept} kept");
    }
}

//! The live server itself: started, stopped, started again, and the tour of its wire.
#![allow(clippy::disallowed_methods, reason = "the switch is in the environment")]
#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use issuesync_testkit::live::{LiveServer, tour};

fn skipped() -> bool {
    LiveServer::skip_reason().is_some_and(|reason| {
        eprintln!("{reason}");
        true
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_server_keeps_its_data_over_stop_and_crash() {
    if skipped() {
        return;
    }
    let mut server = LiveServer::start_with(false).await.unwrap();
    let path = server.create_repo("kept").await.unwrap();
    let issues = format!("/repos/{path}/issues");
    server.person("carol").must("POST", &issues, serde_json::json!({"title": "by a stranger"})).await.unwrap();
    server.stop().await.unwrap();
    assert!(server.bot().get(&issues).await.is_err(), "a stopped server answers nothing");
    server.restart().await.unwrap();
    server.crash().await.unwrap();
    server.restart().await.unwrap();
    let list = server.bot().get(&issues).await.unwrap();
    assert_eq!(list[0]["title"], "by a stranger");
    assert_eq!(list[0]["user"]["login"], "carol");
}

/// With `ISSUESYNC_RECORD=1` it writes the fixtures; without, it only shows that the walk still works.
#[tokio::test(flavor = "multi_thread")]
async fn the_tour_records_every_delivery_with_a_valid_signature() {
    if skipped() {
        return;
    }
    let server = LiveServer::start_with(true).await.unwrap();
    let report = if std::env::var("ISSUESYNC_RECORD").is_ok_and(|word| word == "1") {
        tour::record(&server).await.unwrap()
    } else {
        tour::walk(&server).await.unwrap()
    };
    for (step, deliveries) in &report {
        eprintln!("{step}: {deliveries:?}");
    }
    let names: Vec<&String> = report.iter().flat_map(|(_, deliveries)| deliveries).collect();
    for name in ["delivery_issues_opened", "delivery_issues_edited_title", "delivery_issue_comment_deleted"] {
        assert!(names.iter().any(|have| *have == name), "{name} is missing in {names:?}");
    }
    let scratch = tempfile::tempdir().unwrap();
    let written = server.recorder().unwrap().save(scratch.path(), issuesync_testkit::live::Save::Missing).unwrap();
    assert!(written.len() > 60, "{written:?}");
    for name in written {
        let text = std::fs::read_to_string(scratch.path().join(format!("{name}.json"))).unwrap();
        assert!(!text.contains("127.0.0.1"), "{name} shows an address");
        assert!(!text.contains("tour-secret"), "{name} shows a secret");
        for login in ["chief", "issuesync", "alice"] {
            assert!(!text.contains(server.person(login).token()), "{name} shows a token");
        }
    }
}

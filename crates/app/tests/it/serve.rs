//! `serve` and the commands that find it: one process per data directory, a token for this machine, an orderly stop.

use crate::program::Program;

#[test]
fn commands_speak_to_the_running_service() {
    let program = Program::new();
    let serving = program.serve();
    let token = std::fs::read_to_string(program.path().join("data/cli.token")).expect("a token");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(program.path().join("data/cli.token")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let made = program.json(&["token", "create", "robot", "--scope", "read"]);
    let names = program.json(&["token", "list"]).to_string();
    assert!(names.contains("robot") && !names.contains(made["token"].as_str().expect("shown once")));

    let elsewhere = Program::bare();
    let with = |token: &str, args: &[&str]| elsewhere.run(&[args, &["--url", &serving.url, "--token", token]].concat());
    assert_eq!(with(&token, &["status"]).code, 0);
    let read = made["token"].as_str().expect("shown once");
    assert_eq!(with(read, &["issue", "list"]).code, 0);
    let refused = with(read, &["token", "list"]);
    assert_eq!(refused.code, 2, "a read token makes no tokens: {}", refused.err);
    assert_eq!(with("isy_wrong", &["status"]).code, 2);
    assert_eq!(program.run(&["token", "revoke", made["id"].as_str().expect("an id")]).code, 0);
    assert_eq!(with(read, &["issue", "list"]).code, 2, "a revoked token ends at once");

    let second = program.run(&["serve"]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another issuesync process uses"), "{}", second.err);

    assert_eq!(serving.end(), 0);
    for file in ["cli.token", "service.json"] {
        assert!(!program.path().join("data").join(file).exists(), "{file}");
    }
    assert!(program.path().join("data/clean").exists());
    assert_eq!(program.run(&["status"]).code, 0, "the next command runs on its own");
}

#[test]
fn each_start_makes_a_new_token_and_the_old_one_is_dead() {
    let program = Program::new();
    let token = || std::fs::read_to_string(program.path().join("data/cli.token")).expect("a token");
    let first = program.serve();
    let old = token();
    first.kill();
    let second = program.serve();
    assert_ne!(token(), old);
    let ran = program.run(&["status", "--url", &second.url, "--token", &old]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert_eq!(second.end(), 0);
}

#[test]
fn a_taken_address_is_said_and_the_last_stop_stays_clean() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let program = Program::new();
    assert_eq!(program.serve().end(), 0);
    let program = program.with("ISSUESYNC__SERVER__LISTEN", &address);
    let ran = program.run(&["serve"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("set another server.listen"), "{}", ran.err);
    assert!(program.path().join("data/clean").exists());
}

#[test]
fn metrics_are_on_the_admin_listener_alone() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let admin = free.local_addr().expect("bound").to_string();
    drop(free);
    let program = Program::new().with("ISSUESYNC__SERVER__ADMIN_LISTEN", &admin);
    let serving = program.serve();
    let status = |url: String| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        issuesync::install_tls();
        runtime.block_on(async { reqwest::get(url).await.expect("an answer").status().as_u16() })
    };
    assert_eq!(status(format!("http://{admin}/metrics")), 200);
    assert_eq!(status(format!("{}/metrics", serving.url)), 404);
    assert_eq!(status(format!("{}/healthz", serving.url)), 200);
    assert_eq!(serving.end(), 0);
}

//! The commands on a machine where nothing is connected: what they print, and the exit codes that scripts see.

use crate::program::Program;
use serde_json::json;

#[test]
fn init_writes_private_files_and_never_overwrites() {
    let program = Program::bare();
    assert_eq!(program.run(&["init"]).code, 0);
    for name in ["issuesync.toml", "issuesync.key"] {
        let file = program.path().join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600, "{name}");
        }
        let before = std::fs::read_to_string(&file).expect("readable");
        let again = program.run(&["init"]);
        assert_eq!(again.code, 1);
        assert!(again.err.contains("is not overwritten"), "{}", again.err);
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), before);
    }
    std::fs::remove_file(program.path().join("issuesync.toml")).expect("removed");
    assert_eq!(program.run(&["init"]).code, 1, "a key alone is not overwritten either");
    let other = program.run(&["init", "deeper/folder"]);
    assert_eq!(other.code, 0, "{}", other.err);
    assert!(program.path().join("deeper/folder/issuesync.toml").exists());
}

#[test]
fn without_a_configuration_every_command_says_how_to_begin() {
    let program = Program::bare();
    for args in [&["status"][..], &["serve"], &["issue", "list"], &["token", "list"]] {
        let ran = program.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains("run `issuesync init`"), "{}", ran.err);
    }
}

#[test]
fn a_wrong_configuration_refuses_to_start() {
    let program = Program::new();
    program.configure("\n[server2]\n");
    let ran = program.run(&["serve"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("issuesync.toml:") && ran.err.contains("did you mean \"server\"?"), "{}", ran.err);
    assert_eq!(ran.err.trim().lines().count(), 1, "one sentence: {}", ran.err);
}

#[test]
fn on_an_empty_store_everything_answers() {
    let program = Program::new();
    for args in [
        &["issue", "list"][..],
        &["status"],
        &["conflicts", "list"],
        &["outbox", "list"],
        &["deliveries", "list"],
        &["log"],
        &["doctor"],
    ] {
        assert_eq!(program.json(args)["items"], json!([]), "{args:?}");
        let plain = program.run(args);
        assert_eq!(plain.code, 0, "{args:?}: {}", plain.err);
        assert!(!plain.out.trim().is_empty() && !plain.out.contains('\u{1b}'), "{args:?}: {}", plain.out);
    }
    assert_eq!(program.json(&["log", "verify"])["intact"], true);
}

#[test]
fn what_is_not_there_and_what_is_wrong_use_differ_by_exit_code() {
    let program = Program::new();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["issue", "show", "7"], 1, "there is no issue 7"),
        (&["issue", "show", "0190b8a0-0000-7000-8000-000000000000"], 1, "no issue"),
        (&["issue", "show", "seven"], 2, "is no issue"),
        (&["issue", "create", "--title", "x"], 2, "connect a repository first"),
        (&["issue", "edit", "7"], 2, "nothing to change"),
        (&["issue", "edit", "7", "--label", "+a", "--label", "b"], 2, "either with + and -"),
        (&["sync", "web"], 1, "connection"),
        (&["connect", "not-an-address", "--token", "x"], 2, "is no address"),
        (&["nonsense"], 2, "unrecognized subcommand"),
    ];
    for (args, code, expected) in cases {
        let ran = program.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    }
}

#[test]
fn nobody_at_the_address_is_exit_code_3() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
    let program = Program::bare();
    let url = format!("http://127.0.0.1:{port}");
    let ran = program.run(&["status", "--url", &url, "--token", "x"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("does not answer"), "{}", ran.err);
    assert_eq!(program.run(&["status", "--url", &url]).code, 2, "a token is needed");
    assert_eq!(program.run(&["status", "--url", "elsewhere", "--token", "x"]).code, 2);
}

#[test]
fn a_tracker_that_is_down_is_exit_code_3_and_a_forbidden_address_is_wrong_use() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
    let program = Program::new();
    let page = format!("http://127.0.0.1:{port}/acme/web");
    let down = program.run(&["connect", &page, "--token", "t", "--allow-http", "--allow-private-network"]);
    assert_eq!(down.code, 3, "{}", down.err);
    let forbidden = program.run(&["connect", &page, "--token", "t", "--allow-http"]);
    assert_eq!(forbidden.code, 2, "{}", forbidden.err);
    assert!(forbidden.err.contains("allow_private_network"), "{}", forbidden.err);
}

#[test]
fn a_sealed_secret_works_in_the_configuration() {
    use std::io::Write;
    let program = Program::new();
    let mut child = program
        .command(&["seal"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(b"canary-hook\n").expect("written");
    let out = String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("text");
    assert!(out.starts_with("sealed:v1:") && !out.contains("canary"));
    program.configure(&format!("\n[webhooks.gitea]\nsecret = \"{}\"\n", out.trim()));
    let ran = program.run(&["status"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn completions_and_version_print() {
    let program = Program::bare();
    assert!(program.run(&["completions", "bash"]).out.contains("issuesync"));
    assert!(program.run(&["--version"]).out.starts_with("issuesync 0."));
}

#[test]
fn commands_that_run_at_once_wait_for_each_other() {
    let program = Program::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| program.run(&["issue", "list"]))).collect();
        for run in runs {
            let ran = run.join().expect("it ran");
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
    });
}

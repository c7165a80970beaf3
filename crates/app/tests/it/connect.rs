//! A simulated tracker, the real service and the commands between them: from `connect` to an edit that arrived.
//! The tracker's token is a canary: no output, log line or byte of the data directory may hold it.

use crate::program::{Program, Ran};
use crate::tracker::{TOKEN, Tracker};
use serde_json::json;
use std::sync::Mutex;

fn program() -> Program {
    let program = Program::new().with("TRACKER_TOKEN", TOKEN).with("ISSUESYNC__LOG__LEVEL", "debug");
    program.configure(
        "retry_base = \"1s\"\ncreate_settle = \"1s\"\ngone_confirm = \"1s\"\nregress_confirm = \"1s\"\necho_wait = \"1s\"\n\
         lease = \"10s\"\nhttp_timeout = \"2s\"\npoll = \"2s\"\nfull = \"5s\"\n",
    );
    program
}

fn connect<'a>(page: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["connect", page, "--token", "env:TRACKER_TOKEN", "--allow-private-network", "--allow-http"], more].concat()
}

/// Every file below a folder that holds the canary.
fn leaks(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path));
        } else if std::fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()))
        {
            found.push(path);
        }
    }
    found
}

/// Every kind of edit, each looked up on the tracker.
fn edit_everything(tracker: &Tracker, program: &Program, run: &dyn Fn(&[&str]) -> Ran) {
    let edit = run(&["issue", "edit", "web#1", "--title", "first, edited", "--label", "+bug", "--wait"]);
    assert_eq!(edit.code, 0, "{}{}\n{}", edit.out, edit.err, program.log());
    let there = tracker.issue(1);
    assert_eq!((&there["title"], &there["labels"][0]["name"]), (&json!("first, edited"), &json!("bug")));
    assert_eq!(run(&["issue", "edit", "1", "--label", "-bug", "--wait"]).code, 0);
    assert_eq!(tracker.issue(1)["labels"], json!([]));
    assert_eq!(run(&["issue", "close", "2", "--wait"]).code, 0);
    assert_eq!(tracker.issue(2)["state"], "closed");
    assert_eq!(run(&["issue", "reopen", "#2", "--wait"]).code, 0);
    assert_eq!(tracker.issue(2)["state"], "open");
    let created = program.json(&["issue", "create", "--title", "made here", "--wait", "30"]);
    let number = created["external_number"].as_i64().expect("it arrived");
    assert_eq!(tracker.issue(number)["title"], "made here");
    let comment = program.json(&["issue", "comment", &number.to_string(), "--body", "said here", "--wait"]);
    assert_eq!(comment["body"], "said here", "{comment}");
    let shown = program.json(&["issue", "show", &number.to_string()]);
    assert_eq!(shown["comments"][0]["body"], "said here");
    let stale = run(&["issue", "edit", "1", "--title", "x", "--if-version", "0"]);
    assert_eq!(stale.code, 1, "{}", stale.err);
    assert_eq!(run(&["issue", "delete", &number.to_string(), "--wait"]).code, 0);
}

#[test]
fn from_connect_to_an_edit_that_arrived_and_no_token_anywhere() {
    let tracker = Tracker::start();
    for title in ["first", "second", "third"] {
        tracker.ask(reqwest::Method::POST, "/issues", &json!({ "title": title, "body": "text" }));
    }
    let program = program();
    let serving = program.serve();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let database = program.path().join("data/issuesync.db");
        assert_eq!(std::fs::metadata(database).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let page = format!("{}/acme/web", tracker.url);
    let said = Mutex::new(String::new());
    let run = |args: &[&str]| {
        let ran = program.run(args);
        *said.lock().expect("unpoisoned") += &format!("{}{}", ran.out, ran.err);
        ran
    };

    let refused = run(&["connect", &page, "--token", "env:TRACKER_TOKEN", "--allow-private-network"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("allow_http"), "{}", refused.err);
    let plan = program.json(&connect(&page, &["--dry-run"]));
    assert_eq!((&plan["issues"], &plan["self_login"]), (&json!(3), &json!("bot")), "{plan}");
    assert_eq!(program.json(&["status"])["items"], json!([]), "a dry run does nothing");

    let connected = program.json(&connect(&page, &[]));
    assert_eq!((&connected["name"], &connected["project"]), (&json!("web"), &json!("acme")));
    assert_eq!(connected["counts"]["issues"], 3, "{connected}");
    assert!(!connected["hook"].is_null(), "{connected}");
    assert_eq!(run(&connect(&page, &[])).code, 0, "connecting again goes on");
    assert_eq!(run(&connect(&page, &["--name", "web2"])).code, 0, "whatever the name");
    assert_eq!(program.json(&["issue", "list"])["items"].as_array().map(Vec::len), Some(3));

    edit_everything(&tracker, &program, &run);
    assert_eq!(run(&["sync", "web", "--full"]).code, 0);
    assert_eq!(program.json(&["outbox", "list"])["items"], json!([]));
    assert!(run(&["issue", "history", "1"]).out.contains("first, edited"));
    assert_eq!(program.json(&["log", "verify"])["intact"], true);
    for args in [
        &["status"][..],
        &["doctor"],
        &["issue", "show", "1"],
        &["log"],
        &["deliveries", "list"],
        &["conflicts", "list"],
    ] {
        assert_eq!(run(args).code, 0, "{args:?}");
    }

    let verdict = run(&["judge", "--forge", &tracker.url]);
    assert_eq!(verdict.code, 0, "{}{}", verdict.out, verdict.err);
    assert!(verdict.out.contains("0 lost, 0 doubled, both sides are equal"), "{}", verdict.out);

    assert_eq!(serving.end(), 0, "{}", program.log());
    let alone = program.json(&["status"]);
    assert_eq!(alone["items"][0]["name"], "web", "the mirror is there without a service too");
    assert!(!said.lock().expect("unpoisoned").contains(TOKEN), "a command printed the tracker's token");
    assert_eq!(leaks(program.path()), Vec::<std::path::PathBuf>::new(), "files with the tracker's token");
}

#[test]
fn declared_connections_are_applied_and_an_unclean_stop_is_noticed() {
    let tracker = Tracker::start();
    tracker.ask(reqwest::Method::POST, "/issues", &json!({ "title": "first" }));
    let program = program();
    program.configure(&format!(
        "[[connection]]\nname = \"web\"\nproject = \"acme\"\nurl = \"{}/acme/web\"\ntoken = \"env:TRACKER_TOKEN\"\n\
         allow_private_network = true\nallow_http = true\n",
        tracker.url
    ));
    let imported = || {
        let status = program.json(&["status"]);
        let web = status["items"][0].clone();
        (web["counts"]["issues"] == 1 && !web["last_full_at"].is_null()).then_some(web)
    };
    let wait = |what: &str| {
        for _ in 0..300 {
            if let Some(web) = imported() {
                return web;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{what}: {}\n{}", program.json(&["status"]), program.log());
    };
    let serving = program.serve();
    wait("the declared connection is imported");
    serving.kill();
    let file = program.path().join("issuesync.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, text.replace("allow_http = true", "allow_http = true\nconflict_window = \"9s\""))
        .expect("written");
    let serving = program.serve();
    wait("it is there again");
    for _ in 0..100 {
        if imported().is_some_and(|web| web["settings"]["conflict_window"] == "9s") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(imported().expect("imported")["settings"]["conflict_window"], "9s");
    assert_eq!(serving.end(), 0);
}

//! The traps of hook management.

use issuesync_forge_sim::Flavour;
use serde_json::{Value, json};

use crate::stage::{BOTH, Stage};

#[test]
fn a_hook_is_inactive_and_hears_pushes_unless_told() {
    let mut stage = Stage::new(Flavour::Gitea);
    let bare = json!({ "type": "gitea", "config": { "url": "http://m.test/h", "content_type": "json" } });
    let (status, hook) = stage.call("alice", "POST", "/hooks", &bare);
    assert_eq!((status, &hook["active"], &hook["events"]), (201, &json!(false), &json!(["push"])));
    stage.issue("One");
    assert!(stage.due().is_empty());
}

#[test]
fn issues_expands_and_issues_only_does_not() {
    let mut stage = Stage::new(Flavour::Gitea);
    let of = |events: Value| {
        json!({ "type": "gitea", "active": true, "events": events,
        "config": { "url": "http://m.test/h", "content_type": "json" } })
    };
    let (_, hook) = stage.call("alice", "POST", "/hooks", &of(json!(["issues"])));
    let all = ["issue_assign", "issue_comment", "issue_label", "issue_milestone", "issues"];
    assert_eq!(hook["events"], json!(all));
    let (_, hook) = stage.call("alice", "POST", "/hooks", &of(json!(["issues_only"])));
    assert_eq!(hook["events"], json!(["issues"]));
}

#[test]
fn an_edit_resets_what_it_leaves_out_and_keeps_the_secret() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let id = stage.get("/hooks")[0]["id"].clone();
        let path = format!("/hooks/{id}");
        let body = json!({ "active": true, "events": ["issues"], "config": { "secret": "other" } });
        let (status, hook) = stage.call("alice", "PATCH", &path, &body);
        assert_eq!((status, hook["config"].get("secret")), (200, None));
        stage.issue("One");
        let signature = stage.due().remove(0).headers.iter().find(|(name, _)| name == "X-Gitea-Signature").cloned();
        stage.call("alice", "PATCH", &path, &json!({ "active": true }));
        assert_eq!(stage.get(&path)["events"], json!(["push"]));
        stage.issue("Two");
        assert!(stage.due().is_empty());
        assert!(signature.is_some_and(|(_, value)| value.len() == 64), "still signed with the first secret");
        assert_eq!(stage.call("alice", "DELETE", &path, &Value::Null).0, 204);
        assert_eq!(stage.get("/hooks"), json!([]));
    }
}

#[test]
fn hooks_are_for_administrators_and_their_configuration_is_checked() {
    let mut stage = Stage::new(Flavour::Gitea);
    assert_eq!(stage.call("bob", "GET", "/hooks", &Value::Null).0, 403);
    let wrong = json!({ "type": "gitea", "config": { "content_type": "json" } });
    assert_eq!(stage.call("alice", "POST", "/hooks", &wrong).0, 422);
    let wrong = json!({ "type": "forgejo", "config": { "url": "http://m.test", "content_type": "json" } });
    assert_eq!(stage.call("alice", "POST", "/hooks", &wrong).0, 422);
    let mut stage = Stage::new(Flavour::Forgejo);
    assert_eq!(stage.call("alice", "POST", "/hooks", &wrong).0, 201);
}

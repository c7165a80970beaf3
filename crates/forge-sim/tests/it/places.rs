//! Who may look where: tokens, scopes, private and renamed repositories, the issues unit, archives.

use issuesync_forge_sim::{Flavour, RepoSpec, UserSpec};
use serde_json::{Value, json};

use crate::stage::{BOTH, REPO, Stage, config};

#[test]
fn a_wrong_token_is_refused_everywhere_and_none_may_read() {
    for flavour in BOTH {
        let mut stage = Stage::new(flavour);
        stage.issue("One");
        assert_eq!(stage.raw("wrong", "GET", "/api/v1/version", &Value::Null).status, 401);
        assert_eq!(stage.call("wrong", "GET", "/issues/1", &Value::Null).0, 401);
        assert_eq!(stage.call("", "GET", "/issues/1", &Value::Null).0, 200);
        assert_eq!(stage.call("", "PATCH", "/issues/1", &json!({ "title": "x" })).0, 401);
        stage.sim.revoke_token("bob");
        assert_eq!(stage.call("bob", "GET", "/issues/1", &Value::Null).0, 401);
    }
}

#[test]
fn scopes_bound_a_token() {
    let mut config = config(Flavour::Gitea);
    config.users[1].scopes = vec!["read:issue".to_owned(), "write:repository".to_owned()];
    let mut stage = Stage::of(config);
    assert_eq!(stage.call("bob", "GET", "/issues", &Value::Null).0, 200);
    assert_eq!(stage.call("bob", "POST", "/issues", &json!({ "title": "x" })).0, 403);
    assert_eq!(stage.raw("bob", "GET", "/api/v1/user", &Value::Null).status, 403);
    assert_eq!(stage.call("bob", "GET", "", &Value::Null).0, 200);
}

#[test]
fn versions_tell_the_products_apart() {
    let mut gitea = Stage::new(Flavour::Gitea);
    assert_eq!(gitea.raw("bob", "GET", "/api/forgejo/v1/version", &Value::Null).status, 404);
    let mut forgejo = Stage::new(Flavour::Forgejo);
    let version = forgejo.raw("bob", "GET", "/api/forgejo/v1/version", &Value::Null);
    assert!(version.json()["version"].as_str().is_some_and(|version| version.contains("+gitea-")));
    let settings = gitea.raw("bob", "GET", "/api/v1/settings/api", &Value::Null).json();
    assert_eq!((&settings["max_response_items"], &settings["default_paging_num"]), (&json!(50), &json!(30)));
}

#[test]
fn a_private_repository_is_not_there_for_strangers() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.sim.add_user(&UserSpec::new("mallory", "mallory"));
    assert_eq!(stage.call("mallory", "GET", "", &Value::Null).0, 200);
    assert_eq!(stage.call("alice", "PATCH", "", &json!({ "private": true })).0, 200);
    assert_eq!(stage.call("mallory", "GET", "", &Value::Null).0, 404);
    assert_eq!(stage.raw("mallory", "GET", "/api/v1/repositories/11", &Value::Null).status, 404);
    assert_eq!(stage.call("carol", "GET", "", &Value::Null).0, 200);
    stage.call("alice", "DELETE", "/collaborators/carol", &Value::Null);
    assert_eq!(stage.call("carol", "GET", "/issues", &Value::Null).0, 404);
}

#[test]
fn issues_switched_off_look_like_nothing_while_the_repository_answers() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    stage.call("alice", "PATCH", "", &json!({ "has_issues": false }));
    for (method, path, body) in [
        ("GET", "/issues", Value::Null),
        ("GET", "/issues/1", Value::Null),
        ("PATCH", "/issues/1", json!({ "title": "x" })),
        ("GET", "/issues/1/comments", Value::Null),
    ] {
        assert_eq!(stage.call("bob", method, path, &body).0, 404, "{method} {path}");
    }
    assert_eq!(stage.get("")["has_issues"], false);
}

#[test]
fn a_renamed_repository_redirects_until_another_takes_its_path() {
    for (flavour, status) in [(Flavour::Gitea, 301), (Flavour::Forgejo, 307)] {
        let mut stage = Stage::new(flavour);
        stage.issue("One");
        let id = stage.get("")["id"].clone();
        stage.call("alice", "PATCH", "", &json!({ "name": "renamed" }));
        for method in ["GET", "PATCH", "DELETE"] {
            let answer = stage.raw("alice", method, &format!("{REPO}/issues/1?x=1"), &json!({}));
            assert_eq!(
                (answer.status, answer.header("Location")),
                (status, Some("/api/v1/repos/acme/renamed/issues/1?x=1"))
            );
        }
        let found = stage.raw("alice", "GET", &format!("/api/v1/repositories/{id}"), &Value::Null).json();
        assert_eq!((&found["full_name"], &found["id"]), (&json!("acme/renamed"), &id));
        let spec = RepoSpec {
            owner: "acme".to_owned(),
            name: "web".to_owned(),
            private: false,
            labels: Vec::new(),
            milestones: Vec::new(),
            collaborators: Vec::new(),
        };
        let taken = stage.sim.add_repo(stage.now_ms, &spec);
        assert_eq!(stage.call("alice", "GET", "/issues/1", &Value::Null).0, 404);
        assert_eq!(stage.get("")["id"], json!(taken));
        assert_eq!(stage.raw("alice", "GET", "/api/v1/repos/acme/renamed/issues/1", &Value::Null).status, 200);
    }
}

#[test]
fn an_archive_refuses_some_writes() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.issue("One");
    stage.call("alice", "PATCH", "", &json!({ "archived": true }));
    assert_eq!(stage.call("bob", "POST", "/issues", &json!({ "title": "x" })).0, 423);
    assert_eq!(stage.call("bob", "POST", "/issues/1/comments", &json!({ "body": "x" })).0, 423);
    assert_eq!(stage.patch(1, &json!({ "title": "x" })).0, 201, "an edit goes through");
}

#[test]
fn paths_and_logins_ignore_case() {
    let mut stage = Stage::new(Flavour::Gitea);
    assert_eq!(stage.raw("bob", "GET", "/api/v1/repos/ACME/Web", &Value::Null).status, 200);
    assert_eq!(stage.raw("bob", "GET", "/api/v1/users/Alice", &Value::Null).json()["login"], "alice");
    let assignable: Vec<Value> =
        stage.get("/assignees").as_array().into_iter().flatten().map(|user| user["login"].clone()).collect();
    assert_eq!(assignable, [json!("alice"), json!("bob")], "a reader and an organisation are not assignable");
}

#[test]
fn the_date_header_is_the_trackers_clock() {
    let mut stage = Stage::new(Flavour::Gitea);
    stage.now_ms = 784_111_776_000;
    let answer = stage.raw("bob", "GET", "/api/v1/version", &Value::Null);
    assert_eq!(answer.header("Date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
}

//! What one action announces, in which order, and how wrong the snapshots are.

use hmac::{Hmac, KeyInit, Mac};
use issuesync_forge_sim::{Delivery, Flavour};
use serde_json::{Value, json};

use crate::stage::{BOTH, Stage, config, names};

fn header<'a>(delivery: &'a Delivery, name: &str) -> &'a str {
    let found = delivery.headers.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.as_str())
}

#[test]
fn a_delivery_is_signed_over_its_raw_bytes() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        stage.call("bob", "POST", "/issues", &json!({ "title": "<b> & co" }));
        let delivery = stage.due().remove(0);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").expect("a key");
        mac.update(&delivery.body);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(header(&delivery, "X-Gitea-Signature"), hex);
        assert_eq!(header(&delivery, "X-Hub-Signature-256"), format!("sha256={hex}"));
        assert_eq!(header(&delivery, "X-Gitea-Event"), "issues");
        assert_eq!(header(&delivery, "X-GitHub-Delivery"), delivery.id);
        let forgejo = if flavour == Flavour::Forgejo { hex.as_str() } else { "" };
        assert_eq!(header(&delivery, "X-Forgejo-Signature"), forgejo);
        let text = String::from_utf8(delivery.body).expect("UTF-8");
        assert!(text.starts_with("{\n  \"") && text.contains("\\u003cb\\u003e \\u0026 co"), "{text}");
    }
}

#[test]
fn without_a_secret_the_signature_is_empty() {
    let mut stage = Stage::new(Flavour::Gitea);
    let body = json!({ "type": "gitea", "active": true, "events": ["issues"],
        "config": { "url": "http://m.test/h", "content_type": "form" } });
    stage.call("alice", "POST", "/hooks", &body);
    stage.issue("One");
    let delivery = stage.due().remove(0);
    assert_eq!(header(&delivery, "X-Gitea-Signature"), "");
    assert_eq!(header(&delivery, "X-Hub-Signature-256"), "sha256=");
    assert!(delivery.body.starts_with(b"payload=%7B%0A"), "a form when asked for one");
}

#[test]
fn a_full_create_is_many_deliveries_and_assigned_comes_first() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let (label, milestone) = (stage.label("bug"), stage.milestone("1.0"));
        let body = json!({ "title": "One", "assignees": ["alice", "bob"], "labels": [label], "milestone": milestone, "closed": true });
        assert_eq!(stage.call("bob", "POST", "/issues", &body).0, 201);
        let heard = stage.heard();
        let actions: Vec<&str> = heard.iter().map(|(action, _)| action.as_str()).collect();
        assert_eq!(actions, ["assigned", "assigned", "opened", "label_updated", "milestoned", "closed"]);
        let epoch = heard[0].1["issue"]["updated_at"] == "1970-01-01T00:00:00Z";
        assert_eq!(epoch, flavour == Flavour::Gitea);
    }
}

#[test]
fn an_edit_of_everything_is_one_delivery_per_field() {
    let everything = |stage: &mut Stage| {
        let number = stage.issue("One");
        stage.patch(number, &json!({ "assignees": ["alice"] }));
        let milestone = stage.milestone("1.0");
        stage.due();
        let body = json!({ "title": "Two", "body": "new", "assignees": ["bob"], "milestone": milestone, "state": "closed",
            "due_date": "2026-12-25T00:00:00Z" });
        assert_eq!(stage.patch(number, &body).0, 201);
        stage.heard()
    };
    let heard = everything(&mut Stage::hooked(Flavour::Gitea));
    let actions: Vec<&str> = heard.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["edited", "edited", "unassigned", "assigned", "milestoned", "closed"]);
    assert_eq!(heard[0].1["changes"], json!({ "title": { "from": "One" } }));
    assert_eq!(heard[1].1["changes"], json!({ "body": { "from": "text" } }));
    assert_eq!(heard[0].1["issue"]["body"], "text", "each snapshot shows what was changed so far");
    assert_eq!(heard[4].1["issue"]["state"], "open");
    let heard = everything(&mut Stage::hooked(Flavour::Forgejo));
    let actions: Vec<&str> = heard.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["unassigned", "assigned", "milestoned", "edited", "closed"], "no word of the body");
    assert_eq!(heard[0].1["issue"]["title"], "Two");
    assert_eq!(heard[3].1["issue"]["state"], "closed", "the title is announced with the final state");
}

#[test]
fn an_equal_body_is_announced_by_gitea_alone() {
    for (flavour, expected) in [(Flavour::Gitea, 1), (Flavour::Forgejo, 0)] {
        let mut stage = Stage::hooked(flavour);
        let number = stage.issue("One");
        stage.due();
        stage.patch(number, &json!({ "body": "text" }));
        assert_eq!(stage.due().len(), expected);
        stage.patch(number, &json!({ "title": "One", "state": "open" }));
        assert_eq!(stage.due().len(), 0, "an equal title or state is nothing");
    }
}

#[test]
fn label_snapshots_lie_as_they_do_in_life() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let (bug, docs) = (stage.label("bug"), stage.label("docs"));
        let number = stage.issue("One");
        let path = format!("/issues/{number}/labels");
        stage.due();
        stage.call("bob", "POST", &path, &json!({ "labels": [bug] }));
        stage.call("bob", "POST", &path, &json!({ "labels": [bug] }));
        let heard = stage.heard();
        assert_eq!(heard.len(), 2, "one per call, changed or not");
        assert_eq!(names(&heard[0].1["issue"]), ["bug"]);
        stage.call("bob", "PUT", &path, &json!({ "labels": [bug, docs] }));
        let heard = stage.heard();
        let shown: &[&str] = if flavour == Flavour::Gitea { &[] } else { &["bug", "docs"] };
        assert_eq!(names(&heard[0].1["issue"]), shown);
        stage.call("bob", "DELETE", &format!("{path}/{bug}"), &Value::Null);
        let heard = stage.heard();
        assert_eq!((heard[0].0.as_str(), names(&heard[0].1["issue"])), ("label_updated", vec!["docs"]));
        stage.call("bob", "DELETE", &path, &Value::Null);
        let heard = stage.heard();
        assert_eq!((heard[0].0.as_str(), names(&heard[0].1["issue"])), ("label_cleared", vec!["docs"]));
        assert_eq!(stage.get(&format!("/issues/{number}"))["labels"], json!([]));
    }
}

#[test]
fn demilestoned_shows_the_old_one_on_forgejo() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let (first, second) = (stage.milestone("1.0"), stage.milestone("2.0"));
        let number = stage.issue("One");
        stage.patch(number, &json!({ "milestone": first }));
        stage.due();
        stage.patch(number, &json!({ "milestone": second }));
        stage.patch(number, &json!({ "milestone": 0 }));
        let heard = stage.heard();
        assert_eq!((heard[0].0.as_str(), &heard[0].1["issue"]["milestone"]["title"]), ("milestoned", &json!("2.0")));
        let old = if flavour == Flavour::Forgejo { json!("2.0") } else { Value::Null };
        assert_eq!((heard[1].0.as_str(), &heard[1].1["issue"]["milestone"]["title"]), ("demilestoned", &old));
    }
}

#[test]
fn comments_count_wrongly_and_their_edits_differ() {
    for flavour in BOTH {
        let mut stage = Stage::hooked(flavour);
        let number = stage.issue("One");
        stage.due();
        let (status, comment) =
            stage.call("bob", "POST", &format!("/issues/{number}/comments"), &json!({ "body": "hi" }));
        assert_eq!(status, 201);
        let path = format!("/issues/comments/{}", comment["id"]);
        assert_eq!(stage.call("bob", "PATCH", &path, &json!({ "body": "ho" })).0, 200);
        stage.call("bob", "PATCH", &path, &json!({ "body": "ho" }));
        stage.call("bob", "DELETE", &path, &Value::Null);
        let heard = stage.heard();
        let counts: Vec<(&str, u64)> = heard
            .iter()
            .map(|(action, value)| (action.as_str(), value["issue"]["comments"].as_u64().unwrap_or(99)))
            .collect();
        let mut expected = vec![("created", 0), ("edited", 1), ("edited", 1), ("deleted", 1)];
        if flavour == Flavour::Gitea {
            expected.remove(2);
        }
        assert_eq!(counts, expected);
        assert_eq!(heard[1].1["changes"], json!({ "body": { "from": "hi" } }));
        assert_eq!(heard[0].1["is_pull"], false);
        assert_eq!(heard[0].1.get("number"), None);
    }
}

#[test]
fn much_is_never_announced() {
    let mut stage = Stage::hooked(Flavour::Gitea);
    let number = stage.issue("One");
    let (label, milestone) = (stage.label("bug"), stage.milestone("1.0"));
    stage.call("bob", "POST", &format!("/issues/{number}/labels"), &json!({ "labels": [label] }));
    stage.due();
    stage.patch(number, &json!({ "due_date": "2026-12-25T00:00:00Z" }));
    stage.call("bob", "POST", &format!("/issues/{number}/deadline"), &json!({ "due_date": null }));
    stage.call("alice", "PUT", &format!("/issues/{number}/lock"), &json!({}));
    stage.call("alice", "PATCH", &format!("/labels/{label}"), &json!({ "name": "defect" }));
    stage.call("alice", "DELETE", &format!("/labels/{label}"), &Value::Null);
    stage.call("alice", "PATCH", &format!("/milestones/{milestone}"), &json!({ "title": "x" }));
    stage.call("alice", "DELETE", &format!("/milestones/{milestone}"), &Value::Null);
    stage.call("alice", "DELETE", &format!("/issues/{number}"), &Value::Null);
    assert_eq!(stage.actions(), Vec::<String>::new());
}

#[test]
fn the_newest_gitea_announces_a_delete() {
    let mut config = config(Flavour::Gitea);
    config.delete_events = true;
    let mut stage = Stage::of(config);
    stage.hook("http://mirror.test/hook");
    let number = stage.issue("One");
    stage.due();
    stage.call("alice", "DELETE", &format!("/issues/{number}"), &Value::Null);
    assert_eq!(stage.actions(), ["deleted"]);
}

#[test]
fn every_hook_gets_its_own_delivery_of_one_body() {
    let mut stage = Stage::hooked(Flavour::Gitea);
    stage.hook("http://other.test/hook");
    stage.issue("One");
    let due = stage.due();
    assert_eq!(due.len(), 2);
    assert_eq!(due[0].body, due[1].body);
    assert_ne!((&due[0].id, due[0].hook_id), (&due[1].id, due[1].hook_id));
    assert_eq!(stage.due().len(), 0, "handed over once");
}

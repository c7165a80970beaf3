//! Projects and connections: what is shown, what can be settled, and that secrets stay inside.

use crate::app::App;
use crate::fixtures::{self, CANARY};
use http::Method;
use issuesync_store::Connections;
use serde_json::{Value, json};

async fn admin(app: &App, method: Method, path: &str, body: Option<&Value>) -> crate::app::Reply {
    app.call(&app.token("admin").await, method, path, body).await
}

#[tokio::test]
async fn a_connection_is_shown_by_name_or_id_without_its_secrets() {
    let app = App::new().await;
    let id = fixtures::connection("web").id;
    let shown = app.get("/connections/web").await.expect(200);
    assert_eq!(app.get(&format!("/connections/{id}")).await.expect(200), shown);
    assert_eq!(app.get("/connections").await.expect(200)["items"], json!([shown]));
    for (key, value) in [
        ("name", json!("web")),
        ("project", json!("acme")),
        ("provider", json!("gitea")),
        ("flavour", json!("gitea")),
        ("url", json!("http://tracker.test/acme/web")),
        ("self_login", json!("sync")),
        ("state", json!("active")),
        ("import", json!({"done": 0, "total": 3, "complete": true})),
        ("fuse", json!("closed")),
        ("poll", json!("2s")),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
}

#[tokio::test]
async fn settings_change_one_by_one() {
    let app = App::new().await;
    let changed = admin(&app, Method::PATCH, "/connections/web", Some(&json!({"poll": "7s"}))).await.expect(200);
    assert_eq!((&changed["poll"], &changed["settings"]["allow_http"]), (&json!("7s"), &json!(true)));
    admin(&app, Method::PATCH, "/connections/web", Some(&json!({"poll": "often"}))).await.invalid("poll");
    admin(&app, Method::PATCH, "/connections/web", Some(&json!({"url": "x"}))).await.invalid("url");
}

#[tokio::test]
async fn a_disconnected_repository_is_gone_with_its_issues() {
    let app = App::new().await;
    let issue = fixtures::issue(1);
    app.put(&issue).await;
    admin(&app, Method::DELETE, "/connections/web", None).await.expect(204);
    app.get("/connections/web").await.problem(404, "not_found");
    app.get(&format!("/issues/{}", issue.id)).await.problem(404, "not_found");
}

#[tokio::test]
async fn connecting_says_what_is_wrong_and_never_repeats_the_token() {
    let app = App::new().await;
    let token = format!("{CANARY}-given");
    let body = |extra: Value| {
        let mut body = json!({"project": "acme", "url": "http://tracker.test/acme/new", "token": token});
        body.as_object_mut().expect("object").extend(extra.as_object().expect("object").clone());
        body
    };
    let connect = async |extra: Value| admin(&app, Method::POST, "/connections", Some(&body(extra))).await;
    connect(json!({"colour": "red"})).await.invalid("colour");
    connect(json!({"poll": "never"})).await.invalid("poll");
    connect(json!({"url": 5})).await.invalid("url");
    connect(json!({"provider": "jira"})).await.invalid("provider");
    let plain = connect(json!({"allow_private_network": true})).await;
    assert_eq!(plain.status, 422, "{}", plain.text);
    let reply = connect(json!({"allow_http": true, "allow_private_network": true})).await;
    assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{}", reply.text);
    let reply = connect(json!({"allow_http": true, "allow_private_network": true, "dry_run": true})).await;
    assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{}", reply.text);
    assert_eq!(app.store.connections().await.expect("connections").len(), 1);
}

#[tokio::test]
async fn a_doctor_answers_even_when_the_tracker_does_not() {
    let app = App::new().await;
    app.tracker.stop();
    let findings = app.get("/connections/web/doctor").await.expect(200);
    let levels: Vec<_> = findings["items"].as_array().expect("items").iter().map(|one| one["level"].clone()).collect();
    assert!(levels.contains(&json!("error")), "{findings}");
    let pass = app.post("/connections/web/sync", &json!({"full": true})).await;
    pass.problem(502, "tracker");
    app.post("/connections/web/sync", &json!({"fully": true})).await.invalid("fully");
    let accepted = admin(&app, Method::POST, "/connections/web/accept-deletes", None).await.expect(200);
    assert_eq!(accepted, json!({"accepted": 0, "held": 0}));
}

#[tokio::test]
async fn projects_are_made_once() {
    let app = App::new().await;
    let made = admin(&app, Method::POST, "/projects", Some(&json!({"name": "zoo"}))).await.expect(201);
    let again = admin(&app, Method::POST, "/projects", Some(&json!({"name": "zoo"}))).await.expect(201);
    assert_eq!(made, again);
    admin(&app, Method::POST, "/projects", Some(&json!({"name": " "}))).await.invalid("name");
    let names = app.get("/projects").await.expect(200);
    assert_eq!((&names["items"][0]["name"], &names["items"][1]["name"]), (&json!("acme"), &json!("zoo")));
}

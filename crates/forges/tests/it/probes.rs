//! What a server can do, from its own answers.

use crate::fixture::{response, target};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Capabilities, Field, ListOrder, TitleUnit};
use issuesync_provider::{Provider, Response};
use serde_json::{Value as Json, json};

const MISSING: &str = "404 page not found\n";
const GONE: &str = r#"{"errors":null,"message":"The target couldn't be found.","url":"x"}"#;

struct Server {
    version: Response,
    forgejo: Response,
    settings: Response,
    order: Json,
    lock: Response,
}

impl Server {
    fn gitea() -> Self {
        Self {
            version: response(200, &[], r#"{"version":"1.24.0"}"#),
            forgejo: response(404, &[], "Not found.\n"),
            settings: response(200, &[], r#"{"max_response_items":50,"default_paging_num":30}"#),
            order: json!([]),
            lock: response(404, &[], GONE),
        }
    }

    fn forgejo() -> Self {
        Self {
            version: response(200, &[], r#"{"version":"12.0.1+gitea-1.22.0"}"#),
            forgejo: response(200, &[("content-type", "text/plain")], r#"{"version":"12.0.1+gitea-1.22.0"}"#),
            lock: response(404, &[("content-type", "text/plain")], MISSING),
            ..Self::gitea()
        }
    }

    fn found(&self) -> Result<Capabilities, String> {
        Gitea.capabilities(&[
            ("version", self.version.clone()),
            ("forgejo", self.forgejo.clone()),
            ("settings", self.settings.clone()),
            ("order", response(200, &[], self.order.to_string())),
            ("lock", self.lock.clone()),
        ])
    }

    fn can(&self) -> Capabilities {
        self.found().expect("it is such a server")
    }
}

fn issue(created: &str, updated: &str) -> Json {
    json!({"created_at": format!("2026-01-{created}T00:00:00Z"), "updated_at": format!("2026-01-{updated}T00:00:00Z")})
}

#[test]
fn the_products_are_told_apart() {
    let gitea = Server::gitea().can();
    assert_eq!((gitea.flavour.as_str(), gitea.version.as_str()), ("gitea", "1.24.0"));
    assert_eq!((gitea.lock, gitea.canon.title_max, gitea.canon.title_unit), (true, 255, TitleUnit::Chars));
    assert!(gitea.canon.fields.has(Field::Locked));
    let forgejo = Server::forgejo().can();
    assert_eq!((forgejo.flavour.as_str(), forgejo.version.as_str()), ("forgejo", "12.0.1+gitea-1.22.0"));
    assert_eq!((forgejo.lock, forgejo.canon.title_max, forgejo.canon.title_unit), (false, 255, TitleUnit::Bytes));
    assert!(!forgejo.canon.fields.has(Field::Locked));
    for both in [gitea, forgejo] {
        assert!(both.list_is_fresh && both.delete_issue && !both.canon.reasons && !both.canon.label_fold);
        assert!(!both.content_version);
    }
}

#[test]
fn a_version_that_says_nothing_is_no_hindrance() {
    let built_by_hand = response(200, &[], r#"{"version":"development"}"#);
    let gitea = Server { version: built_by_hand.clone(), ..Server::gitea() }.can();
    assert_eq!((gitea.flavour.as_str(), gitea.version.as_str()), ("gitea", "development"));
    let unset = response(200, &[], r#"{"version":"1.0.0"}"#);
    let forgejo = Server { version: built_by_hand, forgejo: unset, ..Server::forgejo() }.can();
    assert_eq!((forgejo.flavour.as_str(), forgejo.version.as_str()), ("forgejo", "development"));
}

#[test]
fn another_server_is_told_in_a_sentence() {
    for (version, part) in [
        (response(404, &[], MISSING), "does not answer as Gitea or Forgejo"),
        (response(200, &[], "<html>"), "does not answer as Gitea or Forgejo"),
        (response(200, &[], "[]"), "does not answer as Gitea or Forgejo"),
        (response(401, &[], GONE), "does not accept the token"),
        (response(403, &[], ""), "does not tell its version"),
    ] {
        let why = Server { version, ..Server::gitea() }.found().expect_err("it is no such server");
        assert!(why.contains(part), "{why}");
    }
    assert!(Gitea.capabilities(&[]).is_err());
}

#[test]
fn the_lock_is_there_when_its_route_is() {
    let lock = |status, body: &str| Server { lock: response(status, &[], body), ..Server::gitea() }.can().lock;
    assert!(lock(404, GONE));
    assert!(lock(403, ""));
    assert!(lock(204, ""));
    assert!(!lock(404, MISSING));
    assert!(!lock(404, "<html>404</html>"));
    assert!(!lock(405, ""));
    assert!(!lock(502, "<html>"), "a server that is ill proves nothing");
}

#[test]
fn pages_are_as_large_as_the_server_grants_and_no_larger_than_fifty() {
    let size = |settings: Response| Server { settings, ..Server::gitea() }.can().page_size;
    let items = |count: i64| response(200, &[], json!({"max_response_items": count}).to_string());
    assert_eq!(size(items(50)), 50);
    assert_eq!(size(items(20)), 20);
    assert_eq!(size(items(500)), 50);
    assert_eq!(size(items(0)), 1);
    assert_eq!(size(response(403, &[], GONE)), 50);
}

#[test]
fn order_by_change_is_believed_only_where_the_answer_proves_it() {
    let order = |order: Json| Server { order, ..Server::forgejo() }.can().list_order;
    assert_eq!(order(json!([issue("03", "04"), issue("02", "05"), issue("05", "06")])), ListOrder::UpdatedAsc);
    assert_eq!(order(json!([])), ListOrder::CreatedDesc);
    assert_eq!(order(json!([issue("03", "04")])), ListOrder::CreatedDesc);
    let both_hold = json!([issue("03", "04"), issue("02", "05")]);
    assert_eq!(order(both_hold), ListOrder::CreatedDesc, "newest first would look the same");
    assert_eq!(order(json!([issue("05", "06"), issue("03", "04")])), ListOrder::CreatedDesc);
    assert_eq!(order(json!([issue("01", "06"), issue("03", "04")])), ListOrder::CreatedDesc, "by neither");
    assert_eq!(order(json!({"message": "no"})), ListOrder::CreatedDesc);
}

#[test]
fn the_guard_is_found_by_its_key() {
    let mut guarded = issue("01", "02");
    guarded["content_version"] = json!(0);
    assert!(Server { order: json!([guarded]), ..Server::gitea() }.can().content_version);
    assert!(!Server { order: json!([issue("01", "02")]), ..Server::gitea() }.can().content_version);
}

#[test]
fn probes_change_nothing() {
    let probes = Gitea.probes(&target());
    let lines: Vec<String> = probes
        .iter()
        .map(|(name, request)| {
            let path = request.url.strip_prefix("https://git.example.org/api/").expect("it goes to the API");
            format!("{name}: {} {path}", request.method.word())
        })
        .collect();
    assert_eq!(
        lines,
        [
            "version: GET v1/version",
            "forgejo: GET forgejo/v1/version",
            "settings: GET v1/settings/api",
            "order: GET v1/repos/acme/web/issues?state=all&type=issues&sort=leastupdate&limit=50",
            "lock: PUT v1/repos/acme/web/issues/0/lock",
        ]
    );
}

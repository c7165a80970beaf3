//! What the tests share: a target, capabilities, answers, and the files of recorded exchanges.

use hmac::{Hmac, KeyInit, Mac};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{
    CanonRules, Capabilities, Catalog, Field, FieldSet, Label, ListOrder, Milestone, Observation, Secret, TitleUnit,
    User,
};
use issuesync_provider::{Answer, Call, CallError, Provider, Response, Target};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// When the answers of these tests were asked for, microseconds.
pub(crate) const SENT_US: i64 = 1_767_323_100_000_000;

pub(crate) fn target() -> Target {
    Target {
        base_url: "https://git.example.org".to_owned(),
        token: Secret::new("t0ken"),
        repo_path: "acme/web".to_owned(),
        repo_id: 12,
        allow_private_network: false,
        allow_http: false,
    }
}

pub(crate) fn capabilities() -> Capabilities {
    Capabilities {
        flavour: "gitea".to_owned(),
        version: "1.24.0".to_owned(),
        canon: CanonRules {
            title_max: 255,
            title_unit: TitleUnit::Chars,
            label_fold: false,
            fields: FieldSet::all(),
            reasons: false,
        },
        list_order: ListOrder::CreatedDesc,
        list_is_fresh: true,
        content_version: false,
        lock: true,
        delete_issue: true,
        page_size: 50,
        reason_alone: true,
    }
}

pub(crate) fn without_lock() -> Capabilities {
    let mut capabilities = capabilities();
    capabilities.lock = false;
    capabilities.canon.fields = FieldSet::all().without(Field::Locked);
    capabilities
}

/// Two definitions bear the name `bug`, as the server allows.
pub(crate) fn catalog() -> Catalog {
    let label = |id, name: &str| Label { id, name: name.to_owned(), colour: "ededed".to_owned(), exclusive: false };
    let user = |id, login: &str| User { id, login: login.to_owned(), assignable: true };
    Catalog {
        labels: vec![label(9, "bug"), label(4, "bug"), label(5, "Bug"), label(6, "help")],
        milestones: vec![Milestone { id: 3, title: "1.0".to_owned(), open: true }],
        users: vec![user(2, "alice"), user(3, "bob"), user(7, "carol")],
    }
}

pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Response {
    Response {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.into(),
        t_send_us: SENT_US,
        t_recv_us: SENT_US + 5000,
    }
}

pub(crate) fn answer(call: &Call, response: &Response) -> Result<Answer, CallError> {
    Gitea.answer(&target(), &capabilities(), call, response)
}

pub(crate) fn answer_json(call: &Call, json: &Json) -> Result<Answer, CallError> {
    answer(call, &response(200, &[], json.to_string()))
}

/// The observation of an answer that must be one.
pub(crate) fn item(answer: Result<Answer, CallError>) -> Observation {
    match answer {
        Ok(Answer::Item(observation)) => *observation,
        other => panic!("an item was expected, not {other:?}"),
    }
}

/// An issue with every key that is read, as Gitea prints it.
pub(crate) fn issue() -> Json {
    json!({
        "id": 991, "number": 7, "html_url": "https://git.example.org/acme/web/issues/7",
        "user": {"id": 2, "login": "alice", "username": "alice"},
        "title": "Broken", "body": "It is broken.",
        "labels": [{"id": 4, "name": "bug", "color": "ee0701", "exclusive": false}],
        "milestone": {"id": 3, "title": "1.0", "state": "open"},
        "assignee": {"id": 3, "login": "bob"}, "assignees": [{"id": 3, "login": "bob"}, {"id": -1, "login": "Ghost"}],
        "state": "closed", "is_locked": true, "comments": 4,
        "created_at": "2026-01-02T05:04:05+02:00", "updated_at": "2026-01-02T03:05:06Z",
        "due_date": "2026-12-25T23:59:59+02:00", "pull_request": null,
        "repository": {"id": 12, "name": "web", "owner": "acme", "full_name": "acme/web"},
    })
}

pub(crate) fn comment() -> Json {
    json!({
        "id": 77, "html_url": "https://git.example.org/acme/web/issues/7#issuecomment-77",
        "issue_url": "https://git.example.org/acme/web/issues/7", "pull_request_url": "",
        "user": {"id": 3, "login": "bob"}, "body": "Me too.",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:05:06Z",
    })
}

/// The bare hexadecimal signature of a message.
pub(crate) fn signature(secret: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    let bytes = mac.chain_update(message).finalize().into_bytes();
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every write");
        text
    })
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// One file of exchanges: its product and name for messages, and what is in it.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) json: Json,
}

/// Every recorded file of real servers.
pub(crate) fn recorded() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/gitea");
    let mut files: Vec<PathBuf> =
        ["gitea", "forgejo"].iter().flat_map(|product| files_in(&root.join(product))).collect();
    files.sort();
    assert!(files.len() > 200, "the recorded files are missing from {}", root.display());
    files.iter().map(|path| read(path)).collect()
}

/// A file written by hand, for what no server at hand shows.
pub(crate) fn by_hand(name: &str) -> Json {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).json
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect()
}

fn read(path: &Path) -> Recorded {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_stem).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    Recorded { name: format!("{}/{}", part(path.parent()), part(Some(path))), json }
}

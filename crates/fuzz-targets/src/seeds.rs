//! Where fuzzing begins: recorded exchanges and written examples in the form that each target reads.

use crate::answer::{HEADERS, calls};
use crate::webhook::{EVENTS, SIGNATURES};
use issuesync::config::template;
use issuesync_model::{Field, marker};
use serde_json::Value as Json;
use std::path::Path;

/// One beginning of a target.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The target.
    pub target: &'static str,
    /// Its name among the target's.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Which call a recorded exchange answers, by the beginning of its name, as an index of the answer target's calls.
const CALLS: [(&str, u8); 14] = [
    ("issue_comments_list", 4),
    ("issue_comment_create", 17),
    ("issue_timeline", 8),
    ("issue_create", 12),
    ("issue_delete", 18),
    ("issue_edit", 13),
    ("issue_lock", 16),
    ("issues_list", 1),
    ("comments_list", 3),
    ("comment_", 2),
    ("labels_list", 5),
    ("milestones_list", 6),
    ("hooks_list", 9),
    ("repo", 10),
];

/// Every seed; the folder holds recordings by product, as `fixtures/gitea` does.
///
/// # Errors
/// When a recording cannot be read.
pub fn seeds(fixtures: &Path) -> std::io::Result<Vec<Seed>> {
    let mut seeds = written();
    for product in ["gitea", "forgejo"] {
        for entry in std::fs::read_dir(fixtures.join(product))? {
            let path = entry?.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let json: Json = serde_json::from_slice(&std::fs::read(&path)?)?;
            seeds.extend(recorded(&format!("{product}_{name}"), &name, &json));
        }
    }
    seeds.sort_by(|left, right| (left.target, &left.name).cmp(&(right.target, &right.name)));
    Ok(seeds)
}

fn seed(target: &'static str, name: &str, parts: &[&[u8]]) -> Seed {
    Seed { target, name: name.to_owned(), bytes: parts.concat() }
}

/// A text with its length in one byte; longer ones are cut.
fn short(text: &str) -> Vec<u8> {
    let cut = &text.as_bytes()[..text.len().min(255)];
    [&[u8::try_from(cut.len()).unwrap_or(u8::MAX)], cut].concat()
}

/// A text with its length in two bytes; longer ones are cut.
fn long(text: &str) -> Vec<u8> {
    let cut = &text.as_bytes()[..text.len().min(0xffff)];
    [&u16::try_from(cut.len()).unwrap_or(u16::MAX).to_le_bytes()[..], cut].concat()
}

fn index(list: &[&str], wanted: &str) -> u8 {
    list.iter().position(|known| *known == wanted).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
}

fn recorded(name: &str, kind: &str, json: &Json) -> Vec<Seed> {
    if let Some(delivery) = json.get("delivery") {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let header = |name: &str| text(&delivery["headers"][name]);
        let (body, secret) = (text(&delivery["body_text"]), text(&delivery["secret"]));
        let event = index(&EVENTS, &header("x-gitea-event"));
        let signature = short(&header("x-gitea-signature"));
        return vec![
            seed("webhook", name, &[&[event, 0, 0], &short(&header("x-gitea-event-type")), body.as_bytes()]),
            seed("signature", name, &[&[0], &short(&secret), &short("other"), &signature, &[3], body.as_bytes()]),
        ];
    }
    let response = &json["response"];
    let body = match &response["body"] {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        json => json.to_string(),
    };
    let call = CALLS.iter().find(|(prefix, _)| kind.starts_with(prefix)).map_or(0, |(_, call)| *call);
    let status = u16::try_from(response["status"].as_u64().unwrap_or(200)).unwrap_or(200).saturating_sub(100);
    let header = HEADERS.iter().find(|name| response["headers"].get(**name).is_some()).copied().unwrap_or("");
    let value = short(response["headers"][header].as_str().unwrap_or_default());
    let front = [call, status.to_le_bytes()[0], status.to_le_bytes()[1], index(&HEADERS, header)];
    let mut seeds = vec![seed("answer", name, &[&front, &value, &[0; 8], body.as_bytes()])];
    for (at, field) in [(Field::Title, "title"), (Field::Body, "body")] {
        if let Some(text) = response["body"][field].as_str() {
            let at = u8::try_from(Field::ALL.iter().position(|known| *known == at).unwrap_or(0)).unwrap_or(0);
            seeds.push(seed("canon", &format!("{name}_{field}"), &[&[255, 0, 0, 0, at, 7], &long(text)]));
        }
    }
    seeds
}

/// Examples that nobody recorded.
fn written() -> Vec<Seed> {
    let digits = "0192f0c1d2e37a4b8c5d6e7f80912a3b";
    let marked = marker::with("Text\nmore", digits);
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let full = template::TEMPLATE;
    let connection = "[[connection]]\nname = \"web\"\nproject = \"acme\"\nurl = \"https://git.example.org/acme/web\"\n\
         token = \"env:KEY\"\nconflict_window = \"0s\"\ndirection = { default = \"both\", labels = \"pull\" }\n\
         filter = { labels = [\"bug\"], state = \"open\", since = \"2026-12-25\" }\n[webhooks.gitea]\nsecret = [\"env:KEY\", \"old\"]\n\
         [timing]\nlease = \"10s\"\nhttp_timeout = \"2s\"\n[log]\nlevel = \"info,issuesync_engine=debug\"\n";
    let mut seeds = vec![
        seed("marker", "last", &[&[7; 16], marked.as_bytes()]),
        seed("marker", "twice", &[&[7; 16], marker::with(&marked, digits).as_bytes()]),
        seed("marker", "within", &[&[7; 16], format!("{marked}\r\n\r\nsigned").as_bytes()]),
        seed("canon", "marked", &[&[255, 0, 0, 0, 1, 7], &long(&marked)]),
        seed("canon", "labels", &[&[255, 0, 1, 0, 3, 7, 3], &short(" Bug "), &short("bug"), &short("\0")]),
        seed("canon", "assignees", &[&[255, 0, 1, 0, 4, 7, 3], &short("007"), &short("-1"), &short("7")]),
        seed("text", "apart", &[&long("a\nb\nc"), &long("A\nb\nc"), b"a\nb\nC"]),
        seed("text", "overlap", &[&long("a\nb\nc"), &long("a\nB\nc"), b"a\nX\nc"]),
        seed("text", "moved", &[&long("a\nb\nc\nd"), &long("c\na\nb\nd"), b"a\nb\nd\n\nc"]),
        seed("config", "template", &[&short(""), &short(""), full.as_bytes()]),
        seed("config", "connection", &[&short("LOG__FORMAT"), &short("json"), connection.as_bytes()]),
        seed(
            "vault",
            "keys",
            &[&short("config"), &long("sealed:v1:abcd0123:00ff"), format!("# one\n{key}\n{key}\n").as_bytes()],
        ),
    ];
    let addresses = [
        "https://git.example.org/acme/web",
        "http://127.0.0.1:3000/sub/acme/web.git",
        "https://git.example.org/acme/web/issues/7?x=y#z",
        "https://user:pass@git.example.org/acme/web",
        "https://[::1]:3000/a/b",
    ];
    seeds.extend(addresses.iter().enumerate().map(|(n, url)| seed("address", &n.to_string(), &[url.as_bytes()])));
    let waits = [
        ("retry-after", "120"),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("date", "Fri, 02 Jan 2026 03:05:07 GMT"),
    ];
    for (n, (name, value)) in waits.iter().enumerate() {
        let status = 329_u16.to_le_bytes();
        let front = [0, status[0], status[1], index(&HEADERS, name)];
        seeds.push(seed("answer", &format!("wait_{n}"), &[&front, &short(value), &[0; 8], b"{\"message\":\"slow\"}"]));
    }
    debug_assert!(CALLS.iter().all(|(_, call)| usize::from(*call) < calls().len()) && SIGNATURES.len() == 4);
    seeds
}

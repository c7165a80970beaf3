//! Whatever comes, nothing panics, and what is turned away is turned away by a value.

use crate::fixture::{answer, comment, headers, issue, response};
use issuesync_forges::gitea::Gitea;
use issuesync_model::{Field, Fields, Secret, Value};
use issuesync_provider::{Call, CallError, Provider};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn calls() -> Vec<Call> {
    let fields = || Fields::new().with(Field::Body, Value::Text("x".to_owned()));
    vec![
        Call::Whoami,
        Call::Repository,
        Call::RepositoryById,
        Call::Issue { number: 7 },
        Call::Issues { since_us: None, page: i64::MAX },
        Call::Comment { issue: 7, id: 77 },
        Call::Comments { since_us: None, page: 1 },
        Call::CommentsOf { issue: 7, page: 1 },
        Call::Labels { page: i64::MIN },
        Call::SharedLabels { page: 1 },
        Call::Milestones { page: 1 },
        Call::Assignables { page: 1 },
        Call::History { issue: 7, page: 1 },
        Call::Hooks { page: 1 },
        Call::CreateHook { url: "u".to_owned(), secret: Secret::new("s") },
        Call::CreateIssue { fields: fields(), labels: Vec::new(), assignees: Vec::new() },
        Call::EditIssue { number: 7, fields: fields(), assignees: None, content_version: None },
        Call::AddLabels { number: 7, labels: vec![4] },
        Call::RemoveLabel { number: 7, label: 4 },
        Call::SetDueDate { number: 7, day: None },
        Call::DeleteIssue { number: 7 },
        Call::EditComment { issue: 7, id: 77, body: "x".to_owned() },
    ]
}

/// Any JSON, its texts and keys mostly those that servers use.
fn any_json() -> impl Strategy<Value = Json> {
    let texts = prop_oneof![
        any::<String>(),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?",
        Just("2026-01-02T03:05:06Z".to_owned()),
        Just("é026-01-02T03:05:06Z".to_owned()),
    ];
    let keys = prop::sample::select(vec![
        "id",
        "number",
        "title",
        "body",
        "state",
        "labels",
        "milestone",
        "assignees",
        "user",
        "login",
        "name",
        "created_at",
        "updated_at",
        "due_date",
        "action",
        "issue",
        "comment",
        "repository",
        "sender",
        "changes",
        "from",
        "full_name",
        "pull_request",
        "comments",
        "issue_url",
        "type",
        "config",
        "events",
        "permissions",
        "message",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        texts.prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 64, 12, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((keys.clone(), inner), 0..12)
                .prop_map(|pairs| Json::Object(pairs.into_iter().map(|(key, json)| (key.to_owned(), json)).collect())),
        ]
    })
}

/// A whole issue, comment, list or delivery with one value replaced by anything.
fn bent() -> impl Strategy<Value = Json> {
    let whole = json!({
        "action": "edited", "number": 7, "issue": issue(), "comment": comment(), "is_pull": false,
        "changes": {"title": {"from": "a"}, "body": {"from": "b"}},
        "repository": {"id": 12, "full_name": "acme/web", "permissions": {"admin": true, "push": true}},
        "sender": {"id": 2, "login": "alice"},
    });
    let paths = pointers(&whole, "");
    let shapes = [whole.clone(), whole["issue"].clone(), json!([whole["issue"]]), json!([whole["comment"]])];
    (prop::sample::select(paths), any_json(), 0..shapes.len()).prop_map(move |(path, json, shape)| {
        let mut bent = shapes[shape].clone();
        for path in
            [path.clone(), path.replace("/issue", ""), path.replace("/issue", "/0"), path.replace("/comment", "/0")]
        {
            if let Some(place) = bent.pointer_mut(&path) {
                *place = json.clone();
            }
        }
        bent
    })
}

fn pointers(json: &Json, at: &str) -> Vec<String> {
    let below: Vec<String> = match json {
        Json::Object(map) => map.iter().flat_map(|(key, inner)| pointers(inner, &format!("{at}/{key}"))).collect(),
        Json::Array(list) => {
            list.iter().enumerate().flat_map(|(index, inner)| pointers(inner, &format!("{at}/{index}"))).collect()
        }
        _ => Vec::new(),
    };
    [vec![at.to_owned()], below].concat()
}

fn try_everything(status: u16, header: &(String, String), body: &[u8]) -> Result<(), TestCaseError> {
    let pair = [(header.0.as_str(), header.1.as_str())];
    for call in calls() {
        let answered = answer(&call, &response(status, &pair, body));
        if let Err(CallError::Refused(text) | CallError::Malformed(text) | CallError::Ill(text)) = answered {
            prop_assert!(text.chars().count() <= 300 && !text.chars().any(char::is_control));
        }
    }
    for event in ["issues", "issue_comment", "pull_request", ""] {
        let headers = headers(&[("x-gitea-event", event), pair[0]]);
        if let Err(error) = Gitea.notice(&headers, body) {
            prop_assert!(error.0.chars().count() <= 300);
        }
    }
    Ok(())
}

fn any_header() -> impl Strategy<Value = (String, String)> {
    let names = ["x-total-count", "link", "retry-after", "date", "location", "content-type", "x-gitea-signature"];
    let values = prop_oneof![any::<String>(), "[0-9-]{1,20}", Just("application/x-www-form-urlencoded".to_owned())];
    (prop::sample::select(names.to_vec()).prop_map(str::to_owned), values)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn arbitrary_bytes_are_survived(status in 100_u16..600, header in any_header(), body in vec(any::<u8>(), 0..400)) {
        try_everything(status, &header, &body)?;
    }

    #[test]
    fn arbitrary_json_is_survived(status in prop::sample::select(vec![200_u16, 201, 404, 500]), header in any_header(),
                                  json in any_json()) {
        try_everything(status, &header, json.to_string().as_bytes())?;
    }

    #[test]
    fn bent_answers_and_deliveries_are_survived(header in any_header(), json in bent()) {
        try_everything(200, &header, json.to_string().as_bytes())?;
    }

    #[test]
    fn no_arbitrary_signature_verifies(pairs in vec((any_header(), any::<String>()), 0..4), body in vec(any::<u8>(), 0..400)) {
        let mut found: Vec<(String, String)> = pairs.iter().map(|((name, _), value)| (name.clone(), value.clone())).collect();
        found.extend(pairs.into_iter().map(|(header, _)| header));
        prop_assert!(Gitea.verify(&found, &body, &[Secret::new("s3cret")]).is_err());
        let _ = Gitea.payload(&found, &body);
    }

    #[test]
    fn arbitrary_addresses_are_survived(text in any::<String>(), path in "(https?://[a-z.:0-9]{0,12})?(/[ -~]{0,8}){0,5}") {
        for url in [&text, &path] {
            if let Some((base, repo)) = Gitea.split_url(url) {
                prop_assert!(base.starts_with("http") && !base.ends_with('/') && repo.split('/').count() == 2);
            }
        }
    }
}

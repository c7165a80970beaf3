//! Answers of a tracker and addresses of repositories: whatever they are, each becomes a value or a decision.

use crate::input::Input;
use issuesync_forges::gitea::Gitea;
use issuesync_model::{CanonRules, Capabilities, Field, FieldSet, Fields, ListOrder, Secret, TitleUnit, Value};
use issuesync_provider::{Answer, Call, CallError, Provider, Response, Target};

/// Headers that decide something.
pub(crate) const HEADERS: [&str; 7] =
    ["", "retry-after", "date", "link", "x-total-count", "location", "x-ratelimit-remaining"];
/// The probes by which a tracker is recognised.
pub(crate) const PROBES: [&str; 5] = ["version", "forgejo", "settings", "order", "lock"];
/// The longest wait that is believed, milliseconds.
const BUDGET_MAX_MS: i64 = 86_400_000;
const MESSAGE_MAX: usize = 300;

/// A call of every kind, in the order by which a byte chooses.
pub(crate) fn calls() -> Vec<Call> {
    let fields = || Fields::new().with(Field::Body, Value::Text("x".to_owned()));
    vec![
        Call::Issue { number: 7 },
        Call::Issues { since_us: None, page: 1 },
        Call::Comment { issue: 7, id: 77 },
        Call::Comments { since_us: None, page: 1 },
        Call::CommentsOf { issue: 7, page: 1 },
        Call::Labels { page: 1 },
        Call::Milestones { page: i64::MAX },
        Call::Assignables { page: 1 },
        Call::History { issue: 7, page: 1 },
        Call::Hooks { page: 1 },
        Call::Repository,
        Call::Whoami,
        Call::CreateIssue { fields: fields(), labels: Vec::new(), assignees: Vec::new() },
        Call::EditIssue { number: 7, fields: fields(), assignees: None, content_version: None },
        Call::RemoveLabel { number: 7, label: 4 },
        Call::SharedLabels { page: 1 },
        Call::SetLock { number: 7, locked: true },
        Call::CreateComment { issue: 7, body: "x".to_owned() },
        Call::DeleteIssue { number: 7 },
    ]
}

fn target() -> Target {
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

/// An answer: which call, its status, one header, then the body. The same body also answers the probes.
///
/// # Panics
/// When a promise about answers is broken.
pub fn answer(data: &[u8]) {
    let mut input = Input::new(data);
    let call = input.pick(&calls());
    let status = 100 + (u16::from(input.byte()) | (u16::from(input.byte()) << 8)) % 500;
    let header = (input.pick(&HEADERS).to_owned(), input.short());
    let (t_send_us, body) = (input.number(), input.rest().to_vec());
    let response =
        Response { status, headers: vec![header], body, t_send_us, t_recv_us: t_send_us.saturating_add(5000) };
    match Gitea.answer(&target(), &capabilities(), &call, &response) {
        Ok(answer) => check(&answer, &call, &response),
        Err(CallError::Budget { retry_after_ms }) => assert!((0..=BUDGET_MAX_MS).contains(&retry_after_ms)),
        Err(
            CallError::Refused(text)
            | CallError::Malformed(text)
            | CallError::Ill(text)
            | CallError::Ask(text)
            | CallError::Forbidden(text),
        ) => {
            assert!(text.chars().count() <= MESSAGE_MAX && !text.chars().any(char::is_control), "{text:?}");
        }
        Err(_) => {}
    }
    let answers: Vec<_> = PROBES.iter().map(|probe| (*probe, response.clone())).collect();
    if let Ok(found) = Gitea.capabilities(&answers) {
        assert!((1..=50).contains(&found.page_size));
        Gitea.request(&target(), &found, &call);
    }
}

fn check(answer: &Answer, call: &Call, response: &Response) {
    let items = match answer {
        Answer::Item(item) => std::slice::from_ref(&**item),
        Answer::Page(page) => {
            assert!(page.items.len() <= page.entries, "nothing is shown that was not there");
            assert!(page.entries > 0 || !page.more, "an empty page is the last");
            &page.items[..]
        }
        _ => &[],
    };
    let rules = &capabilities().canon;
    for item in items {
        let canonical = issuesync_merge::canon(&item.fields, rules);
        assert_eq!(issuesync_merge::canon(&canonical, rules), canonical);
        assert!(item.u_us >= 0 && item.created_us >= 0, "times from before 1970 are none");
        assert!(item.marker.as_ref().is_none_or(|marker| marker.len() == 32));
        assert_eq!((item.t_send_us, item.t_recv_us), (response.t_send_us, response.t_recv_us));
        assert!(item.issue_number.is_none() || !matches!(call, Call::Issue { .. } | Call::Issues { .. }));
    }
}

/// An address that somebody pasted.
///
/// # Panics
/// When a promise about addresses is broken.
pub fn address(data: &[u8]) {
    let text = Input::new(data).rest_text();
    let Some((base, repository)) = Gitea.split_url(&text) else { return };
    assert!(base.starts_with("http://") || base.starts_with("https://"), "{base}");
    assert!(!base.ends_with('/') && !base.contains(['?', '#']), "{base}");
    assert!(
        base.split('/').nth(2).is_some_and(|host| !host.is_empty() && !host.contains('@')),
        "no credentials: {base}"
    );
    assert_eq!(repository.split('/').filter(|part| !part.is_empty()).count(), 2, "{repository}");
    // No repository's name ends so: both products refuse it.
    if !repository.ends_with(".git") {
        assert_eq!(Gitea.split_url(&format!("{base}/{repository}")), Some((base, repository)), "it leads to itself");
    }
}

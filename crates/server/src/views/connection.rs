//! Connections and projects as the API shows them. Tokens and secrets never leave.

use super::time;
use crate::duration;
use issuesync_engine::{Finding, Level, Preview};
use issuesync_model::{Account, Connection, Filter, Settings};
use issuesync_store::Counts;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A project.
#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

/// One repository of a tracker.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionView {
    id: Uuid,
    name: String,
    /// The project's name.
    project: String,
    /// `gitea`, `github` or `gitlab`.
    provider: &'static str,
    /// The product: `gitea`, `forgejo`, `github` or `gitlab`.
    flavour: String,
    /// The tracker's version.
    version: String,
    /// The repository's page.
    url: String,
    /// `owner/name`.
    repo_path: String,
    /// The tracker's id of the repository.
    repo_id: i64,
    /// The login of the token's owner.
    self_login: String,
    /// Time between incremental passes.
    poll: String,
    /// Time between full passes.
    full: String,
    /// `active` or `parked`.
    state: &'static str,
    /// Why nothing is sent or asked any more.
    parked_reason: Option<String>,
    import: ImportView,
    /// Whether a full pass is owed because events may have been lost.
    dirty: bool,
    last_full_at: Option<String>,
    last_poll_at: Option<String>,
    last_delivery_at: Option<String>,
    hook: Option<HookView>,
    /// `open` when deletes are held back until somebody accepts them.
    fuse: &'static str,
    counts: CountsView,
    settings: SettingsView,
    created_at: String,
}

/// How far the import is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportView {
    /// Issues in the mirror.
    done: i64,
    /// Issues the tracker counted when the import began.
    total: Option<i64>,
    complete: bool,
}

/// The registered webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct HookView {
    /// The tracker's id of it; 0 when a person made it by hand.
    id: i64,
    /// The address it calls.
    url: String,
    /// Registered, as far as is known here; the doctor asks the tracker.
    active: bool,
}

/// Health numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsView {
    issues: i64,
    comments: i64,
    pending: i64,
    failed: i64,
    conflicts: i64,
}

/// What a person decided for a connection, as it is written in requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingsView {
    poll: Option<String>,
    full: Option<String>,
    conflict_window: String,
    timestamp_policy: Value,
    delete_vs_update: Value,
    text_merge: Value,
    manage_hook: bool,
    create_labels: bool,
    /// By field, with `default` for the others.
    direction: BTreeMap<String, Value>,
    #[schema(value_type = Object)]
    filter: Filter,
    allow_private_network: bool,
    allow_http: bool,
}

/// What a connection would be, of a dry run.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewView {
    provider: &'static str,
    flavour: String,
    version: String,
    /// The tracker's root.
    base_url: String,
    repo_path: String,
    repo_id: i64,
    self_login: String,
    /// Issues to import, where the tracker says it.
    issues: Option<i64>,
    warnings: Vec<String>,
}

/// What a doctor found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// `ok`, `warning` or `error`.
    level: &'static str,
    subject: String,
    message: String,
    /// What to do about it.
    remedy: Option<String>,
}

/// The time between passes when a connection sets none of its own.
pub(crate) struct Defaults {
    pub(crate) poll_us: i64,
    pub(crate) full_us: i64,
}

/// The view of a connection.
pub(crate) fn connection(
    connection: &Connection,
    project: String,
    account: Option<&Account>,
    counts: Counts,
    defaults: &Defaults,
) -> ConnectionView {
    let base_url = account.map(|account| account.base_url.clone()).unwrap_or_default();
    let settings = &connection.settings;
    ConnectionView {
        id: connection.id.0,
        name: connection.name.clone(),
        project,
        provider: connection.provider.word(),
        flavour: connection.capabilities.flavour.clone(),
        version: connection.capabilities.version.clone(),
        url: format!("{base_url}/{}", connection.repo_path),
        repo_path: connection.repo_path.clone(),
        repo_id: connection.repo_id,
        self_login: account.map(|account| account.self_login.clone()).unwrap_or_default(),
        poll: duration::text(settings.poll_us.unwrap_or(defaults.poll_us)),
        full: duration::text(settings.full_us.unwrap_or(defaults.full_us)),
        state: if connection.parked.is_some() { "parked" } else { "active" },
        parked_reason: connection.parked.clone(),
        import: ImportView {
            done: counts.issues,
            total: connection.import_total,
            complete: connection.import_page.is_none(),
        },
        dirty: connection.is_dirty(),
        last_full_at: connection.last_full_us.map(time),
        last_poll_at: connection.last_poll_us.map(time),
        last_delivery_at: connection.last_delivery_us.map(time),
        hook: connection.hook.as_ref().map(|hook| HookView { id: hook.id, url: hook.url.clone(), active: true }),
        fuse: if connection.fuse_open { "open" } else { "closed" },
        counts: CountsView {
            issues: counts.issues,
            comments: counts.comments,
            pending: counts.pending,
            failed: counts.failed,
            conflicts: counts.conflicts,
        },
        settings: settings_view(settings),
        created_at: time(connection.created_us),
    }
}

fn settings_view(settings: &Settings) -> SettingsView {
    let word =
        |value: Result<Value, serde_json::Error>| value.expect("an enum without fields is representable as JSON");
    let by_field = settings.directions.iter().map(|(field, direction)| (field.name().to_owned(), direction));
    let all = std::iter::once(("default".to_owned(), &settings.direction)).chain(by_field);
    SettingsView {
        poll: settings.poll_us.map(duration::text),
        full: settings.full_us.map(duration::text),
        conflict_window: duration::text(settings.conflict_window_us),
        timestamp_policy: word(serde_json::to_value(settings.timestamp_policy)),
        delete_vs_update: word(serde_json::to_value(settings.delete_vs_update)),
        text_merge: word(serde_json::to_value(settings.text_merge)),
        manage_hook: settings.manage_hook,
        create_labels: settings.create_labels,
        direction: all.map(|(name, direction)| (name, word(serde_json::to_value(direction)))).collect(),
        filter: settings.filter.clone(),
        allow_private_network: settings.allow_private_network,
        allow_http: settings.allow_http,
    }
}

/// The view of a dry run.
pub(crate) fn preview(preview: Preview) -> PreviewView {
    PreviewView {
        provider: preview.provider.word(),
        flavour: preview.flavour,
        version: preview.version,
        base_url: preview.base_url,
        repo_path: preview.repository.path,
        repo_id: preview.repository.id,
        self_login: preview.login,
        issues: preview.issues,
        warnings: preview.warnings,
    }
}

/// The view of a finding.
pub(crate) fn finding(finding: Finding) -> FindingView {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    FindingView { level, subject: finding.subject, message: finding.message, remedy: finding.remedy }
}

//! One declared connection: where it goes and what a person decided for it.

use super::secret::Secrets;
use super::section::Section;
use super::{ConfigError, Declared};
use issuesync_model::{
    DeletePolicy, Field, FieldDirection, Filter, ProviderKind, Settings, TextMerge, TimestampPolicy,
};

const DIRECTIONS: [(&str, FieldDirection); 2] = [("both", FieldDirection::Both), ("pull", FieldDirection::Pull)];

/// Reads one `[[connection]]`.
pub(super) fn declared(mut section: Section, secrets: &mut Secrets<'_>) -> Result<Declared, ConfigError> {
    let name = section.needed("name")?;
    if Some(&name) != url_safe(&name).as_ref() {
        return Err(ConfigError::of(
            section.place(),
            "connection.name may hold letters, digits, '-', '_' and '.' only",
        ));
    }
    let project = section.needed("project")?;
    let url = section.needed("url")?;
    let missing =
        ConfigError::of(section.place(), "connection.token is missing; write token = \"env:NAME\" or \"file:PATH\"");
    let token = section.entry("token").ok_or(missing)?;
    let declared = Declared {
        name,
        project,
        url,
        token: secrets.read_one(&token)?,
        provider: section.choice("provider", &[("gitea", ProviderKind::Gitea)])?,
        settings: settings(&mut section)?,
    };
    section.finish()?;
    Ok(declared)
}

fn url_safe(name: &str) -> Option<String> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!name.is_empty() && name.chars().all(safe)).then(|| name.to_owned())
}

fn settings(section: &mut Section) -> Result<Settings, ConfigError> {
    let mut settings =
        Settings { poll_us: section.duration("poll")?, full_us: section.duration("full")?, ..Settings::default() };
    if let Some(entry) = section.entry("conflict_window") {
        settings.conflict_window_us = entry.duration_or_zero()?;
    }
    let policies = [("interval", TimestampPolicy::Interval), ("literal", TimestampPolicy::Literal)];
    set(&mut settings.timestamp_policy, section.choice("timestamp_policy", &policies)?);
    let winners = [("delete_wins", DeletePolicy::DeleteWins), ("update_wins", DeletePolicy::UpdateWins)];
    set(&mut settings.delete_vs_update, section.choice("delete_vs_update", &winners)?);
    let merges = [("suggest", TextMerge::Suggest), ("auto", TextMerge::Auto)];
    set(&mut settings.text_merge, section.choice("text_merge", &merges)?);
    set(&mut settings.manage_hook, section.flag("manage_hook")?);
    set(&mut settings.create_labels, section.flag("create_labels")?);
    set(&mut settings.allow_private_network, section.flag("allow_private_network")?);
    set(&mut settings.allow_http, section.flag("allow_http")?);
    directions(section, &mut settings)?;
    settings.filter = filter(section.section("filter")?)?;
    Ok(settings)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn directions(section: &mut Section, settings: &mut Settings) -> Result<(), ConfigError> {
    let Some(entry) = section.entry("direction") else { return Ok(()) };
    if !entry.is_table() {
        settings.direction = entry.choice(&DIRECTIONS)?;
        return Ok(());
    }
    let mut by_field = entry.section()?;
    set(&mut settings.direction, by_field.choice("default", &DIRECTIONS)?);
    for field in Field::ALL {
        if let Some(direction) = by_field.choice(field.name(), &DIRECTIONS)? {
            settings.directions.insert(field, direction);
        }
    }
    by_field.finish()
}

fn filter(mut section: Section) -> Result<Filter, ConfigError> {
    let mut filter = Filter::default();
    if let Some(entry) = section.entry("labels") {
        filter.labels = entry.texts()?;
    }
    set(&mut filter.milestone, section.text("milestone")?);
    set(&mut filter.author, section.text("author")?);
    set(
        &mut filter.state,
        section
            .choice("state", &[("open", "open"), ("closed", "closed"), ("all", "all"), ("", "")])?
            .map(str::to_owned),
    );
    if let Some(entry) = section.entry("since") {
        filter.since = entry.text()?;
        if !filter.since.is_empty() && filter.since.parse::<jiff::civil::Date>().is_err() {
            return Err(entry.wrong("must be a day such as \"2026-12-25\""));
        }
    }
    section.finish()?;
    Ok(filter)
}

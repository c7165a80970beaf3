//! The settings of a connection as a request writes them.

use super::{Answer, Problem};
use crate::duration;
use issuesync_model::{DeletePolicy, Field, FieldDirection, Filter, Settings, TextMerge, TimestampPolicy};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const DAY_US: i64 = 86_400_000_000;
const SECOND_US: i64 = 1_000_000;

/// Settings; what is left out stays as it is, or has its default.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ConnectionSettings)]
pub(crate) struct SettingsBody {
    /// Time between incremental passes, such as `60s`.
    poll: Option<String>,
    /// Time between full passes, such as `15m`.
    full: Option<String>,
    /// Edits closer than this are concurrent, `0s` to `24h` or `inf`.
    conflict_window: Option<String>,
    /// `interval` or `literal`.
    #[schema(value_type = Option<String>)]
    timestamp_policy: Option<TimestampPolicy>,
    /// `delete_wins` or `update_wins`.
    #[schema(value_type = Option<String>)]
    delete_vs_update: Option<DeletePolicy>,
    /// `suggest` or `auto`.
    #[schema(value_type = Option<String>)]
    text_merge: Option<TextMerge>,
    manage_hook: Option<bool>,
    create_labels: Option<bool>,
    /// `both`, `pull`, or one of them by field with `default` for the others.
    #[schema(value_type = Option<Object>)]
    direction: Option<serde_json::Value>,
    /// Which issues are mirrored: labels, milestone, state, author, since.
    #[schema(value_type = Option<Object>)]
    filter: Option<Filter>,
    allow_private_network: Option<bool>,
    allow_http: Option<bool>,
}

impl SettingsBody {
    /// These settings on top of others.
    pub(crate) fn over(self, mut settings: Settings) -> Answer<Settings> {
        if let Some(text) = &self.poll {
            settings.poll_us = Some(span("poll", text, SECOND_US, DAY_US)?);
        }
        if let Some(text) = &self.full {
            settings.full_us = Some(span("full", text, SECOND_US, 30 * DAY_US)?);
        }
        if let Some(text) = &self.conflict_window {
            settings.conflict_window_us = window(text)?;
        }
        if let Some(direction) = &self.direction {
            (settings.direction, settings.directions) = directions(direction)?;
        }
        settings.timestamp_policy = self.timestamp_policy.unwrap_or(settings.timestamp_policy);
        settings.delete_vs_update = self.delete_vs_update.unwrap_or(settings.delete_vs_update);
        settings.text_merge = self.text_merge.unwrap_or(settings.text_merge);
        settings.manage_hook = self.manage_hook.unwrap_or(settings.manage_hook);
        settings.create_labels = self.create_labels.unwrap_or(settings.create_labels);
        settings.filter = checked(self.filter.unwrap_or(settings.filter))?;
        settings.allow_private_network = self.allow_private_network.unwrap_or(settings.allow_private_network);
        settings.allow_http = self.allow_http.unwrap_or(settings.allow_http);
        Ok(settings)
    }
}

fn span(field: &'static str, text: &str, least_us: i64, most_us: i64) -> Answer<i64> {
    let us = duration::parse_us(text).map_err(|message| Problem::invalid(field, message))?;
    if (least_us..=most_us).contains(&us) {
        return Ok(us);
    }
    let (least, most) = (duration::text(least_us), duration::text(most_us));
    Err(Problem::invalid(field, format!("{field} must be {least} to {most}.")))
}

fn window(text: &str) -> Answer<i64> {
    if text == "inf" { Ok(i64::MAX) } else { span("conflict_window", text, 0, DAY_US) }
}

fn directions(json: &serde_json::Value) -> Answer<(FieldDirection, BTreeMap<Field, FieldDirection>)> {
    let one = |value: &serde_json::Value| {
        let detail = format!("{value} is no direction; use \"both\" or \"pull\".");
        FieldDirection::deserialize(value).map_err(|_| Problem::invalid("direction", detail))
    };
    let serde_json::Value::Object(by_field) = json else { return Ok((one(json)?, BTreeMap::new())) };
    let mut default = FieldDirection::Both;
    let mut directions = BTreeMap::new();
    for (name, value) in by_field {
        match (name.as_str(), Field::from_name(name)) {
            ("default", _) => default = one(value)?,
            (_, Some(field)) => drop(directions.insert(field, one(value)?)),
            (_, None) => {
                let detail =
                    format!("There is no field \"{name}\"; use default, title, body, state, labels and so on.");
                return Err(Problem::invalid("direction", detail));
            }
        }
    }
    Ok((default, directions))
}

fn checked(filter: Filter) -> Answer<Filter> {
    let wrong = |detail: String| Err(Problem::invalid("filter", detail));
    if !matches!(filter.state.as_str(), "" | "all" | "open" | "closed") {
        return wrong(format!("The filter's state cannot be \"{}\"; use open, closed or all.", filter.state));
    }
    if !filter.since.is_empty() && filter.since.parse::<jiff::civil::Date>().is_err() {
        return wrong(format!("The filter's since cannot be \"{}\"; write a day such as 2026-12-25.", filter.since));
    }
    Ok(filter)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;

//! Open conflicts and warnings of an item.

use crate::fields::{Field, Fields};
use crate::observation::Change;
use crate::value::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A decision that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The field.
    pub field: Field,
    /// What kind of decision.
    pub kind: ConflictKind,
    /// The value both sides shared.
    pub base: Value,
    /// The mirror's value.
    pub local: Value,
    /// The tracker's value.
    pub remote: Value,
    /// For a lost update: the value that was overwritten.
    pub lost: Option<Value>,
    /// A merged value to take with one click.
    pub suggestion: Option<Value>,
    /// When the mirror's value was set, store time.
    pub at_us: i64,
    /// When the tracker's value was set, as far as is known.
    pub change: Option<Change>,
    /// When the conflict was opened, store time.
    pub opened_us: i64,
}

/// The kinds of conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Both sides changed the field at the same time: the field is frozen.
    Clash,
    /// Our write replaced somebody's edit in the gap: the field goes on, the lost value is kept.
    LostUpdate,
    /// Something rewrites what we send again and again: the field is frozen.
    Loop,
}

impl ConflictKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Clash => "clash",
            Self::LostUpdate => "lost_update",
            Self::Loop => "loop",
        }
    }
}

/// What the tracker did to a value that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The field.
    pub field: Field,
    /// Refused or rewritten.
    pub kind: WarningKind,
    /// The value that was sent.
    pub asked: Value,
    /// The value the tracker has.
    pub got: Value,
    /// The tracker's own words, when it gave any.
    pub message: Option<String>,
    /// When, store time.
    pub at_us: i64,
}

/// The kinds of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// The tracker kept its own value.
    Refused,
    /// The tracker made another value of it.
    Rewritten,
}

impl WarningKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Rewritten => "rewritten",
        }
    }
}

/// JSON of a conflict: raw values, read back by the field.
#[derive(Serialize, Deserialize)]
struct ConflictJson {
    field: Field,
    kind: ConflictKind,
    base: serde_json::Value,
    local: serde_json::Value,
    remote: serde_json::Value,
    lost: Option<Fields>,
    suggestion: Option<Fields>,
    at_us: i64,
    change: Option<Change>,
    opened_us: i64,
}

/// JSON of a warning: raw values, read back by the field.
#[derive(Serialize, Deserialize)]
struct WarningJson {
    field: Field,
    kind: WarningKind,
    asked: serde_json::Value,
    got: serde_json::Value,
    message: Option<String>,
    at_us: i64,
}

fn one(field: Field, value: Option<&Value>) -> Option<Fields> {
    value.map(|value| Fields::new().with(field, value.clone()))
}

impl Serialize for Conflict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ConflictJson {
            field: self.field,
            kind: self.kind,
            base: self.base.to_json(),
            local: self.local.to_json(),
            remote: self.remote.to_json(),
            lost: one(self.field, self.lost.as_ref()),
            suggestion: one(self.field, self.suggestion.as_ref()),
            at_us: self.at_us,
            change: self.change,
            opened_us: self.opened_us,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Conflict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = ConflictJson::deserialize(deserializer)?;
        let read = |value: &serde_json::Value| json.field.value_from_json(value).map_err(serde::de::Error::custom);
        let (base, local, remote) = (read(&json.base)?, read(&json.local)?, read(&json.remote)?);
        Ok(Self {
            field: json.field,
            kind: json.kind,
            base,
            local,
            remote,
            lost: json.lost.and_then(|mut fields| fields.remove(json.field)),
            suggestion: json.suggestion.and_then(|mut fields| fields.remove(json.field)),
            at_us: json.at_us,
            change: json.change,
            opened_us: json.opened_us,
        })
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WarningJson {
            field: self.field,
            kind: self.kind,
            asked: self.asked.to_json(),
            got: self.got.to_json(),
            message: self.message.clone(),
            at_us: self.at_us,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Warning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = WarningJson::deserialize(deserializer)?;
        let read = |value: &serde_json::Value| json.field.value_from_json(value).map_err(serde::de::Error::custom);
        Ok(Self {
            asked: read(&json.asked)?,
            got: read(&json.got)?,
            field: json.field,
            kind: json.kind,
            message: json.message.clone(),
            at_us: json.at_us,
        })
    }
}

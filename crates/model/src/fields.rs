//! The fields of an item: which exist, and a small map from field to value.

use crate::value::{State, Value};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A field that is kept in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// An issue's title.
    Title,
    /// An issue's or a comment's text.
    Body,
    /// Open or closed, with the reason.
    State,
    /// Labels by canonical name.
    Labels,
    /// Assignees by tracker user id.
    Assignees,
    /// The milestone's tracker id.
    Milestone,
    /// The due day.
    DueDate,
    /// Whether the conversation is locked.
    Locked,
}

impl Field {
    /// Every field, in the order in which they are shown and sent.
    pub const ALL: [Self; 8] = [
        Self::Title,
        Self::Body,
        Self::State,
        Self::Labels,
        Self::Assignees,
        Self::Milestone,
        Self::DueDate,
        Self::Locked,
    ];

    /// The field's name in JSON, SQL, the API and the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::State => "state",
            Self::Labels => "labels",
            Self::Assignees => "assignees",
            Self::Milestone => "milestone",
            Self::DueDate => "due_date",
            Self::Locked => "locked",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// True for fields that are sets and so merge element by element.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Labels | Self::Assignees)
    }

    /// The value that absent, null and empty all mean.
    #[must_use]
    pub fn empty(self) -> Value {
        match self {
            Self::Title | Self::Body => Value::Text(String::new()),
            Self::State => Value::State(State::Open),
            Self::Labels | Self::Assignees => Value::Set(BTreeSet::new()),
            Self::Milestone => Value::Id(None),
            Self::DueDate => Value::Date(None),
            Self::Locked => Value::Flag(false),
        }
    }

    /// Reads this field's value from JSON; `null` is the empty value.
    ///
    /// # Errors
    /// A sentence naming the kind that was expected.
    pub fn value_from_json(self, json: &serde_json::Value) -> Result<Value, String> {
        if json.is_null() {
            return Ok(self.empty());
        }
        let wrong = |kind: &str| format!("{} must be {kind}, not {json}", self.name());
        match self {
            Self::Title | Self::Body => {
                json.as_str().map(|text| Value::Text(text.to_owned())).ok_or_else(|| wrong("a text"))
            }
            Self::State => {
                let text = json.as_str().ok_or_else(|| wrong("a text"))?;
                text.parse().map(Value::State)
            }
            Self::Labels | Self::Assignees => {
                let list = json.as_array().ok_or_else(|| wrong("a list of texts"))?;
                list.iter()
                    .map(|element| element.as_str().map(str::to_owned).ok_or_else(|| wrong("a list of texts")))
                    .collect::<Result<_, _>>()
                    .map(Value::Set)
            }
            Self::Milestone => json.as_i64().map(|id| Value::Id(Some(id))).ok_or_else(|| wrong("a milestone id")),
            Self::DueDate => {
                let text = json.as_str().ok_or_else(|| wrong("a day such as 2026-12-25"))?;
                text.parse().map(|day| Value::Date(Some(day))).map_err(|_| wrong("a day such as 2026-12-25"))
            }
            Self::Locked => json.as_bool().map(Value::Flag).ok_or_else(|| wrong("true or false")),
        }
    }

    fn slot(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of fields, as a bit mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldSet(u8);

impl FieldSet {
    /// The set of these fields.
    #[must_use]
    pub fn of(fields: &[Field]) -> Self {
        Self(fields.iter().fold(0, |bits, field| bits | (1 << field.slot())))
    }

    /// Every field.
    #[must_use]
    pub fn all() -> Self {
        Self(u8::MAX)
    }

    /// Whether the field is in the set.
    #[must_use]
    pub fn has(self, field: Field) -> bool {
        self.0 & (1 << field.slot()) != 0
    }

    /// The set without one field.
    #[must_use]
    pub fn without(self, field: Field) -> Self {
        Self(self.0 & !(1 << field.slot()))
    }
}

/// Field values by field. A field that is not there is one that the item does not have
/// (a comment's title, a lock on a tracker without locks), which differs from an empty value.
///
/// Copies share their values until one of them is changed, so that handing an item on costs no copy of its texts.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Fields {
    /// By the fields' order; `None` when no field is there.
    slots: Option<Arc<Slots>>,
}

type Slots = [Option<Value>; 8];

const NO_SLOTS: Slots = [const { None }; 8];

impl Fields {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field, when the item has it.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.slots.as_ref()?[field.slot()].as_ref()
    }

    /// The value of a field, or the empty one.
    #[must_use]
    pub fn value(&self, field: Field) -> Value {
        self.get(field).cloned().unwrap_or_else(|| field.empty())
    }

    /// Sets a field.
    pub fn set(&mut self, field: Field, value: Value) {
        if self.get(field) != Some(&value) {
            Arc::make_mut(self.slots.get_or_insert_with(|| Arc::new(NO_SLOTS)))[field.slot()] = Some(value);
        }
    }

    /// Sets a field and gives the fields back, to build in one expression.
    #[must_use]
    pub fn with(mut self, field: Field, value: Value) -> Self {
        self.set(field, value);
        self
    }

    /// Takes a field away.
    pub fn remove(&mut self, field: Field) -> Option<Value> {
        self.get(field)?;
        let slots = Arc::make_mut(self.slots.as_mut()?);
        let value = slots[field.slot()].take();
        if slots.iter().all(Option::is_none) {
            self.slots = None;
        }
        value
    }

    /// The fields that are there, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        Field::ALL.into_iter().filter_map(|field| self.get(field).map(|value| (field, value)))
    }

    /// The names that are there, in order.
    pub fn keys(&self) -> impl Iterator<Item = Field> + '_ {
        self.iter().map(|(field, _)| field)
    }

    /// True when no field is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_none()
    }

    /// The text of a field, or "".
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.get(field).and_then(Value::as_text).unwrap_or("")
    }

    /// The elements of a set field; none when it is not there.
    #[must_use]
    pub fn elements(&self, field: Field) -> BTreeSet<String> {
        self.get(field).and_then(Value::as_set).cloned().unwrap_or_default()
    }

    /// The state; open when it is not there.
    #[must_use]
    pub fn state(&self) -> State {
        match self.get(Field::State) {
            Some(Value::State(state)) => *state,
            _ => State::Open,
        }
    }
}

impl FromIterator<(Field, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Field, Value)>>(iter: I) -> Self {
        let (mut slots, mut any) = (NO_SLOTS, false);
        for (field, value) in iter {
            slots[field.slot()] = Some(value);
            any = true;
        }
        Self { slots: any.then(|| Arc::new(slots)) }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").field("slots", self.slots.as_deref().unwrap_or(&NO_SLOTS)).finish()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self.iter() {
            map.serialize_entry(field.name(), value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from field names to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::new();
                while let Some((name, json)) = map.next_entry::<String, serde_json::Value>()? {
                    let field =
                        Field::from_name(&name).ok_or_else(|| A::Error::custom(format!("unknown field {name}")))?;
                    fields.set(field, field.value_from_json(&json).map_err(A::Error::custom)?);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Read)
    }
}

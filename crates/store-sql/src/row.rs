//! Values and rows between the store's code and a database engine.

use crate::error::corrupt;
use issuesync_store::{Result, StoreError};
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};

/// One bound value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Val {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<i64> for Val {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Val {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Any number of values for one statement.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { &[$($crate::row::Val::from($value)),*] };
}
pub(crate) use vals;

/// One row of an answer: read column by column, in order.
pub(crate) struct Row {
    pub table: &'static str,
    pub values: Vec<Value>,
}

impl Row {
    fn wrong(&self, column: &'static str, index: usize) -> StoreError {
        let id = match self.values.first() {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Integer(number)) => number.to_string(),
            _ => String::new(),
        };
        corrupt(self.table, column, &id, format!("unexpected value in place {index}"))
    }

    pub(crate) fn int(&self, index: usize, column: &'static str) -> Result<i64> {
        self.int_opt(index, column)?.ok_or_else(|| self.wrong(column, index))
    }

    pub(crate) fn int_opt(&self, index: usize, column: &'static str) -> Result<Option<i64>> {
        match self.values.get(index) {
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.wrong(column, index)),
        }
    }

    pub(crate) fn text(&self, index: usize, column: &'static str) -> Result<&str> {
        self.text_opt(index, column)?.ok_or_else(|| self.wrong(column, index))
    }

    pub(crate) fn text_opt(&self, index: usize, column: &'static str) -> Result<Option<&str>> {
        match self.values.get(index) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.wrong(column, index)),
        }
    }

    pub(crate) fn blob(&self, index: usize, column: &'static str) -> Result<Vec<u8>> {
        match self.values.get(index) {
            Some(Value::Blob(bytes)) => Ok(bytes.clone()),
            _ => Err(self.wrong(column, index)),
        }
    }

    /// A text that parses.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, index: usize, column: &'static str) -> Result<T> {
        self.text(index, column)?.parse().map_err(|_| self.wrong(column, index))
    }

    /// A text that is JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, index: usize, column: &'static str) -> Result<T> {
        let text = self.text(index, column)?;
        serde_json::from_str(text).map_err(|error| {
            let id = self.text(0, "id").unwrap_or_default();
            corrupt(self.table, column, id, error)
        })
    }

    /// A text that is the bare word of an enumeration.
    pub(crate) fn word<T: serde::de::DeserializeOwned>(&self, index: usize, column: &'static str) -> Result<T> {
        let text = self.text(index, column)?.to_owned();
        serde_json::from_value(serde_json::Value::String(text)).map_err(|_| self.wrong(column, index))
    }
}

/// A value as JSON text.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("what is stored is always representable as JSON")
}

/// Ids as one JSON list, to be bound as one value.
pub(crate) fn texts<T: ToString>(ids: &[T]) -> String {
    json(&ids.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// The bare word of an enumeration.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => json(value),
    }
}

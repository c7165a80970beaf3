//! The file as a tree of values that know where they stand, with environment variables laid over it.

use super::{ConfigError, Environment};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What every variable of the overlay begins with.
const PREFIX: &str = "ISSUESYNC__";

/// A value and where it stands, `file:line:column` or a variable.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: String,
    pub(super) value: Value,
}

/// A table: values by key, each key with its own place.
pub(super) type Table = BTreeMap<String, (String, Node)>;

/// What a value can be.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// A variable's text: what it means is decided by the key that reads it.
    Variable(String),
    /// A kind that no key takes, by its TOML name.
    Other(&'static str),
}

/// Reads TOML.
pub(super) fn from_toml(file: &str, text: &str) -> Result<Table, ConfigError> {
    let source = Source { file, text };
    let root = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or_else(|| file.to_owned(), |span| source.place(span.start));
        ConfigError::of(place, format!("this is not TOML: {}", error.message().trim()))
    })?;
    Ok(source.table(root.get_ref()))
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.file)
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let key: &Spanned<std::borrow::Cow<'_, str>> = key;
            (key.get_ref().to_string(), (self.place(key.span().start), self.node(value)))
        };
        table.iter().map(entry).collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let read = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
            DeValue::Integer(_) => Value::Other("a number"),
            DeValue::Float(_) => Value::Other("a number with a point"),
            DeValue::Datetime(_) => Value::Other("a date without quotes"),
        };
        Node { place: self.place(value.span().start), value: read }
    }
}

/// Lays `ISSUESYNC__SECTION__KEY` variables over the tree.
pub(super) fn overlay(root: &mut Table, environment: &Environment) -> Result<(), ConfigError> {
    for (name, text) in environment {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let place = format!("the environment variable {name}");
        let parts: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        if parts.first().is_some_and(|part| part == "connection") {
            return Err(ConfigError::of(
                place,
                "connections cannot be set by variables; declare them in the file, with token = \"env:NAME\"",
            ));
        }
        put(root, &parts, &place, text)?;
    }
    Ok(())
}

fn put(table: &mut Table, parts: &[String], place: &str, text: &str) -> Result<(), ConfigError> {
    let Some((key, rest)) = parts.split_first().filter(|(key, _)| !key.is_empty()) else {
        return Err(ConfigError::of(place, "it names no key; write ISSUESYNC__SECTION__KEY"));
    };
    if rest.is_empty() {
        let node = Node { place: place.to_owned(), value: Value::Variable(text.to_owned()) };
        table.insert(key.clone(), (place.to_owned(), node));
        return Ok(());
    }
    let fresh = || (place.to_owned(), Node { place: place.to_owned(), value: Value::Table(Table::new()) });
    match &mut table.entry(key.clone()).or_insert_with(fresh).1.value {
        Value::Table(inner) => put(inner, rest, place, text),
        _ => Err(ConfigError::of(place, format!("{key} is no section"))),
    }
}

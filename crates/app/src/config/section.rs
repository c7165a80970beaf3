//! One table being read key by key: typed, with the place of every mistake, and no key left over.

use super::node::{Node, Table, Value};
use super::{ConfigError, parse_us};

/// A table of the configuration, its path and the keys it was asked for.
pub(super) struct Section {
    path: String,
    place: String,
    table: Table,
    known: Vec<&'static str>,
}

/// A value with the full name of its key and its place, for messages.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: String,
    value: Value,
}

impl Section {
    pub(super) fn root(table: Table) -> Self {
        Self { path: String::new(), place: String::new(), table, known: Vec::new() }
    }

    /// Where it begins.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn entry(&mut self, key: &'static str) -> Option<Entry> {
        self.known.push(key);
        let (_, node) = self.table.remove(key)?;
        Some(Entry { key: self.name(key), place: node.place, value: node.value })
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The table under a key; an empty one when it is missing.
    pub(super) fn section(&mut self, key: &'static str) -> Result<Self, ConfigError> {
        match self.entry(key) {
            None => Ok(Self { path: self.name(key), place: String::new(), table: Table::new(), known: Vec::new() }),
            Some(entry) => entry.section(),
        }
    }

    /// The tables of an array of tables.
    pub(super) fn sections(&mut self, key: &'static str) -> Result<Vec<Self>, ConfigError> {
        let Some(entry) = self.entry(key) else { return Ok(Vec::new()) };
        let Value::List(items) = entry.value else {
            return Err(ConfigError::of(entry.place, format!("{key} is a list of tables: write [[{key}]]")));
        };
        let item = |Node { place, value }| Entry { key: key.to_owned(), place, value }.section();
        items.into_iter().map(item).collect()
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, ConfigError> {
        self.entry(key).map(|entry| entry.text()).transpose()
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, key: &'static str) -> Result<String, ConfigError> {
        let missing = ConfigError::of(&self.place, format!("{} is missing", self.name(key)));
        self.text(key)?.filter(|text| !text.is_empty()).ok_or(missing)
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        self.entry(key).map(|entry| entry.flag()).transpose()
    }

    /// A duration above zero.
    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<i64>, ConfigError> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        match entry.duration_or_zero()? {
            0 => Err(entry.wrong("must be longer than nothing")),
            i64::MAX => Err(entry.wrong("cannot be \"inf\"; write a long duration instead, such as 30d")),
            us => Ok(Some(us)),
        }
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        self.entry(key).map(|entry| entry.choice(choices)).transpose()
    }

    /// Ends the reading: a key that nobody asked for is a mistake.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let Some((key, (place, _))) = self.table.first_key_value() else { return Ok(()) };
        let hint = match nearest(key, &self.known) {
            Some(known) => format!("did you mean \"{known}\"?"),
            None => format!("known here: {}", self.known.join(", ")),
        };
        Err(ConfigError::of(place, format!("unknown key \"{}\"; {hint}", self.name(key))))
    }
}

impl Entry {
    pub(super) fn wrong(&self, what: &str) -> ConfigError {
        ConfigError::of(&self.place, format!("{} {what}", self.key))
    }

    fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) | Value::Variable(_) => "a text",
            Value::Flag(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    pub(super) fn section(self) -> Result<Section, ConfigError> {
        if !self.is_table() {
            return Err(self.wrong("must be a table"));
        }
        let table = if let Value::Table(table) = self.value { table } else { Table::new() };
        Ok(Section { path: self.key, place: self.place, table, known: Vec::new() })
    }

    pub(super) fn text(&self) -> Result<String, ConfigError> {
        match &self.value {
            Value::Text(text) | Value::Variable(text) => Ok(text.clone()),
            _ => Err(self.wrong(&format!("must be a text in quotes, not {}", self.kind()))),
        }
    }

    fn flag(&self) -> Result<bool, ConfigError> {
        match &self.value {
            Value::Flag(flag) => Ok(*flag),
            Value::Variable(text) if text == "true" => Ok(true),
            Value::Variable(text) if text == "false" => Ok(false),
            _ => Err(self.wrong(&format!("must be true or false, not {}", self.kind()))),
        }
    }

    pub(super) fn duration_or_zero(&self) -> Result<i64, ConfigError> {
        if matches!(self.value, Value::Other(_)) {
            return Err(self.wrong("must be a duration in quotes, such as \"60s\" or \"15m\""));
        }
        parse_us(&self.text()?).map_err(|reason| ConfigError::of(&self.place, format!("{}: {reason}", self.key)))
    }

    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text()?;
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.wrong(&format!("must be {}, not \"{text}\"", words.join(" or ")))
        })
    }

    /// One text or a list of them.
    pub(super) fn texts(self) -> Result<Vec<String>, ConfigError> {
        match self.value {
            Value::List(items) => items
                .into_iter()
                .map(|Node { place, value }| Self { key: self.key.clone(), place, value }.text())
                .collect(),
            Value::Variable(text) => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
            _ => Ok(vec![self.text()?]),
        }
    }
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, word) = known.iter().map(|word| (strsim::damerau_levenshtein(key, word), *word)).min()?;
    (distance <= (word.len() / 3).max(2)).then_some(word)
}

//! What people and scripts read: JSON when it is asked for, tables and lines otherwise, colours on terminals only.
//!
//! Texts of trackers are shown without control characters, so that no title can steer a terminal.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// The way to standard output.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    colours: bool,
}

impl Output {
    /// Decides about JSON and colours (`NO_COLOR` and a pipe turn them off).
    #[must_use]
    pub fn new(json: bool) -> Self {
        let quiet = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { json, colours: !quiet && std::io::stdout().is_terminal() }
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints JSON when that was asked for; answers whether it did.
    #[must_use]
    pub fn json(&self, value: &Value) -> bool {
        if self.json {
            self.line(&format!("{value:#}"));
        }
        self.json
    }

    /// Prints one line. A reader that went away is no error.
    pub fn line(&self, text: &str) {
        let _reader_may_have_gone = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Prints a table; nothing but the given sentence when it is empty.
    pub fn table(&self, head: &[&str], rows: Vec<Vec<String>>, empty: &str) {
        if rows.is_empty() {
            self.line(empty);
            return;
        }
        let mut table = Table::new();
        let wide = !std::io::stdout().is_terminal();
        let arrangement = if wide { ContentArrangement::Disabled } else { ContentArrangement::Dynamic };
        table.load_style(presets::NOTHING).set_content_arrangement(arrangement);
        if !self.colours {
            table.force_no_tty();
        }
        table.set_header(head.iter().map(|word| Cell::new(word).add_attribute(Attribute::Dim)));
        for row in rows {
            table.add_row(row.into_iter().map(cell));
        }
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }

    /// A word in the colour of its meaning.
    #[must_use]
    pub fn status(&self, word: &str) -> String {
        match meaning(word) {
            Some((_, code)) if self.colours => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
            _ => word.to_owned(),
        }
    }
}

/// A cell, coloured when it is a status.
fn cell(text: String) -> Cell {
    match meaning(&text) {
        Some((colour, _)) => Cell::new(text).fg(colour),
        None => Cell::new(text),
    }
}

fn meaning(word: &str) -> Option<(Color, &'static str)> {
    match word {
        "synced" | "ok" | "active" | "completed" | "done" => Some((Color::DarkGreen, "32")),
        "pending" | "queued" | "warning" => Some((Color::DarkYellow, "33")),
        "conflict" | "error" | "failed" | "parked" | "dead" => Some((Color::DarkRed, "31")),
        _ => None,
    }
}

/// A text of somebody else's on one line, without control characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text of somebody else's with its line ends, without other control characters.
#[must_use]
pub fn lines(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
}

/// A member of a JSON object as people read it: texts bare, lists with commas, nothing for null.
#[must_use]
pub fn shown(value: &Value, key: &str) -> String {
    plain(&value[key])
}

/// A JSON value as people read it.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => one_line(text),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => one_line(&other.to_string()),
    }
}

/// The entries of an answer that is a list, bare or under `items`.
#[must_use]
pub fn items(value: &Value) -> &[Value] {
    value.as_array().or_else(|| value["items"].as_array()).map_or(&[], Vec::as_slice)
}

//! Takes what differs from run to run, or is secret, out of a recorded text, and leaves every other byte alone.
//!
//! Addresses and tokens are those it was told. Times are RFC 3339 times of the years 2020 to 2029, except under the
//! keys of due dates, which tests choose themselves: `0001-01-01` and `1970-01-01` have a meaning on the wire and stay.

use std::borrow::Cow;

/// What the creation of anything is replaced by.
pub(super) const CREATED: &str = "2026-01-02T03:04:05Z";
/// What every other time is replaced by.
pub(super) const UPDATED: &str = "2026-01-02T03:05:06Z";
/// What the times of queries are replaced by.
pub(super) const SINCE: &str = "2026-01-02T03:00:00Z";
/// What the `Date` header is replaced by.
pub(super) const DATE: &str = "Fri, 02 Jan 2026 03:05:07 GMT";
/// What every mail address is replaced by.
pub(super) const MAIL: &str = "person@example.org";

/// What every commit id is replaced by.
const COMMIT: &str = "0000000000000000000000000000000000000001";

/// The replacements of one recording.
#[derive(Clone, Debug, Default)]
pub struct Scrub {
    words: Vec<(String, String)>,
}

impl Scrub {
    /// Replaces `from` by `to` from now on. Longer words go first, so that one may contain another.
    pub fn hide(&mut self, from: &str, to: &str) {
        if !from.is_empty() && !self.words.iter().any(|(known, _)| known == from) {
            self.words.push((from.to_owned(), to.to_owned()));
            self.words.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        }
    }

    /// The text without hosts, ports, tokens, secrets, mail addresses and times.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (from, to) in &self.words {
            if text.contains(from.as_str()) {
                text = Cow::Owned(text.replace(from.as_str(), to));
            }
        }
        sizes(&commits(&times(&mails(&text))))
    }

    /// A `Link` header: addresses in which `since` stands encoded.
    pub(super) fn link(&self, link: &str) -> String {
        let mut parts = link.split("since=");
        let mut out = self.text(parts.next().unwrap_or(""));
        for part in parts {
            let end = part.find(['&', '>']).unwrap_or(part.len());
            out.push_str("since=");
            out.push_str(SINCE);
            out.push_str(&self.text(&part[end..]));
        }
        out
    }

    /// A query string; times in it may be percent-encoded.
    #[must_use]
    pub fn query(&self, query: &str) -> String {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key @ ("since" | "before"), _)) => format!("{key}={SINCE}"),
            _ => self.text(pair),
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn times(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let Some(length) = time_length(&bytes[at..]) else {
            at += 1;
            continue;
        };
        let key = key_before(&text[..at]);
        let recent = bytes[at..].starts_with(b"202");
        if recent && !matches!(key, "due_date" | "due_on") {
            out.push_str(&text[from..at]);
            out.push_str(if key.starts_with("created") { CREATED } else { UPDATED });
            from = at + length;
        }
        at += length;
    }
    out.push_str(&text[from..]);
    out
}

/// The length of the RFC 3339 time that the bytes begin with.
fn time_length(bytes: &[u8]) -> Option<usize> {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    const OFFSET: &[u8] = b"dd:dd";
    let fits = |bytes: &[u8], form: &[u8]| {
        bytes.len() >= form.len()
            && form
                .iter()
                .zip(bytes)
                .all(|(want, byte)| if *want == b'd' { byte.is_ascii_digit() } else { want == byte })
    };
    if !fits(bytes, FORM) {
        return None;
    }
    match bytes.get(FORM.len())? {
        b'Z' => Some(FORM.len() + 1),
        b'+' | b'-' if fits(&bytes[FORM.len() + 1..], OFFSET) => Some(FORM.len() + 1 + OFFSET.len()),
        _ => None,
    }
}

/// The JSON key whose string value begins at the end of this text.
fn key_before(text: &str) -> &str {
    let key = || {
        let rest = text.strip_suffix('"')?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
        rest.rsplit('"').next()
    };
    key().unwrap_or("")
}

/// Commit ids hang on the time of their making.
fn commits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        out.push(c);
        if matches!(c, '0'..='9' | 'a'..='f') {
            run += 1;
            continue;
        }
        end_run(&mut out, run, c.len_utf8());
        run = 0;
    }
    end_run(&mut out, run, 0);
    out
}

/// Replaces the run of 40 hexadecimal digits that ends `tail` bytes before the end.
fn end_run(out: &mut String, run: usize, tail: usize) {
    if run == COMMIT.len() {
        let end = out.len() - tail;
        out.replace_range(end - run..end, COMMIT);
    }
}

/// Repositories grow by a few bytes more or less.
fn sizes(text: &str) -> String {
    let mut parts = text.split("\"size\":");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let digits = part.trim_start();
        let spaces = part.len() - digits.len();
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str("\"size\":");
        out.push_str(&part[..spaces]);
        out.push_str(if rest.len() < digits.len() { "24" } else { "" });
        out.push_str(rest);
    }
    out
}

fn mails(text: &str) -> String {
    let local = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let name_length = rest[..at].chars().rev().take_while(|c| local(*c)).count();
        let host_length = rest[at + 1..].chars().take_while(|c| local(*c)).count();
        if name_length > 0 && host_length > 0 {
            out.push_str(&rest[..at - name_length]);
            out.push_str(MAIL);
        } else {
            out.push_str(&rest[..at + 1 + host_length]);
        }
        rest = &rest[at + 1 + host_length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;

//! I2: no accepted edit disappears without a trace.
//!
//! An edit is kept when its value is visible, was overwritten later on its own side, was replaced on the other side
//! by somebody who had it before his eyes, or stands in a superseded, refused, rewritten, conflict, lost_update or
//! tombstone record. Sets are judged element by element.

use serde_json::{Value, json};

use crate::canon::{FIELDS, is_set};
use crate::convergence::short;
use crate::index::{Index, Subject};
use crate::input::{EditRow, LocalRow, LogRow, ObjectRow};
use crate::report::Report;

/// The grain of two clocks' times against each other.
const GRAIN_MS: i64 = 1000;

pub(crate) fn check(index: &Index<'_>, report: &mut Report) {
    remote_edits(index, report);
    local_edits(index, report);
}

/// The time limit of one exchange: what an answer showed may not be known yet when the next request leaves.
const EXCHANGE_MS: i64 = 30_000;

/// What an edit wanted of a field.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    Is(Value),
    Has(String),
    HasNot(String),
}

impl Wish {
    /// The wishes of one edit; none where it changed nothing.
    fn of(index: &Index<'_>, field: &str, before: &Value, after: &Value) -> Vec<Self> {
        if !is_set(field) {
            let (old, new) = (index.names.canon(field, before), index.names.canon(field, after));
            return if old == new { Vec::new() } else { vec![Self::Is(new)] };
        }
        let (old, new) = (index.names.set(field, before), index.names.set(field, after));
        let added = new.iter().filter(|item| !old.contains(item)).cloned().map(Self::Has);
        let removed = old.iter().filter(|item| !new.contains(item)).cloned().map(Self::HasNot);
        added.chain(removed).collect()
    }

    fn holds(&self, index: &Index<'_>, field: &str, value: &Value) -> bool {
        match self {
            Self::Is(wanted) => index.names.canon(field, value) == *wanted,
            Self::Has(item) => index.names.set(field, value).contains(item),
            Self::HasNot(item) => !index.names.set(field, value).contains(item),
        }
    }

    /// Whether a change undid the wish: any later change of a scalar does, in a set one of this element.
    fn undone(&self, index: &Index<'_>, field: &str, before: &Value, after: &Value) -> bool {
        match self {
            Self::Is(_) => true,
            _ => self.holds(index, field, before) && !self.holds(index, field, after),
        }
    }
}

/// One field of one subject, as both documents know it.
struct Place<'a> {
    index: &'a Index<'a>,
    field: &'a str,
    subject: Option<Subject>,
    row: Option<&'a LocalRow>,
    log: &'a [&'a LogRow],
}

impl Place<'_> {
    fn visible(&self, wish: &Wish) -> bool {
        let live = self.row.filter(|row| row.lifecycle != "deleted");
        let local = live.and_then(|row| row.fields.get(self.field));
        let remote = self.subject.and_then(|subject| self.index.remote_value(subject, self.field));
        let holds = |value: &Value| wish.holds(self.index, self.field, value);
        local.is_some_and(holds) || remote.is_some_and(|value| holds(&value))
    }

    /// Whether a record made at `since_ms` or later holds the value.
    fn recorded(&self, wish: &Wish, since_ms: i64) -> bool {
        let kinds = |row: &&&LogRow| {
            let kind = row.kind.as_str();
            matches!(kind, "superseded" | "refused" | "rewritten" | "lost_update" | "delete")
                || kind.starts_with("conflict_")
        };
        let rows = self.log.iter().filter(kinds).filter(|row| millis(row).is_none_or(|at| at + GRAIN_MS >= since_ms));
        let mut rows = rows.map(|row| [&row.before, &row.after]);
        let open = self.row.into_iter().flat_map(|row| &row.conflicts).filter(|open| open.field == self.field);
        rows.any(|values| values.iter().any(|value| self.mentions(value, wish)))
            || self.row.is_some_and(|row| self.mentions(&row.tombstone, wish))
            || open.flat_map(|open| open.values.values()).any(|value| wish.holds(self.index, self.field, value))
    }

    /// Whether a record names the field with a value that satisfies the wish, at any depth.
    fn mentions(&self, record: &Value, wish: &Wish) -> bool {
        let Value::Object(record) = record else { return false };
        record.iter().any(|(key, value)| {
            let here = key == self.field && !value.is_object() && wish.holds(self.index, self.field, value);
            let inside = key == self.field
                && value.as_object().is_some_and(|sides| {
                    sides.values().any(|value| !value.is_object() && wish.holds(self.index, self.field, value))
                });
            here || inside || self.mentions(value, wish)
        })
    }

    fn foreign(&self) -> impl Iterator<Item = &EditRow> {
        let edits = self.subject.and_then(|subject| self.index.edits.get(&subject));
        let edits = edits.into_iter().flatten().copied();
        edits.filter(|edit| edit.field == self.field && !self.index.is_own(&edit.user))
    }

    /// Local changes of the field: sequence, time, before, after.
    fn local(&self) -> impl Iterator<Item = (&LogRow, &Value, &Value)> {
        let rows = self.log.iter().filter(|row| row.direction == "local" || row.kind == "conflict_resolve");
        rows.filter_map(|row| {
            let after = row.after.get(self.field)?;
            Some((*row, row.before.get(self.field).unwrap_or(&Value::Null), after))
        })
    }

    /// Whether somebody on the mirror replaced this very value.
    fn replaced_locally(&self, wish: &Wish, since_ms: i64) -> bool {
        let holds = |value: &Value| wish.holds(self.index, self.field, value);
        self.local().any(|(row, before, after)| {
            holds(before) && !holds(after) && millis(row).is_none_or(|at| at + GRAIN_MS >= since_ms)
        })
    }

    /// Whether the mirror replaced this very value, or deleted what bore it, at a time of which its database knows nothing any more.
    fn forgotten(&self, wish: &Wish, seq: u64) -> bool {
        let holds = |value: &Value| wish.holds(self.index, self.field, value);
        let own = |user: &str, at_ms: i64, at: u64| at > seq && self.index.is_own(user) && self.index.forgot(at_ms);
        let edits = self.subject.and_then(|subject| self.index.edits.get(&subject)).into_iter().flatten();
        let mut edits = edits.filter(|edit| edit.field == self.field && own(&edit.user, edit.at_ms, edit.seq));
        let end = self.subject.and_then(|subject| self.index.deletes.get(&subject));
        edits.any(|edit| holds(&edit.before) && !holds(&edit.after))
            || end.is_some_and(|end| own(&end.user, end.at_ms, end.seq))
    }

    /// Whether somebody on the tracker replaced this very value.
    fn replaced_remotely(&self, wish: &Wish, since_ms: i64) -> bool {
        let holds = |value: &Value| wish.holds(self.index, self.field, value);
        self.foreign().any(|edit| holds(&edit.before) && !holds(&edit.after) && edit.at_ms + GRAIN_MS >= since_ms)
    }
}

fn remote_edits(index: &Index<'_>, report: &mut Report) {
    let repos: Vec<u64> = index.repos().iter().map(|repo| repo.id).collect();
    let mut edits: Vec<(Subject, u64, i64, &str, Value, Value)> = Vec::new();
    for (subject, rows) in &index.edits {
        for row in rows.iter().filter(|row| !index.is_own(&row.user)) {
            let (before, after) = (row.before.clone(), row.after.clone());
            edits.push((*subject, row.seq, row.at_ms, row.field.as_str(), before, after));
        }
    }
    for (subject, row) in index.creates.iter().filter(|(_, row)| !index.is_own(&row.user)) {
        let fields: &[&str] = if subject.comment.is_some() { &["body"] } else { &FIELDS };
        for field in fields {
            let value = row.value.get(*field).cloned().unwrap_or(Value::Null);
            edits.push((*subject, row.seq, row.at_ms, field, Value::Null, value));
        }
    }
    for (subject, seq, at_ms, field, before, after) in edits {
        let pull = index.issue(subject).is_some_and(|issue| issue.pull);
        if pull || !repos.contains(&subject.repo) {
            continue;
        }
        report.remote_edits += 1;
        let (row, log) = mirrored(index, subject);
        let place = Place { index, field, subject: Some(subject), row, log };
        for wish in Wish::of(index, field, &before, &after) {
            if remote_kept(&place, &wish, seq, at_ms) {
                continue;
            }
            let name = format!("{field} of #{}{}", subject.number, comment_name(subject.comment));
            if unprovable(&place, &wish, seq) || returned(&place, &wish, seq) {
                report.unprovable += 1;
                report
                    .details
                    .push(format!("unprovable: the tracker's {} as {name} was overwritten unseen", told(&wish)));
            } else {
                report.lost += 1;
                report.details.push(format!("lost: the tracker's {} as {name}", told(&wish)));
            }
        }
    }
}

fn remote_kept(place: &Place<'_>, wish: &Wish, seq: u64, at_ms: i64) -> bool {
    let later = |edit: &&EditRow| edit.seq > seq;
    let end = place.subject.and_then(|subject| place.index.deletes.get(&subject)).filter(|row| row.seq > seq);
    place.visible(wish)
        || place.foreign().filter(later).any(|edit| wish.undone(place.index, place.field, &edit.before, &edit.after))
        || end.is_some_and(|row| !place.index.is_own(&row.user))
        // Deleted from the mirror by somebody who had the value before his eyes.
        || (end.is_some() && place.log.iter().any(|row| place.mentions(&row.after, wish)))
        || place.recorded(wish, at_ms)
        || place.replaced_locally(wish, at_ms)
        || place.forgotten(wish, seq)
}

/// A body overwritten by the mirror's very next write, where no webhook told what was there before or the database forgot what it told;
/// assignees likewise, whose
/// list is written whole; a value that the mirror sent again, and said so, because no answer had come; or anything that
/// came between the mirror's last look at an issue and its deletion there.
fn unprovable(place: &Place<'_>, wish: &Wish, seq: u64) -> bool {
    if let Some(subject) = place.subject
        && let Some(end) = place.index.deletes.get(&subject).filter(|row| place.index.is_own(&row.user))
    {
        let edit = place.foreign().find(|edit| edit.seq == seq);
        let at_once = edit.is_some_and(|edit| end.at_ms - edit.at_ms <= EXCHANGE_MS);
        let unseen = last_look(place.index, subject, end.seq).is_none_or(|look| look < seq);
        if end.seq > seq && (at_once || unseen || uncounted(place.index, subject, seq, end)) {
            return true;
        }
    }
    let edits = place.subject.and_then(|subject| place.index.edits.get(&subject)).into_iter().flatten();
    let later = edits.filter(|edit| edit.field == place.field && edit.seq > seq);
    let undoes = |edit: &&&EditRow| wish.undone(place.index, place.field, &edit.before, &edit.after);
    let next = later.filter(undoes).min_by_key(|edit| edit.seq);
    let Some(next) = next.filter(|edit| place.index.is_own(&edit.user)) else { return false };
    // Assignees are written as a whole list, and no event tells who was taken off it.
    let blind = place.field == "assignees" || sent_again(place, next);
    if blind || place.field != "body" {
        return blind;
    }
    // One save of title and body may be told by one event, which names one of the two.
    let texts = place.index.edits.values().flatten().filter(|edit| edit.request == next.request);
    let texts = texts.filter(|edit| matches!(edit.field.as_str(), "title" | "body")).count();
    let told = place
        .index
        .forge
        .history
        .deliveries
        .iter()
        .filter(|row| row.request == next.request && row.label.ends_with("/edited") && row.fate == "queued");
    told.count() < texts || place.index.forgot_soon_after(next.at_ms)
}

/// Whether the mirror noted that it sends this value again, though somebody may have taken it back.
fn sent_again(place: &Place<'_>, next: &EditRow) -> bool {
    let notes = place.log.iter().filter(|row| row.kind == "retry");
    notes.filter_map(|row| row.after.get(place.field)).any(|value| place.index.same(place.field, value, &next.after))
}

/// An edit that only took an earlier one back, before the mirror had seen that one, or when its database knows nothing any more of having
/// made that one itself: to the mirror nothing ever changed, and somebody there replaced the value both sides had shared all along.
fn returned(place: &Place<'_>, wish: &Wish, seq: u64) -> bool {
    let holds = |value: &Value| wish.holds(place.index, place.field, value);
    let edits = place.subject.and_then(|subject| place.index.edits.get(&subject)).into_iter().flatten();
    let unknown = |edit: &EditRow| !place.index.is_own(&edit.user) || place.index.forgot(edit.at_ms);
    let mut earlier = edits.filter(|edit| edit.field == place.field && edit.seq < seq && unknown(edit));
    // What it was made with, when that is forgotten, is such an edit too.
    let made = place.subject.and_then(|subject| place.index.creates.get(&subject));
    let made_unknown = made.is_some_and(|row| place.index.is_own(&row.user) && place.index.forgot(row.at_ms));
    (made_unknown || earlier.any(|edit| holds(&edit.before) && !holds(&edit.after)))
        && place.local().any(|(_, before, after)| holds(before) && !holds(after))
}

fn local_edits(index: &Index<'_>, report: &mut Report) {
    for issue in &index.mirror.issues {
        let subject = index.subject(issue);
        local_row(index, report, (issue, subject), index.log_of(&issue.id, None));
        for comment in &issue.comments {
            let at = subject.zip(comment.external_id).map(|(at, id)| Subject { comment: Some(id), ..at });
            local_row(index, report, (comment, at), index.log_of(&issue.id, Some(&comment.id)));
        }
    }
    for id in index.vanished() {
        report.lost += 1;
        report.details.push(format!("lost: {id} has a log and no row"));
    }
}

fn local_row(index: &Index<'_>, report: &mut Report, (row, subject): (&LocalRow, Option<Subject>), log: &[&LogRow]) {
    let edits =
        log.iter().filter(|entry| entry.direction == "local" && matches!(entry.kind.as_str(), "edit" | "create"));
    for entry in edits {
        for (field, after) in entry.after.as_object().into_iter().flatten() {
            if !FIELDS.contains(&field.as_str()) {
                continue;
            }
            report.local_edits += 1;
            let before = entry.before.get(field).unwrap_or(&Value::Null);
            let place = Place { index, field, subject, row: Some(row), log };
            for wish in Wish::of(index, field, before, after) {
                if local_kept(&place, &wish, entry) {
                    continue;
                }
                if taken_back(&place, &wish, entry) {
                    report.unprovable += 1;
                } else {
                    report.lost += 1;
                    report.details.push(format!("lost: the mirror's {} as {field} of {}", told(&wish), row.id));
                }
            }
        }
    }
}

/// An edit that only took an element on or off again, before the tracker had seen that: nothing was ever there to be sent, and elements know
/// no times. Of a whole value the last choice counts, wherever it was made.
fn taken_back(place: &Place<'_>, wish: &Wish, entry: &LogRow) -> bool {
    let holds = |value: &Value| wish.holds(place.index, place.field, value);
    !matches!(wish, Wish::Is(_))
        && place.local().any(|(row, before, after)| row.seq < entry.seq && holds(before) && !holds(after))
}

fn local_kept(place: &Place<'_>, wish: &Wish, entry: &LogRow) -> bool {
    let at_ms = millis(entry).unwrap_or(i64::MIN);
    let later = |row: &LogRow| row.seq > entry.seq;
    let mut overwritten = place.local().filter(|(row, ..)| later(row));
    let dropped = |row: &&&LogRow| row.direction == "local" && row.action == "delete" && later(row);
    let end = place.subject.and_then(|subject| place.index.deletes.get(&subject));
    place.visible(wish)
        || overwritten.any(|(_, before, after)| wish.undone(place.index, place.field, before, after))
        || place.log.iter().any(|row| dropped(&row))
        || place.recorded(wish, at_ms)
        || place.replaced_remotely(wish, at_ms)
        || place.forgotten(wish, 0)
        // It had reached the tracker and went with the issue that somebody deleted there.
        || end.is_some_and(|row| !place.index.is_own(&row.user) && place.mentions(&row.value, wish))
}

/// Whether a comment was made just before its issue was deleted, and after the last read of that issue, which tells how many there are:
/// another step may have listed it, but what is on its way there the delete cannot know.
fn uncounted(index: &Index<'_>, subject: Subject, seq: u64, end: &ObjectRow) -> bool {
    let made = index.creates.get(&subject).filter(|row| subject.comment.is_some() && row.seq == seq);
    let issue = format!("/issues/{}", subject.number);
    made.is_some_and(|made| end.at_ms - made.at_ms <= EXCHANGE_MS)
        && last_read(index, subject, end.seq, |path| path.ends_with(&issue)).is_none_or(|read| read < seq)
}

/// When the mirror's account last read an issue or its comments as they were, before `until`.
fn last_look(index: &Index<'_>, subject: Subject, until: u64) -> Option<u64> {
    let (issue, comments) = (format!("/issues/{}", subject.number), format!("/issues/{}/comments", subject.number));
    // An issue alone tells nothing of what its comments say.
    let shows = |path: &str| path.ends_with(&comments) || (subject.comment.is_none() && path.ends_with(&issue));
    last_read(index, subject, until, shows)
}

fn last_read(index: &Index<'_>, subject: Subject, until: u64, shows: impl Fn(&str) -> bool) -> Option<u64> {
    let requests = index.forge.history.requests.iter().filter(|row| row.seq < until && row.method == "GET");
    let requests = requests.filter(|row| row.repo_id.is_none_or(|id| id == subject.repo));
    let looks = requests.filter(|row| shows(&row.path));
    let answered = looks.filter(|row| row.status == Some(200) && row.lost.is_none() && !row.stale);
    answered.filter(|row| row.user.as_deref().is_some_and(|login| index.is_own(login))).map(|row| row.seq).max()
}

/// The mirror's row of a remote object and its log.
fn mirrored<'a>(index: &'a Index<'_>, subject: Subject) -> (Option<&'a LocalRow>, &'a [&'a LogRow]) {
    let issue = index.rows.get(&Subject { comment: None, ..subject }).and_then(|rows| rows.first()).copied();
    let row = index.rows.get(&subject).and_then(|rows| rows.first()).copied();
    let log = match (issue, row, subject.comment) {
        (Some(issue), _, None) => index.log_of(&issue.id, None),
        (Some(issue), Some(row), Some(_)) => index.log_of(&issue.id, Some(&row.id)),
        _ => &[],
    };
    (row, log)
}

fn millis(row: &LogRow) -> Option<i64> {
    row.sync_time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

fn comment_name(id: Option<u64>) -> String {
    id.map_or_else(String::new, |id| format!(", comment {id}"))
}

fn told(wish: &Wish) -> String {
    match wish {
        Wish::Is(value) => short(value),
        Wish::Has(item) => format!("+{}", short(&json!(item))),
        Wish::HasNot(item) => format!("-{}", short(&json!(item))),
    }
}

//! Generated items: a base and two sides, which are edits of the base or have nothing to do with it.

use crate::fixture::{S, T};
use issuesync_merge::{Input, Output, Policy, canon, merge};
use issuesync_model::{
    CanonRules, Change, Conflict, ConflictKind, Edit, Field, FieldSet, Fields, Grade, State, TextMerge,
    TimestampPolicy, TitleUnit, Value,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::rc::Rc;

const PIECES: [&str; 12] =
    ["a", "B", "ü", "😀", " ", "\n", "\r", "\0", "\t", "\u{85}", "İ", "a long piece that may be cut"];
const LINES: [&str; 14] = [
    "",
    "a",
    "b",
    "c",
    "same",
    "same",
    "  ",
    "ü\0",
    "😀 ",
    "=======",
    "<!-- issuesync:0192f0c1d2e37a4b8c5d6e7f80912a3b -->",
    "<!-- issuesync:ffffffffffffffffffffffffffffffff -->",
    "<!-- issuesync:not-a-marker -->",
    "<!-- issuesync:",
];
const ENDS: [&str; 5] = ["\n", "\n", "\r\n", "\r", "\n\n"];
const LABELS: [&str; 8] = ["a", "A", " b ", "c", "", "scope/x", "ß", "q\0"];
const IDS: [&str; 7] = ["1", "2", "3", "-1", "0", "ghost", "007"];

/// One item with everything that a merge is given. Values are canonical; `raw` are those they were made of.
/// Most are shared, because every property makes worlds that differ in one thing.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) raw: Rc<[Fields; 3]>,
    pub(crate) rules: CanonRules,
    pub(crate) base: Rc<Fields>,
    pub(crate) local: Rc<Fields>,
    pub(crate) remote: Rc<Fields>,
    pub(crate) edits: Rc<BTreeMap<Field, Edit>>,
    pub(crate) changes: Rc<BTreeMap<Field, Change>>,
    pub(crate) u_us: i64,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) policy: Policy,
}

impl World {
    pub(crate) fn merge(&self) -> Output {
        let input = Input {
            base: &self.base,
            local: &self.local,
            remote: &self.remote,
            edits: &self.edits,
            changes: &self.changes,
            u_us: self.u_us,
            conflicts: &self.conflicts,
            now_us: T,
        };
        merge(&input, &self.policy)
    }

    /// The fields that both sides have.
    pub(crate) fn shared(&self) -> impl Iterator<Item = Field> + '_ {
        self.local.keys().filter(|field| self.remote.get(*field).is_some())
    }

    /// Nothing that would take a field out of the ordinary rules.
    pub(crate) fn plain(&self) -> Self {
        let policy = Policy { pull_only: FieldSet::default(), ..self.policy };
        let edits = self.edits.iter().map(|(field, edit)| (*field, Edit { returned: false, ..*edit })).collect();
        Self { conflicts: Vec::new(), policy, edits: Rc::new(edits), ..self.clone() }
    }
}

/// Two sides that are edits of one base, the usual case.
pub(crate) fn edited() -> impl Strategy<Value = World> {
    (fields(), edit(), edit(), circumstances()).prop_map(|(base, left, right, circumstances)| {
        let sides = [left.apply(&base), right.apply(&base)];
        let [local, remote] = sides;
        circumstances.world([base, local, remote])
    })
}

/// Three sides without any relation.
pub(crate) fn unrelated() -> impl Strategy<Value = World> {
    (fields(), fields(), fields(), circumstances())
        .prop_map(|(base, local, remote, circumstances)| circumstances.world([base, local, remote]))
}

/// An edit of some fields.
#[derive(Clone, Debug)]
struct SideEdit {
    values: Fields,
    touched: u8,
    lines: Vec<(u8, usize, &'static str)>,
    toggled: Vec<(Field, &'static str)>,
}

impl SideEdit {
    fn apply(&self, base: &Fields) -> Fields {
        let mut side = base.clone();
        for (field, value) in self.values.iter() {
            if self.touched & (1 << field as u8) != 0 && !field.is_set() && field != Field::Body {
                side.set(field, value.clone());
            }
        }
        if !self.lines.is_empty() {
            side.set(Field::Body, Value::Text(edit_lines(base.text(Field::Body), &self.lines)));
        }
        for (field, element) in &self.toggled {
            let mut elements = side.elements(*field);
            if !elements.remove(*element) {
                elements.insert((*element).to_owned());
            }
            side.set(*field, Value::Set(elements));
        }
        side
    }
}

/// Inserts, replaces and deletes lines.
pub(crate) fn edit_lines(text: &str, edits: &[(u8, usize, &'static str)]) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    for (kind, place, line) in edits {
        let index = place % (lines.len() + 1);
        match kind {
            0 => lines.insert(index, line),
            1 if index < lines.len() => lines[index] = line,
            _ if index < lines.len() => drop(lines.remove(index)),
            _ => {}
        }
    }
    lines.join("\n")
}

fn edit() -> impl Strategy<Value = SideEdit> {
    let line = (0..3_u8, 0..12_usize, select(&LINES[..]));
    let label = select(&LABELS[..]).prop_map(|label| (Field::Labels, label));
    let assignee = select(&IDS[..]).prop_map(|id| (Field::Assignees, id));
    (fields(), any::<u8>(), vec(line, 0..3), vec(prop_oneof![label, assignee], 0..4))
        .prop_map(|(values, touched, lines, toggled)| SideEdit { values, touched, lines, toggled })
}

fn fields() -> impl Strategy<Value = Fields> {
    let title = vec(piece(), 0..5).prop_map(|pieces| Value::Text(pieces.concat()));
    let body = vec((line(), select(&ENDS[..])), 0..8)
        .prop_map(|lines| Value::Text(lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect()));
    let state = select(&State::ALL[..]).prop_map(Value::State);
    let labels = elements(&LABELS);
    let assignees = elements(&IDS);
    let milestone = prop::option::of(-1..4_i64).prop_map(Value::Id);
    let due = prop::option::of(1..4_i8).prop_map(|day| Value::Date(day.map(|day| jiff::civil::date(2026, 12, day))));
    let locked = any::<bool>().prop_map(Value::Flag);
    // Most items have every field; some are comments or live on a tracker that lacks a few.
    let there = prop_oneof![8 => Just(u8::MAX), 1 => any::<u8>(), 1 => Just(0b10)];
    (title, body, state, labels, assignees, milestone, due, locked, there).prop_map(
        |(title, body, state, labels, assignees, milestone, due, locked, there)| {
            Field::ALL
                .into_iter()
                .zip([title, body, state, labels, assignees, milestone, due, locked])
                .filter(|(field, _)| there & (1 << *field as u8) != 0)
                .collect()
        },
    )
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![8 => select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![8 => select(&LINES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

fn elements(pool: &'static [&'static str]) -> impl Strategy<Value = Value> {
    btree_set(select(pool), 0..4).prop_map(|set| Value::Set(set.into_iter().map(str::to_owned).collect()))
}

/// A moment: mostly near the others, sometimes as far as can be.
fn moment() -> impl Strategy<Value = i64> {
    let near = (-12..=12_i64).prop_map(|half| T + half * S / 2);
    prop_oneof![12 => near, 1 => select(&[i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX][..])]
}

fn window() -> impl Strategy<Value = i64> {
    prop_oneof![8 => (0..=6_i64).prop_map(|seconds| seconds * S), 1 => Just(i64::MAX), 1 => Just(-S)]
}

/// Everything but the values.
#[derive(Clone, Debug)]
struct Circumstances {
    rules: CanonRules,
    times: Vec<(i64, i64, i64)>,
    known: u8,
    returned: u8,
    u_us: i64,
    policy: Policy,
    conflicts: Vec<(usize, ConflictKind, bool)>,
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let rules = (0..30_usize, any::<bool>(), any::<bool>(), any::<bool>(), prop::option::weighted(0.1, 0..8_usize))
        .prop_map(|(title_max, bytes, label_fold, reasons, lacks)| CanonRules {
            title_max,
            title_unit: if bytes { TitleUnit::Bytes } else { TitleUnit::Chars },
            label_fold,
            fields: lacks.map_or(FieldSet::all(), |index| FieldSet::all().without(Field::ALL[index])),
            reasons,
        });
    let pulled =
        prop_oneof![6 => Just(Vec::new()), 1 => Just(Field::ALL.to_vec()), 1 => vec(select(&Field::ALL[..]), 1..3)];
    let policy =
        (window(), any::<bool>(), any::<bool>(), pulled).prop_map(|(window_us, literal, auto, pulled)| Policy {
            window_us,
            timestamp: if literal { TimestampPolicy::Literal } else { TimestampPolicy::Interval },
            text_merge: if auto { TextMerge::Auto } else { TextMerge::Suggest },
            pull_only: FieldSet::of(&pulled),
        });
    let kinds = select(&[ConflictKind::Clash, ConflictKind::Loop, ConflictKind::LostUpdate][..]);
    let conflicts = prop_oneof![3 => Just(Vec::new()), 1 => vec((0..8_usize, kinds, any::<bool>()), 1..3)];
    let known = prop_oneof![6 => Just(u8::MAX), 1 => any::<u8>()];
    (rules, vec((moment(), moment(), moment()), 8), known, any::<u8>(), moment(), policy, conflicts).prop_map(
        |(rules, times, known, returned, u_us, policy, conflicts)| Circumstances {
            rules,
            times,
            known,
            returned,
            u_us,
            policy,
            conflicts,
        },
    )
}

impl Circumstances {
    fn world(self, raw: [Fields; 3]) -> World {
        let [base, local, remote] = raw.each_ref().map(|fields| canon(fields, &self.rules));
        let known =
            || Field::ALL.into_iter().zip(&self.times).filter(|(field, _)| self.known & (1 << *field as u8) != 0);
        let edit_of = |field: Field, at_us| {
            let returned = self.returned & (1 << field as u8) != 0 && local.get(field) == base.get(field);
            Edit { at_us, set_in: 1, returned }
        };
        let edits: BTreeMap<_, _> = known().map(|(field, (at_us, _, _))| (field, edit_of(field, *at_us))).collect();
        let changes: BTreeMap<_, _> = known()
            .map(|(field, (_, one, other))| {
                (field, Change { lo_us: *one.min(other), hi_us: *one.max(other), grade: Grade::E3 })
            })
            .collect();
        let mut conflicts: Vec<Conflict> = Vec::new();
        for (index, kind, current) in &self.conflicts {
            let field = Field::ALL[*index];
            if !conflicts.iter().any(|known| known.field == field && known.kind == *kind) {
                let (local, remote) = if *current { (&local, &remote) } else { (&remote, &base) };
                conflicts.push(conflict(field, *kind, &base, local, remote));
            }
        }
        let Self { rules, u_us, policy, .. } = self;
        let (base, local, remote) = (base.into(), local.into(), remote.into());
        World {
            raw: raw.into(),
            rules,
            base,
            local,
            remote,
            edits: edits.into(),
            changes: changes.into(),
            u_us,
            conflicts,
            policy,
        }
    }
}

fn conflict(field: Field, kind: ConflictKind, base: &Fields, local: &Fields, remote: &Fields) -> Conflict {
    Conflict {
        field,
        kind,
        base: base.value(field),
        local: local.value(field),
        remote: remote.value(field),
        lost: None,
        suggestion: None,
        at_us: T,
        change: None,
        opened_us: T,
    }
}

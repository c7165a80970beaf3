//! Canonical form and the merge of texts: total, and what they promise of every value.

use crate::input::Input;
use issuesync_merge::{canon_value, merge_text, title_excess};
use issuesync_model::{CanonRules, Field, FieldSet, Fields, Reason, State, TitleUnit, Value};

/// Rules, a field and a kind of value by four bytes, then the text of it.
///
/// # Panics
/// When canonical form is not idempotent, or a canonical value is not what it promises.
pub fn canon(data: &[u8]) {
    let mut input = Input::new(data);
    let rules = CanonRules {
        title_max: usize::from(input.byte()),
        title_unit: input.pick(&[TitleUnit::Chars, TitleUnit::Bytes]),
        label_fold: input.pick(&[false, true]),
        fields: FieldSet::all(),
        reasons: input.pick(&[false, true]),
    };
    let field = input.pick(&Field::ALL);
    let value = value(&mut input, field);
    let once = canon_value(field, &value, &rules);
    assert_eq!(canon_value(field, &once, &rules), once, "canon is idempotent");
    let fields = Fields::new().with(field, value.clone());
    let whole = issuesync_merge::canon(&fields, &rules);
    assert_eq!(whole.get(field), Some(&once), "a field alone and a field among others are one");
    if let (Field::Title, Value::Text(title)) = (field, &once) {
        assert_eq!(title_excess(title, &rules), None, "what canon leaves fits");
        assert!(!title.chars().any(char::is_control));
    }
    if let (Field::Title, Value::Text(title)) = (field, &value)
        && title_excess(title, &rules).is_none()
    {
        let wide = CanonRules { title_max: usize::MAX, ..rules };
        assert_eq!(canon_value(field, &value, &wide), once, "what fits is not cut");
    }
    if let Value::Text(text) = &once {
        assert!(!text.contains(['\0', '\r']) && text.trim_end() == text);
    }
}

fn value(input: &mut Input<'_>, field: Field) -> Value {
    let set = |input: &mut Input<'_>| Value::Set((0..input.byte() % 4).map(|_| input.short()).collect());
    match (input.byte() % 8, field) {
        (0, _) => set(input),
        (1, _) => Value::Id(Some(input.number())),
        (2, _) => Value::Flag(input.byte() > 127),
        (3, _) => Value::State(State::Closed(input.pick(&[Reason::None, Reason::Completed, Reason::Duplicate]))),
        (_, Field::Labels | Field::Assignees) => set(input),
        (_, Field::Milestone) => Value::Id(Some(input.number())),
        (_, Field::State) => Value::State(State::Open),
        (_, Field::DueDate) => Value::Date(jiff::civil::Date::new(input.byte().into(), 2, 3).ok()),
        (_, Field::Locked) => Value::Flag(true),
        (_, Field::Title | Field::Body) => Value::Text(input.long()),
    }
}

/// Base and local with their lengths, then remote.
///
/// # Panics
/// When a promise about merged texts is broken.
pub fn text(data: &[u8]) {
    let mut input = Input::new(data);
    let body = |text: String| {
        let rules = CanonRules {
            title_max: 255,
            title_unit: TitleUnit::Chars,
            label_fold: false,
            fields: FieldSet::all(),
            reasons: true,
        };
        match canon_value(Field::Body, &Value::Text(text), &rules) {
            Value::Text(text) => text,
            other => panic!("the canonical form of a text is one, not {other:?}"),
        }
    };
    let (base, local) = (body(input.long()), body(input.long()));
    let remote = body(input.rest_text());
    let merged = merge_text(&base, &local, &remote);
    assert_eq!(merged, merge_text(&base, &local, &remote), "the same arguments, the same bytes");
    if let Some(merged) = &merged {
        assert_eq!(*merged, body(merged.clone()), "the result is canonical");
        for line in merged.lines() {
            let known = [&base, &local, &remote].iter().any(|side| side.lines().any(|known| known == line));
            assert!(known, "no line is invented: {line:?}");
        }
    }
    assert_eq!(merge_text(&base, &local, &base).as_ref(), Some(&local), "one side alone is taken whole");
    assert_eq!(merge_text(&base, &base, &remote).as_ref(), Some(&remote), "one side alone is taken whole");
    assert_eq!(merge_text(&base, &local, &local).as_ref(), Some(&local), "the same edit twice is one");
    assert_eq!(merged.is_some(), merge_text(&base, &remote, &local).is_some(), "no side is the better one");
}

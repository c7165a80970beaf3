//! Fields and values, and their JSON.

use crate::fixture::{fields, value};
use issuesync_model::{
    AttemptField, Change, Conflict, ConflictKind, Field, FieldSet, Fields, Grade, State, Value, Warning, WarningKind,
};
use proptest::prelude::*;
use serde_json::json;

/// Any field with three values of its own.
fn three() -> impl Strategy<Value = (Field, [Value; 3])> {
    proptest::sample::select(&Field::ALL[..])
        .prop_flat_map(|field| (Just(field), [value(field), value(field), value(field)]))
}

proptest! {
    #[test]
    fn fields_read_back_from_json(fields in fields()) {
        let json = serde_json::to_string(&fields).expect("fields are JSON");
        prop_assert_eq!(serde_json::from_str::<Fields>(&json).expect("they read back"), fields);
    }

    #[test]
    fn equal_fields_print_the_same_bytes_in_whatever_order_they_were_set(fields in fields()) {
        let mut turned = Fields::new();
        for (field, value) in fields.iter().collect::<Vec<_>>().into_iter().rev() {
            turned.set(field, value.clone());
        }
        prop_assert_eq!(serde_json::to_vec(&turned).expect("JSON"), serde_json::to_vec(&fields).expect("JSON"));
    }

    #[test]
    fn a_conflict_reads_back_from_json((field, [base, local, remote]) in three(), at_us: i64, other: bool) {
        let conflict = Conflict {
            field,
            kind: if other { ConflictKind::LostUpdate } else { ConflictKind::Clash },
            lost: other.then(|| base.clone()),
            suggestion: (!other).then(|| local.clone()),
            base,
            local,
            remote,
            at_us,
            change: other.then_some(Change { lo_us: i64::MIN, hi_us: at_us, grade: Grade::E3a }),
            opened_us: at_us,
        };
        let json = serde_json::to_string(&conflict).expect("a conflict is JSON");
        prop_assert_eq!(serde_json::from_str::<Conflict>(&json).expect("it reads back"), conflict);
    }

    #[test]
    fn a_warning_reads_back_from_json((field, [asked, got, _]) in three(), message: Option<String>, at_us: i64) {
        let warning = Warning { field, kind: WarningKind::Rewritten, asked, got, message, at_us };
        let json = serde_json::to_string(&warning).expect("a warning is JSON");
        prop_assert_eq!(serde_json::from_str::<Warning>(&json).expect("it reads back"), warning);
    }

    #[test]
    fn a_field_of_an_attempt_reads_back_from_json((field, [read, sent, _]) in three(), was_read: bool, settled: bool, audited: bool) {
        let sent = AttemptField { field, read: was_read.then_some(read), became: audited.then(|| sent.clone()), outpaced: settled.then(|| sent.clone()), sent, settled, audited };
        let json = serde_json::to_string(&sent).expect("it is JSON");
        prop_assert_eq!(serde_json::from_str::<AttemptField>(&json).expect("it reads back"), sent);
    }
}

#[test]
fn values_print_bare() {
    let fields = Fields::new()
        .with(Field::Title, Value::Text("t".to_owned()))
        .with(Field::State, Value::State(State::Open))
        .with(Field::Labels, Value::Set(["bug".to_owned()].into()))
        .with(Field::Milestone, Value::Id(Some(7)))
        .with(Field::DueDate, Value::Date(Some(jiff::civil::date(2026, 12, 25))))
        .with(Field::Locked, Value::Flag(true));
    let expected = json!({
        "title": "t", "state": "open", "labels": ["bug"], "milestone": 7, "due_date": "2026-12-25", "locked": true,
    });
    assert_eq!(serde_json::to_value(&fields).expect("fields are JSON"), expected);
}

#[test]
fn null_is_the_empty_value_and_differs_from_no_value() {
    for field in Field::ALL {
        let json = json!({ field.name(): null });
        let fields: Fields = serde_json::from_value(json).expect("null is a value");
        assert_eq!(fields.get(field), Some(&field.empty()));
        assert_ne!(fields, Fields::new());
    }
}

#[test]
fn json_of_another_kind_is_refused_with_the_fields_name() {
    for field in Field::ALL {
        let error = field.value_from_json(&json!({ "no": "field" })).expect_err("no field is an object");
        assert!(error.contains(field.name()) || field == Field::State, "{error}");
    }
    assert!(Field::Labels.value_from_json(&json!([1])).is_err());
    assert!(Field::DueDate.value_from_json(&json!("25.12.2026")).is_err());
    assert!(Field::State.value_from_json(&json!("done")).is_err());
    assert!(serde_json::from_value::<Fields>(json!({ "colour": "red" })).is_err());
}

#[test]
fn names_find_their_fields_and_states() {
    for field in Field::ALL {
        assert_eq!(Field::from_name(field.name()), Some(field));
        assert_eq!(serde_json::to_value(field).expect("a field is JSON"), json!(field.name()));
    }
    for state in State::ALL {
        assert_eq!(state.word().parse(), Ok(state));
    }
}

#[test]
fn a_set_of_fields_has_what_it_was_made_of() {
    let some = FieldSet::of(&[Field::Title, Field::Locked]);
    assert!(Field::ALL.into_iter().all(|field| some.has(field) == matches!(field, Field::Title | Field::Locked)));
    assert!(!some.without(Field::Locked).has(Field::Locked));
    assert_eq!(FieldSet::of(&Field::ALL), FieldSet::all());
}

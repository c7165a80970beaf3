//! Generated field values of every kind.

use issuesync_model::{Field, Fields, State, Value};
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::sample::select;

/// A value that this field can have.
pub(crate) fn value(field: Field) -> BoxedStrategy<Value> {
    match field {
        Field::Title | Field::Body => any::<String>().prop_map(Value::Text).boxed(),
        Field::State => select(&State::ALL[..]).prop_map(Value::State).boxed(),
        Field::Labels | Field::Assignees => btree_set(any::<String>(), 0..4).prop_map(Value::Set).boxed(),
        Field::Milestone => any::<Option<i64>>().prop_map(Value::Id).boxed(),
        Field::DueDate => prop::option::of((1..=9999_i16, 1..=12_i8, 1..=28_i8))
            .prop_map(|day| Value::Date(day.map(|(year, month, day)| jiff::civil::date(year, month, day))))
            .boxed(),
        Field::Locked => any::<bool>().prop_map(Value::Flag).boxed(),
    }
}

/// Some fields with some values.
pub(crate) fn fields() -> impl Strategy<Value = Fields> {
    let slot = |field: Field| prop::option::of(value(field)).prop_map(move |value| value.map(|value| (field, value)));
    Field::ALL.map(slot).prop_map(|slots| slots.into_iter().flatten().collect())
}

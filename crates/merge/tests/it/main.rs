//! The tests of the ground floor: one module per part of it, and the properties that hold for every input.

mod fixture;

mod canon;

mod accept;

mod evidence;

mod rules;

mod rules_state;

mod rules_frozen;

mod rules_text;

mod text;

mod properties;

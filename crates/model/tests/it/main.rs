//! The tests of the nouns: what is written down reads back the same.

mod fixture;

mod fields;

mod log;

mod marker;

mod theta;

//! The JSON that goes out: plain structs made of the model's nouns. Nothing here awaits or decides.

pub(crate) mod comment;
pub(crate) mod conflict;
pub(crate) mod connection;
pub(crate) mod delivery;
pub(crate) mod issue;
pub(crate) mod log;
pub(crate) mod names;
pub(crate) mod sync;
pub(crate) mod token;

use serde::Serialize;
use utoipa::ToSchema;

/// A list without pages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// What there is.
    pub(crate) items: Vec<T>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Paged<T> {
    /// What is on this page.
    pub(crate) items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` on the last.
    pub(crate) next_cursor: Option<String>,
}

/// A time as RFC 3339, exact to the microsecond.
pub(crate) fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        assert_eq!(time(1_795_519_265_000_001), "2026-11-24T11:21:05.000001Z");
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
    }
}

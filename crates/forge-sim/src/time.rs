//! Whole seconds as the tracker writes and reads them; its zone is UTC.

use jiff::fmt::rfc2822;
use jiff::{Timestamp, civil};
use serde::{Serialize, Serializer};

/// A second that is written as RFC 3339 in UTC.
#[derive(Clone, Copy)]
pub(crate) struct Second(pub(crate) i64);

impl Serialize for Second {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(second: i64) -> String {
    let at = jiff::tz::Offset::UTC.to_datetime(stamp(second));
    let mut text = *b"0000-00-00T00:00:00Z";
    let mut put = |place: usize, digits: usize, value: i32| {
        let mut left = value.unsigned_abs();
        for digit in text[place..place + digits].iter_mut().rev() {
            *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
            left /= 10;
        }
    };
    put(0, 4, at.year().into());
    put(5, 2, at.month().into());
    put(8, 2, at.day().into());
    put(11, 2, at.hour().into());
    put(14, 2, at.minute().into());
    put(17, 2, at.second().into());
    String::from_utf8_lossy(&text).into_owned()
}

/// The `Date` header's form.
pub(crate) fn http_date(second: i64) -> String {
    let printed = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&stamp(second));
    printed.unwrap_or_default()
}

/// `YYYY-MM-DD` of a second in UTC.
pub(crate) fn day(second: i64) -> String {
    jiff::tz::Offset::UTC.to_datetime(stamp(second)).date().to_string()
}

/// A written instant, in whole seconds.
pub(crate) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// The last second of the written day, in the written offset: what an issue edit makes of a due date.
pub(crate) fn end_of_day_there(text: &str) -> Option<i64> {
    let instant = parse(text)?;
    let written = text.get(..19)?.parse::<civil::DateTime>().ok()?;
    let offset = as_utc(written)? - instant;
    Some(end_of_day_here(text)? - offset)
}

/// The last second of the written day in the server's zone: what the deadline endpoint makes of it.
pub(crate) fn end_of_day_here(text: &str) -> Option<i64> {
    let date = text.get(..10)?.parse::<civil::Date>().ok()?;
    as_utc(date.at(23, 59, 59, 0))
}

fn as_utc(civil: civil::DateTime) -> Option<i64> {
    jiff::tz::TimeZone::UTC.to_timestamp(civil).ok().map(Timestamp::as_second)
}

fn stamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_it_was_written() {
        let there = end_of_day_there("2026-12-25T00:00:00+09:00").map(rfc3339);
        assert_eq!(there.as_deref(), Some("2026-12-25T14:59:59Z"));
        let here = end_of_day_here("2026-12-26T00:00:00+09:00").map(rfc3339);
        assert_eq!(here.as_deref(), Some("2026-12-26T23:59:59Z"));
        assert_eq!(end_of_day_there("soon"), None);
    }

    #[test]
    fn dates_are_written_as_http_wants_them() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
    }
}

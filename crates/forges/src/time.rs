//! Times as trackers print them.

use jiff::Timestamp;
use jiff::civil::Date;

/// RFC 3339 to microseconds; `None` also for the zero times that trackers print for "never".
pub(crate) fn micros(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    let us = time.as_microsecond();
    (us > 0).then_some(us)
}

/// RFC 3339 to microseconds where a time must be; the zero times are 0.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    Some(time.as_microsecond().max(0))
}

/// The day that a time names in its own offset.
pub(crate) fn day(text: &str) -> Option<Date> {
    micros(text)?;
    text.get(..10)?.parse().ok()
}

/// Microseconds to RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(us: i64) -> String {
    let seconds = us.div_euclid(1_000_000);
    Timestamp::from_second(seconds).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_zero_times_are_none() {
        assert_eq!(micros("2025-05-13T08:52:25+02:00"), micros("2025-05-13T06:52:25Z"));
        assert_eq!(micros("1970-01-01T00:00:00Z"), None);
        assert_eq!(micros("0001-01-01T00:00:00Z"), None);
        assert_eq!(micros("soon"), None);
        assert_eq!(instant("0001-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("soon"), None);
    }

    #[test]
    fn a_due_day_is_the_day_in_the_servers_own_zone() {
        assert_eq!(day("2026-12-25T23:59:59+02:00"), Some(jiff::civil::date(2026, 12, 25)));
        assert_eq!(day("2026-12-25T00:30:00+09:00"), Some(jiff::civil::date(2026, 12, 25)));
        assert_eq!(day("1970-01-01T00:00:00Z"), None);
    }

    #[test]
    fn printing_and_reading_agree() {
        assert_eq!(micros(&rfc3339(1_747_119_145_000_000)), Some(1_747_119_145_000_000));
    }
}

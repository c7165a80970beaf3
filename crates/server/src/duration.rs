//! Durations as people write them: `500ms`, `60s`, `15m`, `2h`, `7d`, and `inf` where it makes sense.

/// The units, largest first, with their length in microseconds.
const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)];

/// Reads a duration into microseconds; `inf` is `i64::MAX`.
///
/// # Errors
/// A sentence that shows what a duration looks like.
pub fn parse_us(text: &str) -> Result<i64, String> {
    if text == "inf" {
        return Ok(i64::MAX);
    }
    let wrong = || format!("\"{text}\" is no duration: write a whole number and a unit, such as 500ms, 60s, 15m or 2h");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let (_, unit_us) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: i64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit_us).ok_or_else(wrong)
}

/// Writes a duration in the largest unit that divides it.
#[must_use]
pub fn text(us: i64) -> String {
    if us == i64::MAX {
        return "inf".to_owned();
    }
    let unit = UNITS.into_iter().find(|(_, unit_us)| us != 0 && us % unit_us == 0);
    match unit {
        Some((name, unit_us)) => format!("{}{name}", us / unit_us),
        None if us == 0 => "0s".to_owned(),
        None => format!("{}ms", us / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print() {
        for (written, us) in [("500ms", 500_000), ("60s", 60_000_000), ("15m", 900_000_000), ("inf", i64::MAX)] {
            assert_eq!(parse_us(written), Ok(us));
        }
        for (us, written) in [(60_000_000, "1m"), (0, "0s"), (1_500_000, "1500ms"), (172_800_000_000, "2d")] {
            assert_eq!(text(us), written);
            assert_eq!(parse_us(written), Ok(us));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for written in ["", "5", "s", "-5s", "5 s", "1.5s", "5w", "99999999999999999999s", "9999999999999d"] {
            assert!(parse_us(written).is_err(), "{written}");
        }
    }
}

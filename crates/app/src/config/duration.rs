//! Durations as people write them: `500ms`, `60s`, `15m`, `2h`, `1d`, and `inf` for "always".

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
    number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit_us)).ok_or_else(wrong)
}

/// Writes a duration in the largest unit that divides it.
#[must_use]
pub fn text(us: i64) -> String {
    if us == i64::MAX {
        return "inf".to_owned();
    }
    match UNITS.into_iter().find(|(_, unit_us)| us != 0 && us % unit_us == 0) {
        Some((name, unit_us)) => format!("{}{name}", us / unit_us),
        None => format!("{}ms", us / 1_000),
    }
}

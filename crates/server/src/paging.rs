//! Cursor pagination: opaque cursors that name the last row seen, and limits that are kept.

use crate::problem::Problem;
use issuesync_model::ItemId;

/// Rows per page when nothing is said.
pub(crate) const LIMIT_DEFAULT: usize = 50;
/// Rows per page at most.
pub(crate) const LIMIT_MAX: usize = 200;

/// The page size asked for, within bounds.
pub(crate) fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
}

/// A position in a list of issues as a cursor.
pub(crate) fn cursor((updated_us, id): (i64, ItemId)) -> String {
    format!("{updated_us:016x}{}", id.0.simple())
}

/// The position that a cursor names.
pub(crate) fn position(cursor: &str) -> Result<(i64, ItemId), Problem> {
    let wrong = || {
        let detail =
            "This cursor is not one of ours; use next_cursor of the page before, or leave it out to start over.";
        Problem::invalid("cursor", detail)
    };
    let (time, id) = cursor.split_at_checked(16).ok_or_else(wrong)?;
    let time = u64::from_str_radix(time, 16).map_err(|_| wrong())?;
    let id = id.parse().map_err(|_| wrong())?;
    Ok((time.cast_signed(), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_row() {
        let id = ItemId(uuid::Uuid::from_u128(7));
        for time in [0, 1_795_000_000_000_000, -5, i64::MAX, i64::MIN] {
            assert_eq!(position(&cursor((time, id))), Ok((time, id)));
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        for text in
            ["", "x", "0000000000000000", "zzzzzzzzzzzzzzzz00000000000000000000000000000007", "ääääääääääääääääää"]
        {
            assert!(position(text).is_err(), "{text}");
        }
    }

    #[test]
    fn limits_are_kept() {
        assert_eq!([limit(None), limit(Some(0)), limit(Some(7)), limit(Some(9_999))], [50, 1, 7, 200]);
    }
}

//! A look at how deep a JSON text is nested, before a parser sees it.

/// The deepest nesting that is read.
pub(crate) const DEPTH_MAX: usize = 64;

/// Whether brackets nest deeper than [`DEPTH_MAX`].
pub(crate) fn is_too_deep(json: &[u8]) -> bool {
    // Few brackets cannot nest deep, and to count them is much faster than to follow them.
    let opened = json.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opened <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_nest() {
        let text = format!("{{\"a\":\"{}\\\"[[\"}}", "[".repeat(200));
        assert!(!is_too_deep(text.as_bytes()));
    }

    #[test]
    fn one_level_too_many_is_seen() {
        assert!(!is_too_deep("[".repeat(DEPTH_MAX).as_bytes()));
        assert!(is_too_deep("[".repeat(DEPTH_MAX + 1).as_bytes()));
    }
}

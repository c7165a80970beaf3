//! A look at how deep a JSON text is nested, before a parser sees it.

/// The deepest nesting that is read.
pub(crate) const DEPTH_MAX: usize = 64;

/// Whether brackets nest deeper than [`DEPTH_MAX`].
pub(crate) fn is_too_deep(json: &[u8]) -> bool {
    // Few brackets cannot nest deep, and to count them is much faster than to follow them.
    if opened(json) <= DEPTH_MAX {
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

/// How many brackets are opened, in texts too.
fn opened(json: &[u8]) -> usize {
    // The two brackets are one bit apart. A sum of bytes over so short a piece fits a byte, which lets many be added at once.
    let of_piece = |piece: &[u8]| piece.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    json.chunks(usize::from(u8::MAX)).map(|piece| usize::from(of_piece(piece))).sum()
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
        assert!(is_too_deep("{\"a\":".repeat(1000).as_bytes()));
        assert!(!is_too_deep("[],".repeat(1000).as_bytes()));
    }
}

//! Markers: what was put is found, and a text without one is left alone.

use crate::input::Input;
use issuesync_model::marker::{find, split, with};

/// Sixteen bytes of an id, then the text.
///
/// # Panics
/// When a promise about markers is broken.
pub fn marker(data: &[u8]) {
    let mut input = Input::new(data);
    let digits: String = (0..16).map(|_| format!("{:02x}", input.byte())).collect();
    let text = input.rest_text();
    let (before, found) = split(&text);
    assert!(text.starts_with(before), "what a person wrote is the beginning of it");
    if let Some(found) = found {
        assert_eq!(found.len(), 32);
        assert_eq!(find(&text), Some(found.to_ascii_lowercase()), "what ends a text is its last marker");
    } else {
        assert_eq!(before, text);
    }
    if let Some(found) = find(&text) {
        assert!(found.len() == 32 && found.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
    }
    let marked = with(&text, &digits);
    assert_eq!(find(&marked).as_deref(), Some(digits.as_str()));
    let (again, found) = split(&marked);
    assert_eq!(found, Some(digits.as_str()));
    // A lone carriage return at the end, which no canonical text has, makes one line break of two characters with what follows.
    assert_eq!(again.trim_end_matches('\r'), text.trim_end_matches('\r'), "the text comes back whole");
    assert_eq!(find(&format!("{marked}\nand more")).as_deref(), Some(digits.as_str()), "somebody wrote behind it");
}

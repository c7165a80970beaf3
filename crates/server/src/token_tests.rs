//! Tokens keep their shape, and nothing else passes for one.

use super::*;

#[test]
fn the_check_sum_is_the_common_crc32() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(crc32(b""), 0);
}

#[test]
fn a_created_token_is_well_formed_and_hashed() {
    let created = create([7; 32]);
    let text = created.text.reveal();
    assert!(text.starts_with("isy_0707"));
    assert_eq!(text.len(), 4 + 64 + 8);
    assert!(is_well_formed(text));
    assert_eq!(created.hash, hash(text));
    assert_eq!(created.hash.len(), 64);
    assert!(!format!("{created:?}").contains("0707"), "debug output must not show the text");
}

#[test]
fn one_changed_character_is_no_token() {
    let text = create([1; 32]).text.reveal().to_owned();
    for index in 4..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[index] = if bytes[index] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(bytes).expect("digits");
        assert!(!is_well_formed(&changed), "{changed}");
    }
}

#[test]
fn other_shapes_are_no_tokens() {
    for text in ["", "isy_", "isy_00", "ghp_0000", "isy_ü", &"isy_".repeat(19), &format!("isy_+{}", "0".repeat(71))] {
        assert!(!is_well_formed(text), "{text}");
    }
}

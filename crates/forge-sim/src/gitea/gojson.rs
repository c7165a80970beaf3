//! JSON as Go writes it: two spaces of indent, and `<`, `>`, `&`, U+2028, U+2029 escaped.
//!
//! A receiver that verifies signatures over JSON of its own making fails on this; that is the point.

use serde::Serialize;

use crate::gitea::object;

/// The bytes of an indented document. As in Go, it is written in one line first and then spread out.
pub(crate) fn indented(value: &impl Serialize) -> Vec<u8> {
    let line = object::line(value);
    let mut out = Vec::with_capacity(line.len() * 2);
    let (mut at, mut depth) = (0, 0);
    while at < line.len() {
        match line[at..] {
            [b'"', ..] => {
                at = copy_text(&line, at, &mut out);
                continue;
            }
            [b'{', b'}', ..] | [b'[', b']', ..] => {
                out.extend_from_slice(&line[at..at + 2]);
                at += 2;
                continue;
            }
            [open @ (b'{' | b'['), ..] => {
                out.push(open);
                depth += 1;
                new_line(&mut out, depth);
            }
            [close @ (b'}' | b']'), ..] => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(close);
            }
            [b',', ..] => {
                out.push(b',');
                new_line(&mut out, depth);
            }
            [b':', ..] => out.extend_from_slice(b": "),
            _ => out.push(line[at]),
        }
        at += 1;
    }
    out
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

/// Copies the text that begins at `start`, with Go's escapes; answers where it ends.
fn copy_text(line: &[u8], start: usize, out: &mut Vec<u8>) -> usize {
    let (mut copied, mut at) = (start, start + 1);
    while let Some(plain) = line[at..].iter().position(|byte| IS_SPECIAL[usize::from(*byte)]) {
        at += plain;
        let (escape, length): (&[u8], usize) = match line[at..] {
            [b'"', ..] => break,
            [b'\\', ..] => {
                at += 2;
                continue;
            }
            [b'<', ..] => (b"\\u003c", 1),
            [b'>', ..] => (b"\\u003e", 1),
            [b'&', ..] => (b"\\u0026", 1),
            [0xE2, 0x80, 0xA8, ..] => (b"\\u2028", 3),
            [0xE2, 0x80, 0xA9, ..] => (b"\\u2029", 3),
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&line[copied..at]);
        out.extend_from_slice(escape);
        at += length;
        copied = at;
    }
    let end = (at + 1).min(line.len());
    out.extend_from_slice(&line[copied..end]);
    end
}

/// Bytes within a text that are not copied as they are, or at which it may end.
const IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let bytes = b"\"\\<>&\xE2";
    let mut at = 0;
    while at < bytes.len() {
        special[bytes[at] as usize] = true;
        at += 1;
    }
    special
};

#[cfg(test)]
mod tests {
    use super::indented;
    use serde_json::json;

    fn text(value: &serde_json::Value) -> String {
        String::from_utf8(indented(value)).expect("UTF-8")
    }

    #[test]
    fn markup_is_escaped_and_two_spaces_indent() {
        let expected = "{\n  \"a\": [\n    \"\\u003cb\\u003e \\u0026 \\u2028\\n\"\n  ]\n}";
        assert_eq!(text(&json!({ "a": ["<b> & \u{2028}\n"] })), expected);
    }

    #[test]
    fn what_stands_in_texts_does_not_indent() {
        let value = json!({ "a\"": "\\\"{[,:]}", "b": [], "c": {}, "d": [{ "e": -1.5 }, null, true], "f": "\u{2027}" });
        let pretty = serde_json::to_string_pretty(&value).expect("JSON");
        assert_eq!(text(&value), pretty);
    }
}

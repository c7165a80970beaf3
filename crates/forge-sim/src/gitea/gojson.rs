//! JSON as Go writes it: two spaces of indent, and `<`, `>`, `&`, U+2028, U+2029 escaped.
//!
//! A receiver that verifies signatures over JSON of its own making fails on this; that is the point.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// The bytes of an indented document.
pub(crate) fn indented(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8192);
    let mut serializer = Serializer::with_formatter(&mut bytes, Go(PrettyFormatter::with_indent(b"  ")));
    value.serialize(&mut serializer).map_or_else(|_| Vec::new(), |()| bytes)
}

struct Go<'a>(PrettyFormatter<'a>);

impl Formatter for Go<'_> {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // U+2028 and U+2029 are the only two letters here that take more than a byte; both begin with this one.
        let special = |byte: u8| matches!(byte, b'<' | b'>' | b'&' | 0xE2);
        if !fragment.bytes().any(special) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut from = 0;
        for (index, letter) in fragment.char_indices() {
            let escape: &[u8] = match letter {
                '<' => b"\\u003c",
                '>' => b"\\u003e",
                '&' => b"\\u0026",
                '\u{2028}' => b"\\u2028",
                '\u{2029}' => b"\\u2029",
                _ => continue,
            };
            writer.write_all(&fragment.as_bytes()[from..index])?;
            writer.write_all(escape)?;
            from = index + letter.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[from..])
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn markup_is_escaped_and_two_spaces_indent() {
        let bytes = indented(&serde_json::json!({ "a": ["<b> & \u{2028}\n"] }));
        let expected = "{\n  \"a\": [\n    \"\\u003cb\\u003e \\u0026 \\u2028\\n\"\n  ]\n}";
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), expected);
    }
}

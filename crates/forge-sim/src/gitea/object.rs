//! JSON objects written key by key: what `json!` would build is sent straight to the serializer.

use serde::Serialize;
use std::io;

/// A document in one line.
pub(crate) fn line(document: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut pieces = Pieces(Vec::with_capacity(4096));
    if serde_json::to_writer(&mut pieces, document).is_err() {
        pieces.0.clear();
    }
    pieces.0
}

/// Where a document goes. It comes in many small pieces, most of them one byte whose length is known where it is written.
struct Pieces(Vec<u8>);

impl io::Write for Pieces {
    #[inline(always)]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline(always)]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        match piece {
            [byte] => self.0.push(*byte),
            more => self.0.extend_from_slice(more),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes an object to a serializer. The keys stand in the order of the alphabet, which is how the answers were always
/// written; a key with `[if …]` is left out where that does not hold.
macro_rules! object {
    ($serializer:expr, { $($key:literal $([if $holds:expr])?: $value:expr),* $(,)? }) => {{
        use serde::ser::SerializeMap as _;
        let mut map = $serializer.serialize_map(None)?;
        $( if true $(&& $holds)? { map.serialize_entry($key, &$value)?; } )*
        map.end()
    }};
}

pub(crate) use object;

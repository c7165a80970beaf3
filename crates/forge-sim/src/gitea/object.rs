//! JSON objects written key by key: what `json!` would build is sent straight to the serializer.

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

//! How a target's bytes are read: choices first, texts with their length, the rest as it is. What is missing is 0 or empty.

use arbitrary::Unstructured;

/// Bytes that are being read.
pub(crate) struct Input<'a>(Unstructured<'a>);

impl<'a> Input<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(Unstructured::new(data))
    }

    /// One byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// One of these, by one byte.
    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()].clone()
    }

    pub(crate) fn number(&mut self) -> i64 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// A text of at most 255 bytes, its length before it.
    pub(crate) fn short(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        String::from_utf8_lossy(self.0.bytes(length).unwrap_or_default()).into_owned()
    }

    /// A text of at most 65,535 bytes, its length before it.
    pub(crate) fn long(&mut self) -> String {
        let length = usize::from(self.0.arbitrary::<u16>().unwrap_or(0)).min(self.0.len());
        String::from_utf8_lossy(self.0.bytes(length).unwrap_or_default()).into_owned()
    }

    /// Everything that was not read.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0.take_rest()
    }

    /// Everything that was not read, as text.
    pub(crate) fn rest_text(self) -> String {
        String::from_utf8_lossy(self.rest()).into_owned()
    }
}

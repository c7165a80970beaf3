//! Small random changes of bytes, each series from one number.

/// Pieces that mean something to some parser.
const PIECES: [&[u8]; 16] = [
    b"\0",
    b"null",
    b"[[",
    b"{}",
    b"\"",
    b"\\u0000",
    b"\xff\xfe",
    b"-9223372036854775808",
    b"1e999",
    b"0001-01-01T00:00:00Z",
    b"\r\n",
    b"<!-- issuesync:",
    b" -->",
    "\u{202e}\u{1f980}e\u{301}".as_bytes(),
    b"%00",
    b"=\n",
];

/// A series of numbers (splitmix64, Steele, Lea and Flood 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// Random bytes, shorter than the bound; now and then made of pieces that mean something.
    pub(crate) fn bytes(&mut self, bound: usize) -> Vec<u8> {
        let length = self.below(bound);
        if self.below(4) > 0 {
            return (0..length).map(|_| self.next().to_le_bytes()[0]).collect();
        }
        let mut bytes = Vec::new();
        while bytes.len() < length {
            bytes.extend_from_slice(PIECES[self.below(PIECES.len())]);
        }
        bytes
    }

    /// One change: a byte turned, a stretch cut, doubled or moved, a piece put in, or the end cut off.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let to = (at + self.below(16)).min(bytes.len());
        match self.below(6) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => drop(bytes.drain(at..to)),
            2 => {
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => {
                let piece: Vec<u8> = bytes.drain(at..to).collect();
                let place = self.below(bytes.len());
                bytes.splice(place..place, piece);
            }
            4 => {
                let piece = PIECES[self.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
}

//! Random numbers of the operating system.

use issuesync_model::Rng;

/// The operating system's random numbers as the engine's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    fn next_u64(&self) -> u64 {
        u64::from_le_bytes(bytes())
    }
}

/// Bytes fit for keys, nonces and tokens.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system always has random numbers once it has started");
    bytes
}

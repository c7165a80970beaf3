//! Time, randomness and ids as arguments: the only doors to what a program cannot compute.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use uuid::Uuid;

/// A future behind a pointer: what object-safe ports return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The store's time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970, never stepping back while the process lives.
    fn now_us(&self) -> i64;

    /// Waits that many microseconds.
    fn sleep(&self, us: i64) -> BoxFuture<'_, ()>;
}

/// A source of random numbers.
pub trait Rng: Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;
}

/// What a step may ask of the world besides its ports.
#[derive(Clone)]
pub struct Cx {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random numbers.
    pub rng: Arc<dyn Rng>,
}

impl Cx {
    /// The time now, microseconds.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    /// A fresh UUID of version 7 (RFC 9562), from this clock and these random numbers.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0_u8; 10];
        bytes[..8].copy_from_slice(&self.rng.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&self.rng.next_u64().to_le_bytes()[..2]);
        let millis = u64::try_from(self.now_us() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A number below `bound`; 0 when the bound is 0.
    #[must_use]
    pub fn below(&self, bound: i64) -> i64 {
        match u64::try_from(bound) {
            Ok(bound) if bound > 0 => i64::try_from(self.rng.next_u64() % bound).unwrap_or(0),
            _ => 0,
        }
    }
}

//! Random numbers of the operating system, for the node's elections.

use ring::rand::{SecureRandom, SystemRandom};
use system::Random;

/// The operating system's generator.
pub(crate) struct OsRandom(SystemRandom);

impl OsRandom {
    pub(crate) fn new() -> Self {
        OsRandom(SystemRandom::new())
    }
}

impl Random for OsRandom {
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).expect("the system gives random bytes");
        u64::from_le_bytes(bytes)
    }
}

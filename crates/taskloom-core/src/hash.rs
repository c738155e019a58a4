//! One fast hasher for the core's own tables. Its outcome never decides an order.

use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

/// A map that is only ever looked up, never iterated.
pub(crate) type Map<K, V> = hashbrown::HashMap<K, V, BuildHasherDefault<MixHasher>>;

/// The hash of a text, the same in every process and on every platform (XXH3, 64 bits).
pub(crate) fn text(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Hashes the small integer keys (node numbers, addresses) of [`Map`].
#[derive(Default)]
pub(crate) struct MixHasher(u64);

impl Hasher for MixHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(xxh3_64(bytes));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    // Fibonacci hashing, folded: the high half of the product depends on all bits of the key.
    fn write_u64(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value) * 0x9e37_79b9_7f4a_7c15;
        #[expect(clippy::cast_possible_truncation, reason = "both halves are folded together")]
        {
            self.0 = (product as u64) ^ ((product >> 64) as u64);
        }
    }
}

use xxhash_rust::xxh3::Xxh3;

/// Collects what identifies the bound arguments of an instance.
///
/// Equal input gives an equal digest in every process, on every platform. A front end feeds it what
/// rule I-4 names: numbers, booleans and short text by value, everything else by type.
#[derive(Default)]
pub struct Digest(Xxh3);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    /// Adds one field. Its length is part of it, so that ("ab", "c") differs from ("a", "bc").
    pub fn add(&mut self, kind: &str, bytes: &[u8]) {
        self.0.update(&(kind.len() as u64).to_le_bytes());
        self.0.update(kind.as_bytes());
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn finish(&self) -> u64 {
        self.0.digest()
    }
}

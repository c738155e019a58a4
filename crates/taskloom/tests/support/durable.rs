use std::time::{Duration, Instant};

use taskloom::{Durability, Store};
use tempfile::TempDir;

/// A handle of its own of the store in a directory.
pub(crate) fn store(directory: &TempDir) -> Store {
    Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal)
}

/// What something gives once it gives anything.
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "it does not come");
        std::thread::yield_now();
    }
}

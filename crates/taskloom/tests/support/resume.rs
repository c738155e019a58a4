use std::time::{Duration, Instant};

use taskloom::{ErrorKind, Execute, Result, Run};

/// Executes a run again for as long as it is suspended.
pub(crate) fn run_to_end(execute: impl Fn() -> Execute) -> Result<Run> {
    let began = Instant::now();
    loop {
        match execute().blocking() {
            Err(error) if error.kind() == ErrorKind::RunSuspended => {
                assert!(began.elapsed() < Duration::from_mins(1), "it does not end: {error}");
            }
            other => return other,
        }
    }
}

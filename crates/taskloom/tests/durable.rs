//! Runs in a store: D-1, D-2.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::sync::atomic::{AtomicU32, Ordering};

use taskloom::{Durability, Store, prelude::*};
use tempfile::TempDir;

static CALLS: AtomicU32 = AtomicU32::new(0);

#[task]
fn count(value: i64) -> i64 {
    CALLS.fetch_add(1, Ordering::Relaxed);
    value + 1
}

#[task]
fn fail(value: i64) -> std::io::Result<i64> {
    let _ = value;
    Err(std::io::Error::other("broken"))
}

fn store(directory: &TempDir) -> Store {
    Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal)
}

#[test]
fn d_01_a_finished_run_returns_its_recorded_result() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let wf = Workflow::new("w").add(count::task().task_id("a").value(1) >> count::task().task_id("b"));
    for _ in 0..3 {
        let run = wf.execute().store(&store).run_id("r").blocking().unwrap();
        assert_eq!(run.value::<i64>().unwrap(), 3);
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn d_01_a_failed_run_returns_its_recorded_error() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let wf = Workflow::new("w").add(fail::task().task_id("a").value(1));
    let first = wf.execute().store(&store).run_id("r").await.unwrap_err();
    let again = wf.execute().store(&store).run_id("r").await.unwrap_err();
    assert_eq!(first.to_string(), again.to_string());
}

//! How long it takes to take up a run with many entries; run by hand, in release.
#![cfg(feature = "sqlite")]

use std::time::Instant;

use taskloom::{Durability, Store, prelude::*};

#[task]
fn link(value: i64) -> i64 {
    value + 1
}

#[test]
#[ignore = "it takes long: `cargo test --release -p taskloom --features sqlite --test durable_recovery -- --ignored --nocapture`"]
fn d_01_a_run_of_a_million_entries_is_taken_up() {
    let tasks = std::env::var("TASKLOOM_TEST_TASKS").map_or(500_000, |tasks| tasks.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    let first = link::task().task_id("first").value(0);
    let links = parallel((0..tasks).map(|n| link::task().task_id(format!("link {n}"))));
    let workflow = Workflow::new("w").add(first >> links);
    let begun = Instant::now();
    workflow.execute().store(&store).run_id("r").blocking().unwrap();
    println!("run with {tasks} tasks: {:?}", begun.elapsed());
    let entries = 2 * tasks - 10;
    store.__copy("r", entries, "copy").unwrap();
    let begun = Instant::now();
    workflow.execute().store(&store).run_id("copy").blocking().unwrap();
    println!("taken up after {entries} entries, and ended: {:?}", begun.elapsed());
}

//! D-1: what was acknowledged survives the death of the process at any instant, without waiting for the disk too.

#![cfg(all(feature = "sqlite", unix))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/child.rs"]
mod child;
#[path = "support/store.rs"]
mod support;

use child::Process;
use support::{entry, history, open, place};
use taskloom::{
    Durability, Store,
    store::{Entry, Journal},
};

/// Each process goes on where the last was killed, after having said a number of entries that differs each time.
#[test]
fn d_01_what_was_acknowledged_survives_sigkill() {
    let (_directory, path) = place();
    let mut acknowledged = 0;
    for round in 0..20 {
        let mut writer = Process::new("in_another_process_appends_until_it_is_killed", &path);
        for _ in 0..=(round * 7 % 40) {
            acknowledged = writer.hear().parse().unwrap();
        }
        writer.kill();
    }
    let store = Store::sqlite(&path).unwrap();
    let at: Vec<u64> = history(&open(&store, "r").unwrap().journal).iter().map(|entry| entry.at).collect();
    assert!(at.len() as u64 >= acknowledged, "{acknowledged} were acknowledged, {} are there", at.len());
    assert!(at.iter().copied().eq(0..at.len() as u64), "entries are missing or out of order");
    // A transaction is there as a whole or not at all.
    assert_eq!(at.len() % 3, 0);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
#[ignore = "a part of other tests"]
fn in_another_process_appends_until_it_is_killed() {
    let store = Store::sqlite(child::store()).unwrap().durability(Durability::Normal);
    let run = open(&store, "r").unwrap();
    let mut next = history(&run.journal).len() as u64;
    loop {
        let body = "x".repeat(500);
        let entries: Vec<Entry> =
            (next..next + 3).map(|at| Entry { body: body.clone(), ..entry("started", at) }).collect();
        run.journal.append(&entries, None).unwrap();
        next += 3;
        child::say(next);
    }
}

//! `Store::prune` deletes what has ended, and `Store::verify` finds nothing wrong afterwards.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::{path::Path, time::Duration};

use support::{beginning, entry, history, open, place, sql};
use taskloom::{
    FeedbackType, OnBusy, RunStatus, Status, Store,
    store::{Asking, Beginning, Entry, Journal},
};

fn large(text: &str) -> Entry {
    Entry { value: Some(text.repeat(1 << 21)), ..entry("succeeded", 2) }
}

/// A run with a question, a large value of its own and one that it shares with all.
fn record(store: &Store, id: &str, status: RunStatus) {
    let fingerprint = format!("plan of {id}");
    let beginning = || Beginning { fingerprint, ..beginning() };
    let run = store.open_run(id, OnBusy::Fail, beginning).unwrap();
    let asking = Asking {
        id: format!("question of {id}"),
        key: "0".into(),
        feedback_type: FeedbackType::Approval,
        prompt: "Ship it?".into(),
        options: Vec::new(),
        due: None,
    };
    let asked = Entry { asks: Some(Box::new(asking)), ..entry("asked", 1) };
    let initial = &id[..1];
    run.journal.append(&[asked, large("x"), large(initial)], Some(status)).unwrap();
}

fn count(path: &Path, table: &str) -> i64 {
    sql(path).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn prune_deletes_ended_runs_with_all_that_is_theirs() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap().durability(taskloom::Durability::Normal);
    record(&store, "a succeeded", Status::Succeeded.into());
    record(&store, "b failed", Status::Failed.into());
    record(&store, "c cancelled", Status::Cancelled.into());
    record(&store, "d terminated", Status::Terminated.into());
    record(&store, "e running", RunStatus::Running);
    record(&store, "f suspended", RunStatus::Suspended { until: None });
    assert_eq!(count(&path, "blobs"), 7);

    assert_eq!(store.prune(Duration::from_hours(1)).unwrap(), 0);
    assert_eq!(store.runs().unwrap().len(), 6);

    assert_eq!(store.prune(Duration::ZERO).unwrap(), 4);
    let left: Vec<String> = store.runs().unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(left, ["e running", "f suspended"]);
    for (table, rows) in [("entries", 6), ("feedback", 2), ("plans", 2), ("blob_uses", 4), ("blobs", 3)] {
        assert_eq!(count(&path, table), rows, "{table}");
    }
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    let run = open(&store, "e running").unwrap();
    assert!(history(&run.journal)[1..] == [large("x"), large("e")]);
}

#[test]
fn prune_leaves_runs_that_somebody_drives() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[entry("failed", 1)], Some(Status::Failed.into())).unwrap();
    assert_eq!(store.prune(Duration::ZERO).unwrap(), 0);
    run.journal.append(&[entry("resumed", 2)], Some(RunStatus::Running)).unwrap();
    drop(run);
    assert_eq!(store.prune(Duration::ZERO).unwrap(), 0);
}

#[test]
fn a_run_id_is_free_again_once_its_run_was_deleted() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[entry("x", 1)], Some(Status::Succeeded.into())).unwrap();
    drop(run);
    assert_eq!(store.prune(Duration::ZERO).unwrap(), 1);
    let again = open(&store, "r").unwrap();
    assert!(again.is_new && again.journal.is_owner());
    assert!(history(&again.journal).is_empty());
}

#[test]
fn verify_names_what_is_wrong() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    record(&store, "a", RunStatus::Running);
    record(&store, "b", RunStatus::Running);
    record(&store, "c", RunStatus::Running);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());

    let other = sql(&path);
    other
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             DELETE FROM entries WHERE run = 1 AND seq = 1;
             DELETE FROM plans WHERE fingerprint = 'plan of b';
             DELETE FROM blobs WHERE data LIKE 'bb%';
             UPDATE blobs SET data = 'other' WHERE data LIKE 'cc%';
             DELETE FROM runs WHERE id = 'c';",
        )
        .unwrap();
    let problems = store.verify().unwrap();
    let wanted = [
        "run `b` has lost its plan",
        "run `a` lacks entries",
        "there are entries of run number 3, which does not exist",
        "there are questions of run number 3, which does not exist",
        "run `b` lacks the large value ",
        "was changed",
    ];
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    for (problem, wanted) in problems.iter().zip(wanted) {
        assert!(problem.contains(wanted), "{problem}");
    }
}

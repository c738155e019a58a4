//! Stores of other versions: a newer one is refused, an older one is made one of this version.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::path::Path;

use support::{entry, history, open, place, sql};
use taskloom::{ErrorKind, Store, store::Journal};

fn version(path: &Path) -> i64 {
    sql(path).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let (_directory, path) = place();
    drop(Store::sqlite(&path).unwrap());
    let newer = version(&path) + 1;
    sql(&path).execute_batch(&format!("PRAGMA user_version = {newer}; CREATE TABLE news (id)")).unwrap();

    let error = Store::sqlite(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreFailed);
    let text = error.to_string();
    assert!(text.contains(&format!("newer version of Taskloom: its format is {newer}")), "{text}");
    assert!(text.contains("update Taskloom"), "{text}");
    assert_eq!(version(&path), newer);
}

/// Version 1 had no questions.
#[test]
fn a_store_of_version_1_is_migrated_with_its_runs() {
    let (_directory, path) = place();
    let run = open(&Store::sqlite(&path).unwrap(), "r").unwrap();
    run.journal.append(&[entry("started", 1)], None).unwrap();
    drop(run);
    let newest = version(&path);
    sql(&path).execute_batch("DROP TABLE feedback; PRAGMA user_version = 1").unwrap();

    let store = Store::sqlite(&path).unwrap();
    assert_eq!(version(&path), newest);
    assert!(store.questions(None).unwrap().is_empty());
    let run = open(&store, "r").unwrap();
    assert_eq!(history(&run.journal), [entry("started", 1)]);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_store_is_an_sqlite_file_with_a_log_and_marked_as_one() {
    let (_directory, path) = place();
    drop(Store::sqlite(&path).unwrap());
    let other = sql(&path);
    let pragma = |name: &str| {
        other.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("application_id"), i64::from(u32::from_be_bytes(*b"loom")).into());
}

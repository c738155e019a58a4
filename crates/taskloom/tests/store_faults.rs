//! What can go wrong with a store's file: an error that says what to do, and nothing is lost.

#![cfg(all(feature = "sqlite", unix))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::{fs, os::unix::fs::FileExt, path::Path};

use support::{entry, history, open, place, sql};
use taskloom::{
    Durability, Error, ErrorKind, Status, Store,
    store::{Entry, Journal},
};

/// A store with a run `r` of so many entries.
fn filled(path: &Path, entries: u64) {
    let run = open(&Store::sqlite(path).unwrap().durability(Durability::Normal), "r").unwrap();
    let entries: Vec<Entry> = (0..entries).map(|at| Entry { body: "x".repeat(100), ..entry("started", at) }).collect();
    run.journal.append(&entries, None).unwrap();
}

fn entries(store: &Store) -> usize {
    history(&open(store, "r").unwrap().journal).len()
}

#[track_caller]
fn assert_error<T>(result: Result<T, Error>, kind: ErrorKind, texts: &[&str]) {
    let Err(error) = result else { panic!("no error") };
    assert_eq!(error.kind(), kind, "{error}");
    for text in texts {
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_full_disk_is_an_error_after_which_everything_is_there_and_goes_on() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[entry("started", 0)], None).unwrap();
    store.__pragma("max_page_count = 30").unwrap();

    let big: Vec<Entry> = (1..50).map(|at| Entry { body: "x".repeat(9000), ..entry("started", at) }).collect();
    assert_error(
        run.journal.append(&big, Some(Status::Succeeded.into())),
        ErrorKind::StoreFailed,
        &["runs.db has no room left", "make room"],
    );
    assert_eq!(history(&run.journal), [entry("started", 0)]);
    assert!(!store.run("r").unwrap().unwrap().info().status.is_ended());
    run.journal.append(&[entry("succeeded", 50)], None).unwrap();

    store.__pragma("max_page_count = 100000").unwrap();
    run.journal.append(&big, None).unwrap();
    assert_eq!(history(&run.journal).len(), 51);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_store_that_another_program_has_locked_is_waited_for_and_then_an_error() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();
    store.__pragma("busy_timeout = 50").unwrap();

    let other = sql(&path);
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = std::time::Instant::now();
    assert_error(
        run.journal.append(&[entry("started", 1)], None),
        ErrorKind::StoreLocked,
        &["locked by another program", "run again"],
    );
    assert!(start.elapsed().as_millis() >= 50);
    // Reading goes on.
    assert_eq!(history(&run.journal), []);

    other.execute_batch("ROLLBACK").unwrap();
    run.journal.append(&[entry("started", 1)], None).unwrap();
    assert_eq!(history(&run.journal), [entry("started", 1)]);

    // One that is let go in time is no error.
    store.__pragma("busy_timeout = 10000").unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| run.journal.append(&[entry("started", 2)], None));
        other.execute_batch("ROLLBACK").unwrap();
        appending.join().unwrap().unwrap();
    });
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (_directory, path) = place();
    for content in ["a,b\n1,2\n".repeat(1000), "short".to_owned()] {
        fs::write(&path, &content).unwrap();
        assert_error(Store::sqlite(&path), ErrorKind::StoreCorrupted, &["runs.db is no store", "give the path"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let (_directory, path) = place();
    sql(&path).execute_batch("CREATE TABLE runs (id TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    assert_error(Store::sqlite(&path), ErrorKind::StoreFailed, &["another program's database"]);
    assert_eq!(fs::read(&path).unwrap(), before);

    let (_directory, path) = place();
    sql(&path).execute_batch("PRAGMA user_version = 2; PRAGMA application_id = 1").unwrap();
    assert_error(Store::sqlite(&path), ErrorKind::StoreFailed, &["another program's database"]);
}

#[test]
fn a_damaged_page_is_an_error_where_it_is_read_and_verify_finds_it() {
    let (_directory, path) = place();
    filled(&path, 5000);
    let length = path.metadata().unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // Somewhere among the entries.
    file.write_all_at(&[0xa5; 4096], length / 2 / 4096 * 4096).unwrap();

    let store = Store::sqlite(&path).unwrap();
    assert_eq!(store.runs().unwrap().len(), 1);
    let run = store.run("r").unwrap().unwrap();
    assert_error(run.entries(|_| Ok(())), ErrorKind::StoreCorrupted, &["runs.db is damaged", "backup", ".recover"]);
    assert!(!store.verify().unwrap().is_empty());
    // What is sound can still be written.
    open(&store, "other").unwrap().journal.append(&[entry("started", 1)], None).unwrap();
}

#[test]
fn a_damaged_first_page_is_an_error_when_the_store_is_opened() {
    let (_directory, path) = place();
    filled(&path, 10);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0xa5; 1000], 100).unwrap();
    assert_error(Store::sqlite(&path), ErrorKind::StoreCorrupted, &["runs.db is damaged"]);
}

#[test]
fn a_truncated_file_is_an_error_and_never_an_empty_store() {
    for keep in [1, 2, 3] {
        let (_directory, path) = place();
        filled(&path, 5000);
        let length = path.metadata().unwrap().len();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length * keep / 4).unwrap();

        let error =
            Store::sqlite(&path).and_then(|store| store.run("r")).and_then(|run| run.unwrap().entries(|_| Ok(())));
        assert_error(error, ErrorKind::StoreCorrupted, &["runs.db is damaged"]);
    }
}

#[test]
fn a_path_that_cannot_be_a_store_is_refused() {
    let (directory, _) = place();
    assert_error(Store::sqlite(directory.path()), ErrorKind::StoreFailed, &["it is a directory"]);
    assert_error(
        Store::sqlite(directory.path().join("none/runs.db")),
        ErrorKind::StoreFailed,
        &["none/runs.db", "make its directory first"],
    );
    assert_error(Store::sqlite(""), ErrorKind::StoreFailed, &["it is no file's name"]);
}

#[test]
fn a_store_that_was_deleted_and_made_again_is_a_new_one() {
    let (directory, path) = place();
    filled(&path, 5);
    let old = Store::sqlite(&path).unwrap();
    assert_eq!(entries(&old), 5);
    for file in fs::read_dir(directory.path()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let new = Store::sqlite(&path).unwrap();
    assert!(new.runs().unwrap().is_empty());
    assert_eq!(entries(&old), 5);
    filled(&path, 7);
    assert_eq!(entries(&new), 7);
}

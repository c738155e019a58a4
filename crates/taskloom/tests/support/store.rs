#![allow(dead_code, reason = "each file of tests takes what it needs")]

use taskloom::store::{Beginning, Entry, Journal, OnBusy, OpenRun};
use taskloom::{Result, Store};

/// A directory that is deleted with it, and the path of a store in it.
pub(crate) fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    (directory, path)
}

pub(crate) fn beginning() -> Beginning {
    Beginning {
        workflow: "weather".into(),
        fingerprint: "f1".into(),
        plan: r#"{"tasks":["a"]}"#.into(),
        options: "{}".into(),
        at: 1_000_000,
    }
}

pub(crate) fn open(store: &Store, id: &str) -> Result<OpenRun> {
    store.open_run(id, OnBusy::Fail, beginning)
}

pub(crate) fn entry(kind: &'static str, at: u64) -> Entry {
    Entry { kind: kind.into(), node: Some(3), at, ..Entry::default() }
}

pub(crate) fn history(journal: &dyn Journal) -> Vec<Entry> {
    let mut entries = Vec::new();
    journal
        .history(&mut |entry| {
            entries.push(entry);
            Ok(())
        })
        .unwrap();
    entries
}

/// The file as another program sees it.
pub(crate) fn sql(path: &std::path::Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

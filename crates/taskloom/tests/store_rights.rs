//! A store that may only be read, as somebody sees it who is not root.

#![cfg(all(feature = "sqlite", unix))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::Command,
    sync::Mutex,
};

use support::{entry, open, place};
use taskloom::{ErrorKind, Status, Store, store::Journal};

const NOBODY: u32 = 65534;
const STORE: &str = "TASKLOOM_TEST_STORE";

/// Runs a test that is ignored otherwise as somebody without rights.
fn without_rights(test: &str, store: &Path) {
    // A program cannot be run while a process has it open to write, and a child begun meanwhile would have.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    let directory = store.parent().unwrap();
    let mut program = std::env::current_exe().unwrap();
    let is_root = directory.metadata().unwrap().uid() == 0;
    if is_root {
        // Where this program is, nobody else may look.
        let copy = directory.join("program");
        fs::copy(&program, &copy).unwrap();
        program = copy;
    }
    let mut command = Command::new(program);
    command.args([test, "--exact", "--ignored"]).env(STORE, store).current_dir("/");
    if is_root {
        command.uid(NOBODY);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn filled() -> (tempfile::TempDir, std::path::PathBuf) {
    let (directory, path) = place();
    let run = open(&Store::sqlite(&path).unwrap(), "r").unwrap();
    run.journal.append(&[entry("finished", 1)], Some(Status::Failed.into())).unwrap();
    (directory, path)
}

#[test]
fn a_file_that_may_only_be_read_is_read_and_writing_is_an_error() {
    let (directory, path) = filled();
    set(&path, 0o444);
    set(&path.with_extension("db.lock"), 0o666);
    set(directory.path(), 0o777);
    without_rights("reads_a_file", &path);
    assert!(open(&Store::sqlite(&path).unwrap(), "r").unwrap().journal.is_owner());
}

#[test]
#[ignore = "a part of other tests"]
fn reads_a_file() {
    let store = Store::sqlite(std::env::var_os(STORE).unwrap()).unwrap();
    assert_eq!(store.runs().unwrap()[0].status, Status::Failed.into());
    for id in ["r", "new"] {
        let error = open(&store, id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreFailed);
        assert!(error.to_string().contains("may only be read"), "{error}");
        assert!(error.to_string().contains("the right to write"), "{error}");
    }
}

#[test]
fn a_directory_that_may_only_be_read_is_an_error() {
    let (directory, path) = filled();
    fs::remove_file(path.with_extension("db.lock")).unwrap();
    set(directory.path(), 0o555);
    without_rights("opens_a_store", &path);
    set(directory.path(), 0o777);
}

#[test]
#[ignore = "a part of other tests"]
fn opens_a_store() {
    let error = Store::sqlite(std::env::var_os(STORE).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreFailed);
    assert!(error.to_string().contains("runs.db.lock"), "{error}");
    assert!(error.to_string().contains("the right to write"), "{error}");
}

//! The stores that this process has open.
//!
//! Two things hold for a whole process, and so need a table. Closing *any* descriptor of a file drops all record
//! locks that the process has on it: so a lock file is opened once, and never closed. And one connection writes, so
//! that threads wait for each other in a queue, and not by asking a busy file again and again.
//!
//! After a fork, the child has copies of the parent's connections, which SQLite forbids to use, and mutexes that
//! nobody may ever unlock. So each process has a table of its own, the last of a list that grows by one with each
//! fork, and leaves those before it alone.

use std::{
    path::{Path, PathBuf},
    process,
    sync::{Arc, OnceLock, Weak},
};

use parking_lot::Mutex;

use super::{file::File, hold::LockFile, network};
use crate::{Error, ErrorKind, Result};

struct Table {
    pid: u32,
    open: Mutex<Open>,
    next: OnceLock<Box<Self>>,
}

#[derive(Default)]
struct Open {
    locks: Vec<(Identity, &'static LockFile)>,
    files: Vec<(Identity, Weak<File>)>,
}

static FIRST: OnceLock<Table> = OnceLock::new();

impl Table {
    fn new() -> Self {
        Self { pid: process::id(), open: Mutex::default(), next: OnceLock::new() }
    }

    fn of_this_process() -> &'static Self {
        let mut table = FIRST.get_or_init(Self::new);
        while let Some(next) = table.next.get() {
            table = next;
        }
        if table.pid == process::id() { table } else { table.next.get_or_init(|| Box::new(Self::new())) }
    }
}

/// The file as this process has it open, or opened now.
pub(super) fn open(path: &Path) -> Result<Arc<File>> {
    let path = absolute(path)?;
    let directory = path.parent().unwrap_or(&path);
    network::refuse(directory)?;
    let mut open = Table::of_this_process().open.lock();
    let lock = open.lock_file(&path)?;
    let known = identity(&path).and_then(|identity| open.files.iter().find(|(file, _)| *file == identity));
    if let Some(file) = known.and_then(|(_, file)| file.upgrade()) {
        return Ok(file);
    }
    let file = Arc::new(File::open(&path, lock)?);
    open.files.retain(|(_, file)| file.strong_count() > 0);
    if let Some(identity) = identity(&path) {
        open.files.push((identity, Arc::downgrade(&file)));
    }
    Ok(file)
}

impl Open {
    fn lock_file(&mut self, store: &Path) -> Result<&'static LockFile> {
        let mut path = store.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let known = identity(&path).and_then(|identity| self.locks.iter().find(|(lock, _)| *lock == identity));
        if let Some((_, lock)) = known {
            return Ok(lock);
        }
        let lock: &'static LockFile = Box::leak(Box::new(LockFile::open(&path)?));
        if let Some(identity) = identity(&path) {
            self.locks.push((identity, lock));
        }
        Ok(lock)
    }
}

/// The path without links, whether there is a file yet or not.
fn absolute(path: &Path) -> Result<PathBuf> {
    let fail = |why: &dyn std::fmt::Display, hint: &str| {
        Error::new(ErrorKind::StoreFailed, format!("cannot open the store {}: {why}\n  {hint}", path.display()))
    };
    if path.is_dir() {
        return Err(fail(&"it is a directory", "give the path of a file, such as `runs.db`"));
    }
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let Some(name) = path.file_name() else {
        return Err(fail(&"it is no file's name", "give the path of a file, such as `runs.db`"));
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match directory.canonicalize() {
        Ok(directory) => Ok(directory.join(name)),
        Err(error) => Err(fail(&error, "make its directory first")),
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

/// What tells one file from another, if there is a file.
#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.canonicalize().ok()
}

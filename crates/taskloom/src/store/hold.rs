//! Who drives a run (D-6): whoever has the operating system's record lock on the run's byte of the lock file. The
//! kernel lets go when a process dies, and no clock decides. Within a process a lock never fails, so there is a table
//! of what this process holds.

use std::{collections::BTreeSet, fs, io, path::Path, process};

use parking_lot::Mutex;

use crate::{Error, ErrorKind, Result};

#[cfg_attr(unix, path = "hold/unix.rs")]
#[cfg_attr(not(unix), path = "hold/other.rs")]
mod system;

/// The file with the locks of one store.
pub(super) struct LockFile {
    file: fs::File,
    path: Box<Path>,
    held: Mutex<BTreeSet<i64>>,
}

/// Ownership of a run, until it is dropped.
pub(super) struct Hold {
    lock: &'static LockFile,
    place: i64,
    pid: u32,
}

impl LockFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        match file {
            Ok(file) => Ok(Self { file, path: path.into(), held: Mutex::default() }),
            Err(error) => Err(failed(
                path,
                &error,
                "a store needs this file beside it: give this user the right to write to the directory and the file",
            )),
        }
    }

    /// Takes the run at this place, unless it is somebody's.
    pub(super) fn hold(&'static self, place: i64) -> Result<Option<Hold>> {
        let mut held = self.held.lock();
        if held.contains(&place) {
            return Ok(None);
        }
        if !system::lock(&self.file, place).map_err(|error| self.failed(&error))? {
            return Ok(None);
        }
        held.insert(place);
        Ok(Some(Hold { lock: self, place, pid: process::id() }))
    }

    /// The process that has the run at this place, if there is one; 0 if it cannot be seen from here.
    pub(super) fn holder(&self, place: i64) -> Result<Option<u32>> {
        if self.held.lock().contains(&place) {
            return Ok(Some(process::id()));
        }
        system::holder(&self.file, place).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Error {
        failed(&self.path, error, "a store has to be on a disk of this machine, where files can be locked")
    }
}

fn failed(path: &Path, error: &io::Error, hint: &str) -> Error {
    Error::new(ErrorKind::StoreFailed, format!("cannot lock in {}: {error}\n  {hint}", path.display()))
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The child of a fork has a copy of this, and never held anything.
        if self.pid == process::id() {
            let mut held = self.lock.held.lock();
            // What fails to be unlocked stays held, by this process, until it ends.
            if system::unlock(&self.lock.file, self.place).is_ok() {
                held.remove(&self.place);
            }
        }
    }
}

//! What can go wrong with a store, and what to do about it.

use std::{path::Path, sync::Arc};

use rusqlite::ErrorCode;

use super::file::BUSY_TIMEOUT;
use crate::{Error, ErrorKind};

/// An error inside of a transaction: of SQLite, or one that says already what is wrong.
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    Error(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Failure {
    /// The error for the user, who knows the store by its path.
    pub(super) fn at(self, path: &Path) -> Error {
        match self {
            Self::Error(error) => error,
            Self::Sqlite(error) => sqlite(error, path),
        }
    }
}

fn sqlite(error: rusqlite::Error, path: &Path) -> Error {
    use ErrorKind::{StoreCorrupted, StoreFailed, StoreLocked};
    let store = path.display();
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            StoreFailed,
            format!("the store {store} has no room left: {error}\n  make room on its disk, and run again"),
        ),
        Some(ErrorCode::ReadOnly) => (
            StoreFailed,
            format!(
                "the store {store} may only be read: {error}\n  give this user the right to write to the file and its \
                 directory, or use another store"
            ),
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            StoreFailed,
            format!("the store {store} cannot be opened: {error}\n  look at the rights of the file and its directory"),
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => (
            StoreLocked,
            format!(
                "the store {store} is locked by another program, for more than {} s: {error}\n  end what that program \
                 does with it, and run again",
                BUSY_TIMEOUT.as_secs()
            ),
        ),
        Some(ErrorCode::NotADatabase) => (
            StoreCorrupted,
            format!("{store} is no store: {error}\n  give the path of a store, or of a file that does not exist yet"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            StoreCorrupted,
            format!(
                "the store {store} is damaged: {error}\n  put a backup in its place, or save what can be read with \
                 `sqlite3 {store} .recover`"
            ),
        ),
        Some(ErrorCode::TooBig) => (
            StoreFailed,
            format!(
                "too much for one record of the store {store}, which holds 1 GB: {error}\n  keep the value in a file, and pass its path"
            ),
        ),
        _ => (StoreFailed, format!("the store {store} failed: {error}")),
    };
    Error::new(kind, message).cause(Some(Arc::new(error)))
}

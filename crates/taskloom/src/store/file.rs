//! One store's file as one process has it open.

use std::{
    mem,
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use super::{Durability, failure::Failure, hold::LockFile, schema, table};
use crate::Result;

/// How long another program may keep the file locked before that is an error.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// As many statements as this module has, with room.
const STATEMENTS: usize = 64;

/// How many connections that read are kept for the next who do. Opening one takes a tenth of a millisecond.
const READERS: usize = 4;

pub(super) struct File {
    path: PathBuf,
    pid: u32,
    lock: &'static LockFile,
    connections: Arc<Connections>,
}

/// Fields are dropped in order: the last connection to be closed works the log into the file, if it may write.
struct Connections {
    /// Those that read, to be used again.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Writer>,
}

struct Writer {
    connection: Connection,
    durability: Durability,
}

impl File {
    pub(super) fn open(path: &Path, lock: &'static LockFile) -> Result<Self> {
        let writer = Writer::open(path).map_err(|failure| failure.at(path))?;
        let connections = Connections { readers: Mutex::default(), writer: Mutex::new(writer) };
        Ok(Self { path: path.to_owned(), pid: process::id(), lock, connections: Arc::new(connections) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn lock(&self) -> &'static LockFile {
        self.lock
    }

    /// Whether this was opened by this process, and not by one of which it is a fork.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.pid == process::id()
    }

    /// One transaction that writes: everything in it happens, or, with an error, nothing.
    pub(super) fn write<T>(
        &self,
        durability: Durability,
        body: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T> {
        self.connections.writer.lock().write(durability, body).map_err(|failure| failure.at(&self.path))
    }

    /// Reads, all from one moment. After a fork the child reads from its own connections.
    pub(super) fn read<T>(&self, body: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T> {
        if !self.is_of_this_process() {
            return table::open(&self.path)?.read(body);
        }
        self.with_reader(|reader| read(reader, body)).map_err(|failure| failure.at(&self.path))
    }

    pub(super) fn pragma(&self, pragma: &str) -> Result<()> {
        let writer = self.connections.writer.lock();
        // Those that give a row and those that give none.
        let set = || writer.connection.prepare(&format!("PRAGMA {pragma}"))?.query([])?.next().map(drop);
        set().map_err(|error| Failure::from(error).at(&self.path))
    }

    fn with_reader<T>(&self, body: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let reader = self.connections.readers.lock().pop();
        let reader = match reader {
            Some(reader) => reader,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let value = body(&reader)?;
        let mut readers = self.connections.readers.lock();
        if readers.len() < READERS {
            readers.push(reader);
        }
        Ok(value)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // To close the parent's connections would tidy up its files under its feet: they are never closed here.
        if !self.is_of_this_process() {
            mem::forget(self.connections.clone());
        }
    }
}

impl Writer {
    fn open(path: &Path) -> Result<Self, Failure> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::prepare(&connection, path)?;
        let mut this = Self { connection, durability: Durability::Normal };
        this.promise(Durability::Full)?;
        Ok(this)
    }

    fn write<T>(
        &mut self,
        durability: Durability,
        body: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.promise(durability)?;
        write(&self.connection, body)
    }

    /// `FULL` waits for the disk at each commit. `NORMAL` does not with a write-ahead log: a commit is written to the
    /// operating system, which survives the process; the disk is waited for only when the log is worked into the
    /// file, so a loss of power never damages it. (`OFF` would not wait there either, and does not survive that.)
    fn promise(&mut self, durability: Durability) -> Result<(), Failure> {
        if self.durability != durability {
            let synchronous = match durability {
                Durability::Full => "FULL",
                Durability::Normal => "NORMAL",
            };
            self.connection.pragma_update(None, "synchronous", synchronous)?;
            self.durability = durability;
        }
        Ok(())
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Failure> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Reads, all from one moment.
pub(super) fn read<T>(
    connection: &Connection,
    body: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    // There is nothing to commit, and SQLite refuses to once it has met damage.
    let _transaction = Transaction::begin(connection, "BEGIN")?;
    body(connection)
}

/// Writes in a transaction, which is rolled back unless it succeeds: on an error and on a panic.
pub(super) fn write<T>(
    connection: &Connection,
    body: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _transaction = Transaction::begin(connection, "BEGIN IMMEDIATE")?;
    let value = body(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(value)
}

/// A transaction that is rolled back unless it was committed.
struct Transaction<'a>(&'a Connection);

impl<'a> Transaction<'a> {
    fn begin(connection: &'a Connection, begin: &str) -> Result<Self, Failure> {
        connection.prepare_cached(begin)?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // After some errors SQLite has rolled back by itself. If this fails, the next transaction cannot begin, and
        // says so.
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

//! The tables of a store, and which files are refused.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::{
    failure::Failure,
    file::{BUSY_TIMEOUT, read, write},
};
use crate::{Error, ErrorKind, Result};

/// Marks an SQLite file as a store: `loom`.
const APPLICATION: i64 = 0x6c6f_6f6d;

/// A store of version n has gone through the first n of these. A store from an older version goes through the rest
/// when it is opened. What is here stays as it is: a change is a further step.
const STEPS: [&str; 2] = [RUNS, FEEDBACK];

/// A run's number is never used again, since a process that has lost a run that was deleted may still know it.
/// `seen` is how many answers its driver had seen when it was suspended, `until` when a timer of it is due then.
/// `taken` counts how often the run was taken over: its lock is at another place each time.
/// An entry's `place` is its run's number and its own in one: a key of the columns `run` and `seq` would take SQLite a
/// third longer to insert (measured). Queries of a run's entries ask for a range of it.
/// Bit 1 of `large` says that `body` is a hash, and what it stands for is in `blobs`; bit 2 says it of `value`.
const RUNS: &str = "
CREATE TABLE plans (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    fingerprint TEXT NOT NULL REFERENCES plans,
    options TEXT NOT NULL,
    begun INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    status TEXT NOT NULL,
    until INTEGER,
    seen INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    owner TEXT NOT NULL
) STRICT;

CREATE TABLE entries (
    place INTEGER PRIMARY KEY,
    run INTEGER AS (place >> 32),
    seq INTEGER AS (place & 0xffffffff),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    node INTEGER,
    body TEXT NOT NULL,
    value TEXT,
    large INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
    hash TEXT NOT NULL PRIMARY KEY,
    data TEXT NOT NULL
) STRICT;

CREATE TABLE blob_uses (
    run INTEGER NOT NULL REFERENCES runs,
    hash TEXT NOT NULL REFERENCES blobs,
    PRIMARY KEY (run, hash)
) STRICT, WITHOUT ROWID;
";

const FEEDBACK: &str = "
CREATE TABLE feedback (
    id TEXT NOT NULL PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    node INTEGER,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    prompt TEXT NOT NULL,
    options TEXT NOT NULL,
    asked INTEGER NOT NULL,
    due INTEGER,
    answered INTEGER,
    value TEXT
) STRICT;

CREATE INDEX feedback_of_run ON feedback (run, asked);
";

/// Makes a new file a store, and an older store one of this version. Nothing is written to a file that is refused.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), Failure> {
    // From one moment: another process may be making it a store just now.
    let found = read(connection, |connection| state(connection, path))?;
    use_log(connection)?;
    if found != STEPS.len() {
        write(connection, |connection| {
            // Another process may have come first.
            for step in &STEPS[state(connection, path)?..] {
                connection.execute_batch(step)?;
            }
            connection.pragma_update(None, "application_id", APPLICATION)?;
            connection.pragma_update(None, "user_version", i64::try_from(STEPS.len()).unwrap_or(i64::MAX))?;
            Ok(())
        })?;
    }
    connection.pragma_update(None, "foreign_keys", false)?;
    // What is in the log is worked into the file less often than by default (4 MB), since each time waits for the disk.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // Without it macOS only tells its disks to write (and other systems do not know it).
    connection.pragma_update(None, "fullfsync", true)?;
    // A log that a long read has made large is cut when it is begun anew.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(())
}

/// How many of the steps the file has gone through.
fn state(connection: &Connection, path: &Path) -> Result<usize, Failure> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let refuse = |message: String| Err(Error::new(ErrorKind::StoreFailed, message).into());
    let path = path.display();
    let version = number("user_version")?;
    if number("application_id")? != APPLICATION {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        return if tables == 0 && version == 0 {
            Ok(0)
        } else {
            refuse(format!("{path} is another program's database\n  give the path of a store, or of a new file"))
        };
    }
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => refuse(format!(
            "the store {path} comes from a newer version of Taskloom: its format is {version}, and this version \
             knows those up to {}\n  update Taskloom",
            STEPS.len()
        )),
    }
}

/// Turns the write-ahead log on. Whoever does that at the same time as others is told that the file is busy at once,
/// whatever the busy timeout.
fn use_log(connection: &Connection) -> Result<(), Failure> {
    let begin = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begin.elapsed() < BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            result => return Ok(result?),
        }
    }
}

//! A store of runs: one SQLite file.
//!
//! It knows nothing of the engine: what it keeps of a run is a journal of entries, in order, which are opaque to it
//! but for their columns. What it does know is who may write: a run has one owner at a time (`hold`), and whoever has
//! lost a run can no longer write, since each transaction checks the run's epoch.
//!
//! | file | what it does |
//! |---|---|
//! | `table`, `file` | one writing connection and one lock file per path and process, anew after a fork |
//! | `schema` | tables, versions, what is refused when a file is opened |
//! | `hold` | record locks: who owns a run |
//! | `open`, `take_over`, `journal` | a run is opened, appended to, read back |
//! | `row`, `entries`, `large` | how runs and entries lie in their tables |
//! | `questions`, `answer` | questions of a run and their answers |
//! | `info`, `stored_run`, `stored_task`, `stored_event`, `due`, `prune`, `verify` | what users ask of a store |
//! | `rewritten` | runs whose entries were made of those of others |
//! | `memory` | a journal without a file, for tests |
//! | `testing` | a run as it would be if its process had died, for tests |

mod answer;
mod beginning;
mod due;
mod entries;
mod entry;
mod failure;
mod file;
mod hold;
mod info;
mod journal;
mod large;
mod memory;
mod micros;
mod network;
mod open;
mod owner;
mod prune;
mod questions;
mod rewritten;
mod row;
mod run_status;
mod schema;
mod stored_event;
mod stored_run;
mod stored_task;
mod table;
mod take_over;
mod testing;
mod verify;

use std::{fmt, path::Path, sync::Arc};

pub use self::{
    beginning::Beginning,
    due::{Due, DueReason},
    entry::{Answer, Asking, Entry},
    info::RunInfo,
    journal::{Journal, RunJournal},
    memory::MemoryJournal,
    open::{OnBusy, OpenRun},
    owner::Owner,
    questions::{FeedbackType, Question},
    run_status::RunStatus,
    stored_event::StoredEvent,
    stored_run::StoredRun,
    stored_task::StoredTask,
    testing::Wrapping,
};
use self::{failure::Failure, file::File};
use crate::Result;

/// What a store promises once something is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It survives a loss of power: each transaction waits for the disk (`fsync`).
    #[default]
    Full,
    /// It survives the death of the process, at any instant, and a loss of power leaves a sound store that may lack
    /// the last transactions: they are given to the operating system, and nobody waits for the disk.
    Normal,
}

/// A store of runs: one SQLite file, with a file for locks beside it (`<store>.lock`).
///
/// Cheap to clone. Any number of threads and processes of one machine may use a store at the same time; a run in it
/// is driven by one of them at a time. Once opened, a store is kept open for as long as anybody in the process has it.
///
/// After a fork the child opens a store anew, and owns none of the parent's runs. SQLite has locks of its own in a
/// process: a fork while another thread is inside of a call to a store may leave them locked in the child for ever.
///
/// A program that uses a copy of SQLite of its own, as Python's module `sqlite3` does, must not open the file of a
/// store that the same process uses: closing a file lets go of the locks that the whole process has on it. From
/// another process it may.
///
/// ```
/// use taskloom::{Durability, Store};
///
/// # fn main() -> taskloom::Result<()> {
/// # let directory = tempfile::tempdir().expect("a directory");
/// # let path = directory.path().join("runs.db");
/// let store = Store::sqlite(path)?.durability(Durability::Normal);
///
/// assert!(store.runs()?.is_empty());
/// assert!(store.verify()?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    file: Arc<File>,
    durability: Durability,
    /// For tests: what stands between a run and its journal.
    wrapping: Option<Wrapping>,
}

impl Store {
    /// Opens the store in this file, or makes one, with [`Durability::Full`].
    ///
    /// # Errors
    ///
    /// [`StoreFailed`](crate::ErrorKind::StoreFailed) if the file cannot be opened or made, lies on a network file
    /// system, is some other program's database or comes from a newer version;
    /// [`StoreCorrupted`](crate::ErrorKind::StoreCorrupted) if it is damaged or no database;
    /// [`StoreLocked`](crate::ErrorKind::StoreLocked) if another program keeps it locked.
    pub fn sqlite(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { file: table::open(path.as_ref())?, durability: Durability::default(), wrapping: None })
    }

    /// What this handle promises of what it records; other handles of the same file keep theirs.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file as this process has it open: after a fork it is opened anew.
    fn file(&self) -> Result<Arc<File>> {
        if self.file.is_of_this_process() { Ok(self.file.clone()) } else { table::open(self.file.path()) }
    }

    fn read<T>(&self, body: impl FnOnce(&rusqlite::Connection) -> Result<T, Failure>) -> Result<T> {
        self.file.read(body)
    }

    fn write<T>(&self, body: impl FnOnce(&rusqlite::Connection) -> Result<T, Failure>) -> Result<T> {
        self.file()?.write(self.durability, body)
    }

    /// For tests: a pragma for the connection that writes, such as `max_page_count = 20`.
    #[doc(hidden)]
    pub fn __pragma(&self, pragma: &str) -> Result<()> {
        self.file()?.pragma(pragma)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path())
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

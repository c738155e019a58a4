use std::{fmt, sync::Arc};

use rusqlite::OptionalExtension;

use super::{Entry, RunInfo, Store, entries, file::File, info};
use crate::Result;

/// A run in a store, as it was when it was looked up; [`tasks`](Self::tasks) and [`events`](Self::events) give what is
/// recorded when they are called. Its program is not needed.
///
/// ```
/// use taskloom::{State, Store, prelude::*};
///
/// #[task]
/// fn fetch() -> String {
///     "sunny".to_owned()
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// # let directory = tempfile::tempdir().expect("a directory");
/// # let path = directory.path().join("runs.db");
/// let store = Store::sqlite(path)?;
/// Workflow::new("weather").add(fetch::definition()).execute().store(&store).run_id("nightly").blocking()?;
///
/// let run = store.run("nightly")?.expect("it is there");
/// let task = run.task("fetch")?.expect("it has one task");
/// assert_eq!((task.state, task.attempts), (State::Succeeded, 1));
/// assert_eq!(task.value::<String>()?, "sunny");
/// let kinds: Vec<String> = run.events()?.iter().map(ToString::to_string).collect();
/// assert_eq!(kinds, ["fetch started", "fetch succeeded: \"sunny\"", "finished: succeeded"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StoredRun {
    info: RunInfo,
    number: i64,
    fingerprint: String,
    plan: String,
    options: String,
    store: Store,
    file: Arc<File>,
}

impl Store {
    /// The run with this id, if there is one, as far as it is recorded now. Whoever drives it is not disturbed.
    pub fn run(&self, id: &str) -> Result<Option<StoredRun>> {
        let file = self.file()?;
        file.read(|connection| {
            let Some(info) = info::query(connection, file.lock(), "id = ?1", [id])?.pop() else { return Ok(None) };
            let run = connection
                .prepare_cached(
                    "SELECT number, fingerprint, description, options FROM runs JOIN plans USING (fingerprint)
                     WHERE id = ?1",
                )?
                .query_row([id], |row| {
                    Ok(StoredRun {
                        info,
                        number: row.get(0)?,
                        fingerprint: row.get(1)?,
                        plan: row.get(2)?,
                        options: row.get(3)?,
                        store: self.clone(),
                        file: file.clone(),
                    })
                })
                .optional()?;
            Ok(run)
        })
    }
}

impl StoredRun {
    /// The run in short: id, workflow, status, times, owner.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// The fingerprint of its plan.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What its plan is, as JSON text.
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// What it was begun with, as JSON text.
    pub fn options(&self) -> &str {
        &self.options
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What is recorded of it by now, in order, one entry at a time.
    #[doc(hidden)]
    pub fn entries(&self, mut each: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        self.file.read(|connection| entries::history(connection, self.number, &mut each))
    }
}

impl fmt::Debug for StoredRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRun").field("info", &self.info).finish_non_exhaustive()
    }
}

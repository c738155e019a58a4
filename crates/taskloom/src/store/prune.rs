//! Old runs are deleted.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::{Store, entries::places, failure::Failure, hold::LockFile, micros, row::place};
use crate::Result;

const ENDED: &str = "status IN ('succeeded', 'terminated', 'failed', 'cancelled') AND changed <= ?1";

impl Store {
    /// Deletes the runs that ended longer ago than this, with their questions and values, and says how many. Runs
    /// under way, suspended ones and those that somebody drives stay.
    ///
    /// The file does not get smaller; its free room is used again. SQLite's `VACUUM`, from another program and while
    /// nobody uses the store, makes it smaller.
    pub fn prune(&self, older_than: Duration) -> Result<usize> {
        let before = micros::now().saturating_sub(micros::of_duration(older_than));
        let file = self.file()?;
        let runs: Vec<i64> = file.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT number FROM runs WHERE {ENDED}"))?;
            let runs = statement.query_map([before], |row| row.get(0))?;
            Ok(runs.collect::<Result<_, _>>()?)
        })?;
        let mut deleted = 0;
        // One transaction for each, so that others can write in between.
        for run in runs {
            if self.write(|connection| delete(connection, file.lock(), run, before))? {
                deleted += 1;
            }
        }
        if deleted > 0 {
            self.write(|connection| {
                connection.execute("DELETE FROM blobs WHERE hash NOT IN (SELECT hash FROM blob_uses)", [])?;
                connection.execute("DELETE FROM plans WHERE fingerprint NOT IN (SELECT fingerprint FROM runs)", [])?;
                Ok(())
            })?;
        }
        Ok(deleted)
    }
}

/// Deletes a run, unless somebody has it, or has gone on with it in the meantime.
fn delete(connection: &Connection, lock: &'static LockFile, run: i64, before: i64) -> Result<bool, Failure> {
    let taken: Option<i64> = connection
        .prepare_cached(&format!("SELECT taken FROM runs WHERE {ENDED} AND number = ?2"))?
        .query_row((before, run), |row| row.get(0))
        .optional()?;
    let Some(taken) = taken else { return Ok(false) };
    // Held until it is deleted.
    let Some(_hold) = lock.hold(place(run, taken))? else { return Ok(false) };
    let places = places(run);
    connection
        .prepare_cached("DELETE FROM entries WHERE place BETWEEN ?1 AND ?2")?
        .execute((places.start(), places.end()))?;
    for table in ["feedback", "blob_uses"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1"))?.execute([run])?;
    }
    connection.prepare_cached("DELETE FROM runs WHERE number = ?1")?.execute([run])?;
    Ok(true)
}

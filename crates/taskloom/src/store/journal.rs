//! What has happened in a run, in order.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};

use super::{
    Answer, Durability, Entry, Owner, RunStatus, entries as table, failure::Failure, file::File, hold::Hold, micros,
    questions,
};
use crate::{Error, ErrorKind, Result};

/// What has happened in a run, as its driver records and reads it.
pub trait Journal: Send + Sync {
    /// Adds entries behind those there are, and says how far the run is now, unless that has not changed. All of it
    /// is recorded when this returns, or, with an error, none.
    ///
    /// # Errors
    ///
    /// [`RunLost`](ErrorKind::RunLost) if the run is another's by now, and whatever a store may fail of.
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()>;

    /// Reads all entries in order, one at a time.
    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()>;

    /// The answers that the run's questions have by now, in the order in which they came. What is read here is not what
    /// a run that is suspended later waits for: its driver has seen it.
    fn answers(&self) -> Result<Vec<Answer>>;
}

/// The journal of a run in a store. Whoever has it owns the run, until it is dropped; or only reads it, if the run
/// had ended and belonged to nobody, or to somebody else.
pub struct RunJournal {
    pub(super) file: Arc<File>,
    pub(super) durability: Durability,
    pub(super) number: i64,
    pub(super) id: Box<str>,
    pub(super) owned: Option<Owned>,
}

pub(super) struct Owned {
    /// Counts the owners of a run. One that is not the run's last may not write.
    pub(super) epoch: i64,
    /// The next entry's place, once it is known.
    pub(super) next: Mutex<Option<i64>>,
    /// How many answers the driver has seen.
    pub(super) seen: AtomicUsize,
    /// The lock, which goes with this.
    pub(super) _hold: Hold,
}

impl RunJournal {
    /// Whether this may be appended to.
    pub fn is_owner(&self) -> bool {
        self.owned.is_some()
    }

    pub(super) fn owned(&self) -> Result<&Owned> {
        let lost = |why: &str, hint: &str| {
            Error::new(ErrorKind::RunLost, format!("run `{}` cannot be recorded: {why}\n  {hint}", self.id))
        };
        match &self.owned {
            None => Err(lost("it has ended", "run under another run id")),
            Some(_) if !self.file.is_of_this_process() => {
                Err(lost("this process is a fork of the one that drives it", "run it in the process that began it"))
            }
            Some(owned) => Ok(owned),
        }
    }

    /// In the same transaction as what is written: whether the run is still ours.
    pub(super) fn check(&self, connection: &Connection, epoch: i64) -> Result<(), Failure> {
        let ours = connection
            .prepare_cached("SELECT 1 FROM runs WHERE number = ?1 AND epoch = ?2")?
            .exists((self.number, epoch))?;
        if ours { Ok(()) } else { Err(self.lost(connection)?.into()) }
    }

    fn lost(&self, connection: &Connection) -> Result<Error, Failure> {
        let owner: Option<String> = connection
            .prepare_cached("SELECT owner FROM runs WHERE number = ?1")?
            .query_row([self.number], |row| row.get(0))
            .optional()?;
        let who = match owner {
            None => "it was deleted".to_owned(),
            Some(owner) => match Owner::from_json(&owner) {
                Some(owner) => format!("process {} on {} took it over", owner.pid, owner.host),
                None => "another process took it over".to_owned(),
            },
        };
        Ok(Error::new(
            ErrorKind::RunLost,
            format!(
                "run `{}` is no longer this process's: {who}\n  execute it again, waiting for \
                 whoever has it (`on_busy`), to get its result",
                self.id
            ),
        ))
    }
}

impl Journal for RunJournal {
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()> {
        let owned = self.owned()?;
        let mut next = owned.next.lock();
        // Forgotten unless it is committed.
        let known = next.take();
        let seen = i64::try_from(owned.seen.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let new = self.file.write(self.durability, |connection| {
            self.check(connection, owned.epoch)?;
            let next = match known {
                Some(next) => next,
                None => table::next_place(connection, self.number)?,
            };
            let next = table::insert(connection, self.number, next, entries)?;
            if let Some(status) = status {
                connection
                    .prepare_cached(
                        "UPDATE runs SET status = ?2, until = ?3, seen = ?4, changed = ?5 WHERE number = ?1",
                    )?
                    .execute((self.number, status.name(), status.until(), seen, micros::now()))?;
            }
            Ok(next)
        })?;
        *next = Some(new);
        Ok(())
    }

    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.file.read(|connection| table::history(connection, self.number, each))
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        let answers = self.file.read(|connection| questions::answers(connection, self.number))?;
        if let Some(owned) = &self.owned {
            owned.seen.store(answers.len(), Ordering::Relaxed);
        }
        Ok(answers)
    }
}

impl std::fmt::Debug for RunJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunJournal").field("id", &self.id).field("is_owner", &self.is_owner()).finish_non_exhaustive()
    }
}

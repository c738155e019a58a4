//! A run is opened by whoever wants to drive it.

use std::{sync::atomic::AtomicUsize, thread, time::Duration};

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};

use super::{
    Beginning, Owner, RunJournal, RunStatus, Store,
    failure::Failure,
    hold::{Hold, LockFile},
    journal::Owned,
    micros,
};
use crate::{Error, ErrorKind, Result};

/// The longest wait before a busy run is looked at again.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// What to do about a run that somebody else drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBusy {
    /// An error that says who does.
    #[default]
    Fail,
    /// Wait until the run has ended, or the one who drives it.
    Wait,
}

/// A run that was opened.
#[derive(Debug)]
pub struct OpenRun {
    /// What has happened in it.
    pub journal: RunJournal,
    /// What was recorded when it began.
    pub beginning: Beginning,
    /// How far it was.
    pub status: RunStatus,
    /// Whether it began now. One whose owner died before its first entry is not new, and has no history.
    pub is_new: bool,
}

/// A run's row, as far as opening needs it.
struct Found {
    number: i64,
    status: RunStatus,
    taken: i64,
    epoch: i64,
    owner: String,
    changed: i64,
    beginning: Beginning,
}

impl Store {
    /// Opens a run, or begins it if there is none with this id, and makes it this process's until the journal is
    /// dropped. A run that has succeeded or was terminated is never owned, only read; one that fails or is cancelled
    /// while we wait for it neither. Whoever goes on with a run that was suspended, has failed or was cancelled says
    /// so at once, with its first entry: it is running.
    #[doc(hidden)]
    pub fn open_run(&self, id: &str, on_busy: OnBusy, beginning: impl FnOnce() -> Beginning) -> Result<OpenRun> {
        self.open_run_pausing(id, on_busy, beginning, |pause| {
            thread::sleep(pause);
            Ok(())
        })
    }

    /// The same for whoever has something to do between two looks, and may give up.
    #[doc(hidden)]
    pub fn open_run_pausing(
        &self,
        id: &str,
        on_busy: OnBusy,
        beginning: impl FnOnce() -> Beginning,
        mut pause: impl FnMut(Duration) -> Result<()>,
    ) -> Result<OpenRun> {
        check_id(id)?;
        let file = self.file()?;
        let lock = file.lock();
        let mut beginning = Some(beginning);
        let mut new = None;
        let mut next_pause = Duration::from_millis(1);
        let mut changed_before = None;
        loop {
            let busy = match self.read(|connection| find(connection, id))? {
                None => {
                    // Not in the transaction: it may take its time.
                    new = new.or_else(|| beginning.take().map(|beginning| beginning()));
                    None
                }
                Some(found) => {
                    let ended_since = changed_before.is_some_and(|before| before != found.changed);
                    if found.status.is_final() || found.status.is_ended() && ended_since {
                        return self.opened(id, found, None, false);
                    }
                    lock.holder(found.place())?.map(|pid| (found, pid))
                }
            };
            let Some((found, pid)) = busy else {
                if let Some(open) = self.try_own(id, lock, &mut new)? {
                    return Ok(open);
                }
                continue;
            };
            if on_busy == OnBusy::Fail {
                return Err(self.busy(id, &found, pid)?);
            }
            changed_before.get_or_insert(found.changed);
            pause(next_pause)?;
            next_pause = (next_pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Makes the run this process's, in one transaction, so that nobody sees an owner that is not recorded.
    fn try_own(&self, id: &str, lock: &'static LockFile, new: &mut Option<Beginning>) -> Result<Option<OpenRun>> {
        let owner = Owner::this_process().to_json();
        let opened =
            self.write(|connection| {
                if let Some(mut found) = find(connection, id)? {
                    if found.status.is_final() {
                        return Ok(Some((found, None, false)));
                    }
                    let Some(hold) = lock.hold(found.place())? else { return Ok(None) };
                    found.epoch += 1;
                    connection
                        .prepare_cached("UPDATE runs SET epoch = ?2, owner = ?3 WHERE number = ?1")?
                        .execute((found.number, found.epoch, &owner))?;
                    return Ok(Some((found, Some(hold), false)));
                }
                let Some(beginning) = new.take() else { return Ok(None) };
                let found = insert(connection, id, &owner, beginning)?;
                // Nobody can have it: its number is new.
                Ok(lock.hold(found.place())?.map(|hold| (found, Some(hold), true)))
            })?;
        opened.map(|(found, hold, is_new)| self.opened(id, found, hold, is_new)).transpose()
    }

    fn opened(&self, id: &str, found: Found, hold: Option<Hold>, is_new: bool) -> Result<OpenRun> {
        let journal = RunJournal {
            file: self.file()?,
            durability: self.durability,
            number: found.number,
            id: id.into(),
            owned: hold.map(|hold| Owned {
                epoch: found.epoch,
                next: Mutex::default(),
                seen: AtomicUsize::new(0),
                _hold: hold,
            }),
        };
        Ok(OpenRun { journal, beginning: found.beginning, status: found.status, is_new })
    }

    fn busy(&self, id: &str, found: &Found, pid: u32) -> Result<Error> {
        let owner = Owner::from_json(&found.owner);
        let pid = if pid == 0 { owner.as_ref().map_or(0, |owner| owner.pid) } else { pid };
        let who = if pid == std::process::id() { "this process".to_owned() } else { format!("process {pid}") };
        let since = match owner {
            None => String::new(),
            Some(owner) => {
                let seconds = micros::of_time(owner.since) / 1_000_000;
                let since: String = self.read(|connection| {
                    Ok(connection.query_row("SELECT datetime(?1, 'unixepoch')", [seconds], |row| row.get(0))?)
                })?;
                format!(" on {} since {since} UTC", owner.host)
            }
        };
        Ok(Error::new(
            ErrorKind::RunBusy,
            format!(
                "run `{id}` is driven by {who}{since}\n  wait for it (`on_busy`), or, if that process hangs, take the \
                 run over (`take_over`)"
            ),
        ))
    }

    /// Takes a run from the process that drives it, and does not die but hangs: from now on it can record nothing
    /// more for the run ([`RunLost`](ErrorKind::RunLost)), and the run is free to be executed.
    ///
    /// # Errors
    ///
    /// [`RunNotFound`](ErrorKind::RunNotFound) if there is no such run.
    pub fn take_over(&self, run_id: &str) -> Result<()> {
        let owner = Owner::this_process().to_json();
        let runs = self.write(|connection| {
            Ok(connection
                .prepare_cached("UPDATE runs SET epoch = epoch + 1, taken = taken + 1, owner = ?2 WHERE id = ?1")?
                .execute((run_id, &owner))?)
        })?;
        if runs == 0 { Err(self.no_run(run_id)) } else { Ok(()) }
    }

    pub(super) fn no_run(&self, id: &str) -> Error {
        Error::new(
            ErrorKind::RunNotFound,
            format!("the store {} has no run `{id}`\n  `runs()` lists those there are", self.path().display()),
        )
    }
}

impl Found {
    fn place(&self) -> i64 {
        place(self.number, self.taken)
    }
}

/// Which byte of the lock file is the run's. One that was taken over has another: the old owner may hold the old one
/// for as long as it lives.
pub(super) fn place(number: i64, taken: i64) -> i64 {
    number | taken << 32
}

fn check_id(id: &str) -> Result<()> {
    let fault = if id.is_empty() {
        "it is empty"
    } else if id.chars().count() > 255 {
        "it has more than 255 characters"
    } else if id.chars().any(char::is_control) {
        "it has control characters"
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::InvalidRunId,
        format!("{id:?} cannot be a run id: {fault}\n  use 1 to 255 characters without control characters"),
    ))
}

fn find(connection: &Connection, id: &str) -> Result<Option<Found>, Failure> {
    let found = connection
        .prepare_cached(
            "SELECT number, status, until, taken, epoch, owner, workflow, fingerprint, description, options, begun, changed
             FROM runs JOIN plans USING (fingerprint) WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let status: String = row.get(1)?;
            Ok((
                RunStatus::named(&status, row.get(2)?).ok_or(status),
                Found {
                    number: row.get(0)?,
                    status: RunStatus::Running,
                    taken: row.get(3)?,
                    epoch: row.get(4)?,
                    owner: row.get(5)?,
                    changed: row.get(11)?,
                    beginning: Beginning {
                        workflow: row.get(6)?,
                        fingerprint: row.get(7)?,
                        plan: row.get(8)?,
                        options: row.get(9)?,
                        at: micros::to_u64(row.get(10)?),
                    },
                },
            ))
        })
        .optional()?;
    match found {
        None => Ok(None),
        Some((status, found)) => Ok(Some(Found { status: known(status, id)?, ..found })),
    }
}

/// A status that this version does not know comes from none, since a newer one has a version of its own.
pub(super) fn known(status: Result<RunStatus, String>, id: &str) -> Result<RunStatus, Failure> {
    status.map_err(|name| {
        let message = format!(
            "run `{id}` has the status `{name}`, which does not exist\n  put a backup of the store in its place"
        );
        Error::new(ErrorKind::StoreCorrupted, message).into()
    })
}

fn insert(connection: &Connection, id: &str, owner: &str, beginning: Beginning) -> Result<Found, Failure> {
    connection
        .prepare_cached("INSERT INTO plans (fingerprint, description) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((&beginning.fingerprint, &beginning.plan))?;
    let changed = micros::now();
    let number = connection
        .prepare_cached(
            "INSERT INTO runs (id, workflow, fingerprint, options, begun, changed, status, seen, epoch, taken, owner)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', 0, 1, 0, ?7)",
        )?
        .insert((
            id,
            &beginning.workflow,
            &beginning.fingerprint,
            &beginning.options,
            micros::of_u64(beginning.at),
            changed,
            owner,
        ))?;
    Ok(Found { number, status: RunStatus::Running, taken: 0, epoch: 1, owner: owner.to_owned(), changed, beginning })
}

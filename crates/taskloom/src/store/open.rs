//! A run is opened by whoever wants to drive it.

use std::{sync::atomic::AtomicUsize, thread, time::Duration};

use parking_lot::Mutex;

use super::{
    Beginning, Owner, RunJournal, RunStatus, Store,
    hold::{Hold, LockFile},
    journal::Owned,
    row::{self, Found},
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
            let busy = match self.read(|connection| row::find(connection, id))? {
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
                if let Some(mut found) = row::find(connection, id)? {
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
                let found = row::insert(connection, id, &owner, beginning)?;
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
}

pub(super) fn check_id(id: &str) -> Result<()> {
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

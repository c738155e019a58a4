//! What there is to do about a run that somebody else drives: to be told who, and to take it.

use super::{Owner, Store, micros, row::Found};
use crate::{Error, ErrorKind, Result};

impl Store {
    /// The error for whoever wants a run that somebody else drives.
    pub(super) fn busy(&self, id: &str, found: &Found, pid: u32) -> Result<Error> {
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

    fn no_run(&self, id: &str) -> Error {
        Error::new(
            ErrorKind::RunNotFound,
            format!("the store {} has no run `{id}`\n  `runs()` lists those there are", self.path().display()),
        )
    }
}

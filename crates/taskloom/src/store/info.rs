use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::{
    Owner, RunStatus, Store,
    failure::Failure,
    hold::LockFile,
    micros,
    row::{known, place},
};
use crate::Result;

/// A run in a store, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunInfo {
    /// The run's id.
    pub id: String,
    /// The name of its workflow.
    pub workflow: String,
    /// How far it is.
    pub status: RunStatus,
    /// When it began.
    pub begun: SystemTime,
    /// When something was last recorded of it.
    pub changed: SystemTime,
    /// Who drives it now. A run that is under way and has no owner waits for somebody to execute it again.
    pub owner: Option<Owner>,
}

impl Store {
    /// The runs in the store, in the order in which they began.
    pub fn runs(&self) -> Result<Vec<RunInfo>> {
        let file = self.file()?;
        file.read(|connection| query(connection, file.lock(), "true", []))
    }
}

/// The runs of which a condition holds.
pub(super) fn query(
    connection: &Connection,
    lock: &LockFile,
    which: &str,
    of: impl rusqlite::Params,
) -> Result<Vec<RunInfo>, Failure> {
    // A run's own row changes with its status alone, which spares each transaction a page.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, workflow, status, until, begun,
             max(changed, begun + coalesce((SELECT at FROM entries
                 WHERE place BETWEEN number << 32 AND number << 32 | 0xffffffff ORDER BY place DESC LIMIT 1), 0)),
             owner, number, taken
         FROM runs WHERE {which} ORDER BY number"
    ))?;
    let mut rows = statement.query(of)?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(info(row, lock)?);
    }
    Ok(runs)
}

fn info(row: &Row<'_>, lock: &LockFile) -> Result<RunInfo, Failure> {
    let id: String = row.get(0)?;
    let status: String = row.get(2)?;
    let status = known(RunStatus::named(&status, row.get(3)?).ok_or(status), &id)?;
    let owner: String = row.get(6)?;
    let owned = !status.is_final() && lock.holder(place(row.get(7)?, row.get(8)?))?.is_some();
    Ok(RunInfo {
        id,
        workflow: row.get(1)?,
        status,
        begun: micros::to_time(row.get(4)?),
        changed: micros::to_time(row.get(5)?),
        owner: if owned { Owner::from_json(&owner) } else { None },
    })
}

//! A run's row in the table of runs.

use rusqlite::{Connection, OptionalExtension};

use super::{Beginning, RunStatus, failure::Failure, micros};
use crate::{Error, ErrorKind};

/// A run's row, as far as opening needs it.
pub(super) struct Found {
    pub(super) number: i64,
    pub(super) status: RunStatus,
    pub(super) taken: i64,
    pub(super) epoch: i64,
    pub(super) owner: String,
    pub(super) changed: i64,
    pub(super) beginning: Beginning,
}

impl Found {
    pub(super) fn place(&self) -> i64 {
        place(self.number, self.taken)
    }
}

/// Which byte of the lock file is the run's. One that was taken over has another: the old owner may hold the old one
/// for as long as it lives.
pub(super) fn place(number: i64, taken: i64) -> i64 {
    number | taken << 32
}

/// The run with this id.
pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<Found>, Failure> {
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

/// A new run, whose owner is its first.
pub(super) fn insert(connection: &Connection, id: &str, owner: &str, beginning: Beginning) -> Result<Found, Failure> {
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

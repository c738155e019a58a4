//! Whether a store is sound.

use rusqlite::{Connection, ErrorCode};

use super::{Store, failure::Failure, large};
use crate::Result;

impl Store {
    /// Looks through the whole store, and says what is wrong with it, a line for each fault: SQLite's own checks, and
    /// whether each run's entries and values are complete. It reads everything, and disturbs nobody.
    pub fn verify(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut problems = Vec::new();
            match check(connection, &mut problems) {
                // Damage may end a check itself, and is what it has found.
                Err(Failure::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                    problems.push(error.to_string());
                }
                result => result?,
            }
            Ok(problems)
        })
    }
}

fn check(connection: &Connection, problems: &mut Vec<String>) -> Result<(), Failure> {
    lines(connection, "PRAGMA integrity_check", problems)?;
    problems.retain(|line| line != "ok");
    // In a damaged file the others would find no more than that.
    if problems.is_empty() {
        for check in CHECKS {
            lines(connection, check, problems)?;
        }
        changed_values(connection, problems)?;
    }
    Ok(())
}

const CHECKS: [&str; 5] = [
    "SELECT 'run `' || id || '` has lost its plan' FROM runs WHERE fingerprint NOT IN (SELECT fingerprint FROM plans)",
    "SELECT 'run `' || coalesce(id, run) || '` lacks entries'
     FROM (SELECT run, count(*) AS have, max(seq) + 1 AS want FROM entries GROUP BY run) LEFT JOIN runs ON run = number
     WHERE have <> want",
    "SELECT DISTINCT 'there are entries of run number ' || run || ', which does not exist' FROM entries
     WHERE run NOT IN (SELECT number FROM runs)",
    "SELECT DISTINCT 'there are questions of run number ' || run || ', which does not exist' FROM feedback
     WHERE run NOT IN (SELECT number FROM runs)",
    "SELECT 'run `' || id || '` lacks the large value ' || hash FROM blob_uses JOIN runs ON run = number
     WHERE hash NOT IN (SELECT hash FROM blobs)",
];

fn lines(connection: &Connection, query: &str, problems: &mut Vec<String>) -> Result<(), Failure> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        problems.push(row.get(0)?);
    }
    Ok(())
}

/// Large values that are not what their hashes say.
fn changed_values(connection: &Connection, problems: &mut Vec<String>) -> Result<(), Failure> {
    let mut statement = connection.prepare("SELECT hash, data FROM blobs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: String = row.get(0)?;
        if large::hash(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?) != hash {
            problems.push(format!("the large value {hash} was changed"));
        }
    }
    Ok(())
}

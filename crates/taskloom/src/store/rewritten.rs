//! Runs whose entries were made of those of others.

use rusqlite::Connection;

use super::{Beginning, Entry, Owner, RunJournal, Store, entries, failure::Failure, micros, open::check_id, row};
use crate::{Error, ErrorKind, Result};

impl Store {
    /// Makes a run that has these entries from its beginning, and that nobody drives.
    pub(crate) fn insert_run(&self, id: &str, beginning: Beginning, all: &[Entry]) -> Result<()> {
        check_id(id)?;
        let owner = Owner::this_process().to_json();
        self.write(|connection| {
            if row::find(connection, id)?.is_some() {
                let message = format!(
                    "the store {} has a run `{id}`\n  give the new one another id, or none",
                    self.path().display()
                );
                return Err(Error::new(ErrorKind::InvalidRunId, message).into());
            }
            let number = row::insert(connection, id, &owner, beginning)?.number;
            entries::insert(connection, number, *entries::places(number).start(), all)?;
            Ok(())
        })
    }
}

impl RunJournal {
    /// Puts another plan and other entries in the place of those that the run had: all of it, or nothing. `number`
    /// says what number a node has from now on; questions of those that have none are deleted.
    pub(crate) fn replace(
        &self,
        fingerprint: &str,
        plan: &str,
        all: &[Entry],
        number: impl Fn(u32) -> Option<u32>,
    ) -> Result<()> {
        let owned = self.owned()?;
        let mut next = owned.next.lock();
        *next = None;
        self.file.write(self.durability, |connection| {
            self.check(connection, owned.epoch)?;
            connection
                .prepare_cached("INSERT INTO plans (fingerprint, description) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((fingerprint, plan))?;
            connection
                .prepare_cached(
                    "UPDATE runs SET fingerprint = ?2, status = 'running', until = NULL, seen = 0, changed = ?3
                     WHERE number = ?1",
                )?
                .execute((self.number, fingerprint, micros::now()))?;
            let places = entries::places(self.number);
            connection
                .prepare_cached("DELETE FROM entries WHERE place BETWEEN ?1 AND ?2")?
                .execute((places.start(), places.end()))?;
            connection.prepare_cached("DELETE FROM blob_uses WHERE run = ?1")?.execute([self.number])?;
            renumber_questions(connection, self.number, number)?;
            entries::insert(connection, self.number, *places.start(), all)?;
            Ok(())
        })
    }
}

fn renumber_questions(connection: &Connection, run: i64, number: impl Fn(u32) -> Option<u32>) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached("SELECT rowid, node FROM feedback WHERE run = ?1")?;
    let questions = statement.query_map([run], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<u32>>(1)?)))?;
    for question in questions.collect::<Result<Vec<_>, _>>()? {
        match (question.0, question.1.and_then(&number)) {
            (id, Some(node)) => {
                connection.prepare_cached("UPDATE feedback SET node = ?2 WHERE rowid = ?1")?.execute((id, node))?
            }
            (id, None) => connection.prepare_cached("DELETE FROM feedback WHERE rowid = ?1")?.execute([id])?,
        };
    }
    Ok(())
}

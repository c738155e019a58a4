//! The table of entries.

use std::{borrow::Cow, ops::RangeInclusive};

use rusqlite::{Connection, Row};

use super::{Entry, failure::Failure, large, micros, questions};
use crate::{Error, ErrorKind, Result};

/// The places of a run's entries.
pub(super) fn places(run: i64) -> RangeInclusive<i64> {
    run << 32..=run << 32 | 0xffff_ffff
}

/// The place of a run's next entry.
pub(super) fn next_place(connection: &Connection, run: i64) -> Result<i64, Failure> {
    let places = places(run);
    let last = connection
        .prepare_cached("SELECT max(place) FROM entries WHERE place BETWEEN ?1 AND ?2")?
        .query_row((places.start(), places.end()), |row| row.get::<_, Option<i64>>(0))?;
    Ok(last.map_or(*places.start(), |last| last + 1))
}

/// Inserts entries from a place on, and says which is the next.
pub(super) fn insert(connection: &Connection, run: i64, first: i64, entries: &[Entry]) -> Result<i64, Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO entries (place, at, kind, node, body, value, large) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let end = *places(run).end();
    let mut place = first;
    for entry in entries {
        if place > end {
            return Err(full().into());
        }
        let (body, large_body) = large::put(connection, run, &entry.body)?;
        let (value, large_value) = match &entry.value {
            None => (None, false),
            Some(value) => {
                let (value, large) = large::put(connection, run, value)?;
                (Some(value), large)
            }
        };
        let large = i64::from(large_body) | i64::from(large_value) << 1;
        let at = micros::of_u64(entry.at);
        insert.execute((place, at, &*entry.kind, entry.node, &*body, value.as_deref(), large))?;
        if let Some(asking) = &entry.asks {
            questions::ask(connection, run, entry.node, asking)?;
        }
        place += 1;
    }
    Ok(place)
}

fn full() -> Error {
    Error::new(ErrorKind::StoreFailed, "a run has no more than 4,294,967,296 entries\n  go on in another run")
}

/// Reads a run's entries in order.
pub(super) fn history(
    connection: &Connection,
    run: i64,
    each: &mut dyn FnMut(Entry) -> Result<()>,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT at, kind, node, body, value, large FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place",
    )?;
    let places = places(run);
    let mut rows = statement.query((places.start(), places.end()))?;
    while let Some(row) = rows.next()? {
        each(entry(connection, row)?)?;
    }
    Ok(())
}

fn entry(connection: &Connection, row: &Row<'_>) -> Result<Entry, Failure> {
    let large: i64 = row.get(5)?;
    let mut body: String = row.get(3)?;
    let mut value: Option<String> = row.get(4)?;
    if large & 1 != 0 {
        body = large::get(connection, &body)?;
    }
    if large & 2 != 0 {
        value = value.map(|hash| large::get(connection, &hash)).transpose()?;
    }
    Ok(Entry {
        at: micros::to_u64(row.get(0)?),
        kind: Cow::Owned(row.get(1)?),
        node: row.get(2)?,
        body,
        value,
        asks: None,
    })
}

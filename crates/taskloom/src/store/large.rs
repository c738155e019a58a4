//! Texts of more than 1 MiB are kept once, whoever uses them, and an entry has their hash.

use std::borrow::Cow;

use rusqlite::Connection;

use super::failure::Failure;
use crate::{Error, ErrorKind};

/// The longest text that is part of an entry, in bytes.
const LONGEST: usize = 1 << 20;

/// What an entry has of a text, and whether that is a hash.
pub(super) fn put<'a>(connection: &Connection, run: i64, text: &'a str) -> Result<(Cow<'a, str>, bool), Failure> {
    if text.len() <= LONGEST {
        return Ok((Cow::Borrowed(text), false));
    }
    let hash = hash(text);
    connection
        .prepare_cached("INSERT INTO blobs (hash, data) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((&hash, text))?;
    connection
        .prepare_cached("INSERT INTO blob_uses (run, hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((run, &hash))?;
    Ok((Cow::Owned(hash), true))
}

/// The text of which an entry has the hash.
pub(super) fn get(connection: &Connection, hash: &str) -> Result<String, Failure> {
    let text = connection
        .prepare_cached("SELECT data FROM blobs WHERE hash = ?1")?
        .query_row([hash], |row| row.get::<_, String>(0));
    match text {
        Ok(text) => Ok(text),
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(Error::new(
            ErrorKind::StoreCorrupted,
            format!("the store lacks the large value {hash}, which an entry refers to\n  put a backup in its place"),
        )
        .into()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
